/* One app of an export, as it is collected from its lines. */
#ifndef DYNMOD_HOST_MOVED_APP_H
#define DYNMOD_HOST_MOVED_APP_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "host/export_reader.h"

/* What was read of an app so far. */
struct moved_app {
    struct arena *arena;        /* owns all of it */
    struct buffer lines;        /* of the app, its modules and properties, as an array */
    long line;                  /* where the app is; 0 for none */
    struct json_object *body;   /* of its line */
    struct json_object *secret; /* NULL for none */
    long secret_line;
    struct json_object *modules;    /* an array of bodies, one line after the other from */
    long modules_line;              /* this one on */
    struct json_object *properties; /* the same */
    long properties_line;
    bool broken; /* a line of it cannot be read, so that the others mean nothing */
};

/* Begins an app with the line that was read last. */
void moved_app_begin(struct moved_app *app, const struct export_reader *reader,
                     const struct export_line *line) __attribute__((nonnull));
/* Adds the line that was read last, unless it is an event. */
void moved_app_add(struct moved_app *app, const struct export_reader *reader,
                   const struct export_line *line) __attribute__((nonnull));
/* Frees what was read, if there is anything. */
void moved_app_end(struct moved_app *app) __attribute__((nonnull));

/* The key of the app. */
const char *moved_app_key(const struct moved_app *app) __attribute__((nonnull));

#endif

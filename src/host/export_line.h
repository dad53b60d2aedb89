/* The lines of an export of a site: what kinds there are, and what is in each. */
#ifndef DYNMOD_HOST_EXPORT_LINE_H
#define DYNMOD_HOST_EXPORT_LINE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

enum { EXPORT_FORMAT = 1 }; /* as the first line says */

/* In the order in which they come: all behind an app up to the next one belong to it. A line is an
 * object with one member, whose name is the kind and whose value an object. */
enum export_kind {
    EXPORT_HEAD,     /* "dynmod": the format */
    EXPORT_SITE,     /* "site" */
    EXPORT_KEY,      /* "key": of the site */
    EXPORT_TYPE,     /* "type": a module type of the operator's */
    EXPORT_ALLOW,    /* "allow": a builtin type whose modules apps may register */
    EXPORT_APP,      /* "app" */
    EXPORT_SECRET,   /* "secret" */
    EXPORT_EVENT,    /* "event": of the history of the app */
    EXPORT_MODULE,   /* "module" */
    EXPORT_PROPERTY, /* "property" */
    EXPORT_END,      /* "end": how many there were */
    EXPORT_KINDS,
};

/* What the last line says. */
struct export_counts {
    long apps, modules, properties, events;
};

/* The counts as the object of the last line, for the caller to keep. */
struct json_object *export_counts_json(const struct export_counts *counts)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Whether the object of the last line says these counts. */
bool export_counts_are(const struct export_counts *counts, struct json_object *end)
    __attribute__((nonnull(1), warn_unused_result));

/* Whether a line that the database has made is of that kind. */
bool export_line_is(const char *line, enum export_kind kind) __attribute__((nonnull));

/* The forms of all kinds, compiled. */
struct export_forms;

/* Owned by the arena. Fails with FAULT_INTERNAL. */
bool export_forms_new(struct arena *arena, struct export_forms **forms, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

struct export_line {
    enum export_kind kind;
    struct json_object *body; /* the object */
};

/* Reads one line, without its end and with a NUL there, into *line, owned by the arena. Fails with
 * FAULT_INPUT when it is not JSON as json_parse() takes it, or none of the kinds in its form, which
 * has no other members than those known; *line is then as far as it could be read, its kind
 * EXPORT_KINDS if that is not known. */
bool export_line_read(const struct export_forms *forms, struct arena *arena, const char *text,
                      size_t length, struct export_line *line, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

/* The past of one app's modules. */
#ifndef DYNMOD_STORE_STORE_PAST_H
#define DYNMOD_STORE_STORE_PAST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "store/database.h"

/* What dynmod.modules_at() raises for a moment that the history does not reach back to, with
 * {"begins"} as DETAIL: sql/migrations/0022_restoring.sql. */
#define STORE_HISTORY_BEGINS "MD017"

/* Events of modules, newest first. */
struct store_events {
    struct store_event {
        const char *id;   /* a number as text */
        const char *json; /* {"id", "time", "actor", "operation", "reason", "type", "key", "origin",
                             "definition", "requestId"}, with null for what is not known */
    } * list;
    size_t count;
    bool more; /* whether there are more of the wanted ones, for which there was no room */
};

/* The events of the app's modules since it was installed, at most `most` of them, before the one
 * with the id `before`, NULL for the newest; fewer when their JSON would have more than `bytes`
 * together, but at least one. The arena owns them. */
bool store_list_events(struct database *database, struct arena *arena, const char *site,
                       const char *app_key, const char *before, size_t most, size_t bytes,
                       struct store_events *events, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 8, 9), warn_unused_result));

/* A dynamic module as it was. */
struct store_past_module {
    const char *type;
    const char *key;
    const char *definition; /* JSON text; NULL when the history does not have it any more */
};

/* Who reads the past. */
enum store_past_reader {
    STORE_PAST_OPERATOR,
    STORE_PAST_APP, /* has none from before it was installed, and is not to keep others waiting */
};

/* The dynamic modules that the app had at a moment, given as PostgreSQL reads a time, in their
 * order; owned by the arena, with their number in *count. Fails with FAULT_INPUT when the moment
 * cannot be read, with FAULT_BUSY while a long history is walked through for the same app, as
 * reader, already, and as STORE_HISTORY_BEGINS says. */
bool store_list_past_modules(struct database *database, struct arena *arena, const char *site,
                             const char *app_key, const char *moment, enum store_past_reader reader,
                             struct store_past_module **modules, size_t *count, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Finds a moment at which the app had what the transaction of this event of a module left: the
 * event is a number as text. Fails with FAULT_NOT_FOUND when the history of the app has no such
 * event, and with FAULT_CONFLICT when there is no such moment, as the clock was set back then. */
bool store_moment_after(struct database *database, struct arena *arena, const char *site,
                        const char *app_key, const char *event, const char **moment,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

/* The history of modules and apps, for the operator. */
#ifndef DYNMOD_STORE_STORE_HISTORY_H
#define DYNMOD_STORE_STORE_HISTORY_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Which events are wanted; NULL for all. */
struct store_history {
    const char *site, *app_key, *actor; /* actor: also the login role */
    const char *module_key;
    const char *since, *until; /* as PostgreSQL reads a time, or an interval such as "1 day ago" */
    const char *most;          /* a number as text, never NULL */
};

/* What happened, newest first: *events becomes an array of {"id", "happenedAt", "kind",
 * "operation", "site", "app", "type", "module", "actor", "login", "reason", "requestId", "detail",
 * "event"}, owned by the arena; kind is module, app, site or type, and id is unique among its
 * events; event is the id of one of a module, NULL otherwise. Fails with FAULT_INPUT when a time
 * cannot be read. */
bool store_list_history(struct database *database, struct arena *arena,
                        const struct store_history *wanted, struct json_object **events,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Gives each event of a module in `events`, an array as above, its "definition", which is NULL
 * where the history has dropped it. */
bool store_add_definitions(struct database *database, struct arena *arena,
                           struct json_object *events, struct fault *fault)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* Deletes what is older than `days`, a number as text, in the history of the site, or of everything
 * if `site` is NULL, at most `most` rows of a kind, and stores in *deleted how many: 0 when nothing
 * is left to delete. */
bool store_prune_history(struct database *database, struct arena *arena, const char *site,
                         const char *days, long most, long *deleted, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 6, 7), warn_unused_result));

#endif

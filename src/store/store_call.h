/* The calls that the host makes to apps: those that wait, and their history. */
#ifndef DYNMOD_STORE_STORE_CALL_H
#define DYNMOD_STORE_STORE_CALL_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Takes the next call that is due, of one app or, if `app_key` is NULL, of any app of the site;
 * nobody else calls that app for `seconds`. *callback becomes {"id", "event", "attempts", "app"},
 * owned by the arena, with the app as in store_begin_installation(); NULL when none is due. */
bool store_claim_callback(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, long seconds, struct json_object **callback,
                          struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 6, 7), warn_unused_result));

/* Notes how a call that was taken went. `detail` is JSON text for the history; with the member
 * "error" the call is tried again later, unless it has failed too often: *again says so. */
bool store_finish_callback(struct database *database, const char *site, const char *id,
                           const char *detail, bool *again, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Writes any other call, described by the JSON text `detail`, into the history of the app. */
bool store_record_call(struct database *database, const char *site, const char *app_key,
                       const char *detail, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The calls that apps of the site are still to get, in order: an array of {"id", "app", "event",
 * "createdAt", "attempts", "nextAttemptAt", "lastError"}, owned by the arena. */
bool store_list_callbacks(struct database *database, struct arena *arena, const char *site,
                          struct json_object **callbacks, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

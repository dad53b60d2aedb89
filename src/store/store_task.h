/* The tasks that install apps with a call to them. */
#ifndef DYNMOD_STORE_STORE_TASK_H
#define DYNMOD_STORE_STORE_TASK_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* The SQLSTATE of database_sqlstate() while another task has the app, or somebody is calling it. */
#define STORE_APP_BUSY "MD007"

/* Whoever changes a task says in `seconds` within what time it will go on; a task that has not gone
 * on until then fails, because its process has died. Except for the first, the functions fail with
 * FAULT_NOT_FOUND when there is no such task and with FAULT_CONFLICT when it has ended. */

/* Creates a task on the site for `actor`, NULL for the login role; *task becomes its id, owned by
 * the arena. `source` is the URL of the descriptor, NULL when it is given otherwise. Fails with
 * FAULT_NOT_FOUND when there is no such site. */
bool store_create_task(struct database *database, struct arena *arena, const char *site,
                       const char *source, long seconds, const char *actor, const char **task,
                       struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 7, 8), warn_unused_result));

/* Notes that a task downloads the descriptor, and hands out its URL. */
bool store_begin_download(struct database *database, struct arena *arena, const char *site,
                          const char *task, long seconds, const char **source, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Like store_install_app(), until store_end_installation(). *installed has one more member: "app",
 * {"key", "baseUrl", "sharedSecret", "installationId", "state", "lifecycle"}, for the call. */
bool store_begin_installation(struct database *database, struct arena *arena, const char *site,
                              const char *task, const char *descriptor, const char *secret,
                              long seconds, struct json_object **installed, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 5, 8, 9), warn_unused_result));

/* Like store_rotate_secret(), until store_end_installation(). *rotated becomes {"sharedSecret",
 * "app"}. */
bool store_begin_rotation(struct database *database, struct arena *arena, const char *site,
                          const char *task, const char *app_key, const char *secret, long seconds,
                          long keep_seconds, struct json_object **rotated, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 5, 9, 10), warn_unused_result));

/* Ends a task. With `error`, the app is again what it was before; without, the app is to be told
 * that it is enabled, if it is and `call_enabled`. */
bool store_end_installation(struct database *database, const char *site, const char *task,
                            const char *error, bool call_enabled, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 6), warn_unused_result));

/* How far a task is: {"id", "source", "key", "stage", "error", "dropped", "actor", "createdAt"},
 * owned by the arena; NULL when there is none. The stage is waiting, downloading, installing, done
 * or failed. */
bool store_find_task(struct database *database, struct arena *arena, const char *site,
                     const char *task, struct json_object **found, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

/* Tasks: what calls an app and is undone when the app does not agree. */
#ifndef DYNMOD_HOST_TASK_H
#define DYNMOD_HOST_TASK_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fault.h"
#include "connect/problem.h"
#include "host/host.h"
#include "host/installation.h"

struct task {
    const struct host *host;
    const char *id;
    long keep_seconds; /* how long a secret that task_rotate_secret() replaces is still accepted */
    /* Told what begins, as a sentence for people; NULL to tell nobody. */
    void (*report)(const char *text);
};

/* Creates a task of the host's site for `actor`, NULL for the database role; *id becomes its id.
 * `source` is the URL of the descriptor for task_install_from_url(), otherwise NULL. */
bool task_create(const struct host *host, const char *source, const char *actor, const char **id,
                 struct fault *fault) __attribute__((nonnull(1, 4, 5), warn_unused_result));

/* Carry out a task, as installation_install() and installation_rotate_secret() do, with the call
 * that tells the app of its secret. The new secret counts from the moment of the call. When the app
 * does not agree, or anything else fails, the app is again what it was before, with its secret, its
 * descriptor and its modules; the task has failed then, with the text of the fault. An app that
 * another process is installing or calling is waited for, LIMIT_BUSY_SECONDS at most.
 *
 * After an installation an enabled app is to be told so: see callbacks_send(). */

/* With the descriptor at the URL of the task. */
bool task_install_from_url(const struct task *task, const char *secret,
                           struct problem_list *problems, struct installation *installed,
                           struct fault *fault)
    __attribute__((nonnull(1, 3, 4, 5), warn_unused_result));
/* With this descriptor. */
bool task_install(const struct task *task, struct json_object *descriptor, const char *secret,
                  struct problem_list *problems, struct installation *installed,
                  struct fault *fault) __attribute__((nonnull(1, 4, 5, 6), warn_unused_result));
bool task_rotate_secret(const struct task *task, const char *app_key, const char *secret,
                        const char **present, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

#endif

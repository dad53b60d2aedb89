/* The calls that wait for their apps, made in order. */
#ifndef DYNMOD_HOST_CALLBACKS_H
#define DYNMOD_HOST_CALLBACKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "host/host.h"

/* Told of each call that was made. `error` says why it failed, NULL when it went well; `again`
 * whether it will be tried again. */
typedef void callbacks_report(void *context, const char *app_key, const char *event,
                              const char *error, bool again);

/* Makes all calls of the site that are due, or those to the app `app_key` if that is not NULL, and
 * reports each. Calls to one app are never made at the same time, by whatever process, nor out of
 * order: behind one that fails the others wait. Fails when the database does; that an app does not
 * answer is no failure. */
bool callbacks_send(const struct host *host, const char *app_key, callbacks_report *report,
                    void *context, struct fault *fault)
    __attribute__((nonnull(1, 3, 5), warn_unused_result));

#endif

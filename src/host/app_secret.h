/* The secret that an app shares with a site, on its way into the database and out of it. */
#ifndef DYNMOD_HOST_APP_SECRET_H
#define DYNMOD_HOST_APP_SECRET_H

#include <stdbool.h>

#include "base/fault.h"
#include "host/host.h"

/* Stores what the database is to keep of `secret`, or of a random one if that is NULL: sealed, if
 * secrets are, and NULL when the database may make one itself. Fails with FAULT_INPUT when the
 * secret is not acceptable, and as secret_seal() does. */
bool app_secret_seal(const struct host *host, const char *app_key, const char *secret,
                     const char **kept, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

/* Stores the secret that the database keeps as `kept`. Fails as secret_open() does, and with
 * FAULT_UNAVAILABLE for NULL: the app has none. */
bool app_secret_open(const struct host *host, const char *app_key, const char *kept,
                     const char **secret, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

#endif

/* The secrets of a site as the database keeps them, for sealing them and making them plain. */
#ifndef DYNMOD_STORE_STORE_SECRET_H
#define DYNMOD_STORE_STORE_SECRET_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Everything of the site that can be sealed: *secrets is an array of {"app", "use", "publicKey",
 * "secret"}, owned by the arena. "app" is null for the private key that belongs to "publicKey". */
bool store_list_secrets(struct database *database, struct arena *arena, const char *site,
                        struct json_object **secrets, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Puts `secret`, another form of the same, in the place of `present`; `app_key` is NULL for a
 * private key of the site. Does nothing when that is no longer there. */
bool store_replace_secret(struct database *database, const char *site, const char *app_key,
                          const char *present, const char *secret, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5, 6), warn_unused_result));

#endif

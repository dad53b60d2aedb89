/* Tokens that are accepted once. */
#ifndef DYNMOD_STORE_STORE_TOKEN_H
#define DYNMOD_STORE_STORE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "store/database.h"

/* Notes that a token of the app with the id `jti` was used, until it `expires` (seconds since
 * 1970). *first becomes whether it was not before. */
bool store_use_token(struct database *database, struct arena *arena, const char *site,
                     const char *app_key, const char *jti, int64_t expires, bool *first,
                     struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

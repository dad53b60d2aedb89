/* The secret that an app and the host share to sign requests. */
#ifndef DYNMOD_CONNECT_SHARED_SECRET_H
#define DYNMOD_CONNECT_SHARED_SECRET_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"

/* A new secret of 256 random bits as 43 characters of base64url (RFC 4648, 5), owned by the
 * arena. */
const char *shared_secret_new(struct arena *arena)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Whether `secret` can serve: at least LIMIT_SECRET_MINIMUM bytes of visible ASCII, which every
 * client reads alike. The fault never repeats it. */
bool shared_secret_check(const char *secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

/* The secret with which an app and the host sign requests. */
#ifndef DYNMOD_CONNECT_SHARED_SECRET_H
#define DYNMOD_CONNECT_SHARED_SECRET_H

#include <stdbool.h>

#include "base/fault.h"

/* Whether `secret` is acceptable: at least LIMIT_SECRET_MINIMUM bytes of visible ASCII, which every
 * client reads alike. The fault never repeats it. */
bool shared_secret_check(const char *secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

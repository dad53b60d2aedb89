/* The shared secret of an app as the operator wants it. */
#ifndef DYNMOD_CTL_SECRET_H
#define DYNMOD_CTL_SECRET_H

#include <stdbool.h>

#include "ctl/invocation.h"

/* The secret of --secret, of --secret-file without its line end, or a new random one; owned by the
 * arena. Fails when both are given, or when it cannot serve. */
bool secret_choose(struct invocation *invocation, const char **secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

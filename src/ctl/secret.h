/* The shared secret of an app as the operator wants it. */
#ifndef DYNMOD_CTL_SECRET_H
#define DYNMOD_CTL_SECRET_H

#include <stdbool.h>

#include "ctl/invocation.h"

/* The secret of --secret, or of --secret-file without its line end, owned by the arena; NULL when
 * neither is given. Fails when both are. */
bool secret_read(struct invocation *invocation, const char **secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

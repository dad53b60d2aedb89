/* The secrets that the operator chooses: shared ones of apps, passwords. */
#ifndef DYNMOD_CTL_SECRET_H
#define DYNMOD_CTL_SECRET_H

#include <stdbool.h>

#include "ctl/invocation.h"

/* Reads the secret from --secret, or from --secret-file without its line end; it is owned by the
 * arena, and NULL if neither is given. Fails if both are. */
bool secret_read(struct invocation *invocation, const char **secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Reads the secret in the file that the option `id` names, or on standard input, without its line
 * end; it is owned by the arena. */
bool secret_read_file(struct invocation *invocation, enum option_id id, const char **secret,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

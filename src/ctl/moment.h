/* The moment that --at names. */
#ifndef DYNMOD_CTL_MOMENT_H
#define DYNMOD_CTL_MOMENT_H

#include <stdbool.h>

#include "ctl/invocation.h"

/* Reads --at, of which only what cannot be mistaken is accepted: *moment becomes the time in ISO
 * 8601 with its offset from UTC, owned by the arena. A time without an offset is one of the time
 * zone in which the database shows times. Fails with FAULT_INPUT, as misuse where the form is
 * wrong. */
bool moment_read(struct invocation *invocation, const char **moment, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

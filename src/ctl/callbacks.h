/* dynmodctl callbacks: the calls that tell apps of their state. */
#ifndef DYNMOD_CTL_CALLBACKS_H
#define DYNMOD_CTL_CALLBACKS_H

#include <stdbool.h>

#include "base/fault.h"
#include "ctl/invocation.h"

/* Makes the calls to the app that are due, and warns of each that fails. */
bool callbacks_call_app(struct invocation *invocation, const char *app_key, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

/* The question before something is lost for good. */
#ifndef DYNMOD_CTL_CONFIRMATION_H
#define DYNMOD_CTL_CONFIRMATION_H

#include <stdbool.h>

#include "ctl/invocation.h"

/* Whether the operator wants `loss`, such as "removing the site x with 3 apps": by --yes, or else
 * by the answer at the terminal. Fails with FAULT_REFUSED otherwise, and says what would be lost.
 */
bool confirmation_get(const struct invocation *invocation, const char *loss, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

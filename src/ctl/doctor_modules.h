/* What doctor checks in the stored modules. */
#ifndef DYNMOD_CTL_DOCTOR_MODULES_H
#define DYNMOD_CTL_DOCTOR_MODULES_H

#include <stdbool.h>

#include "ctl/finding.h"

/* Adds a finding for each rule that a stored module breaks. Fails if they cannot be checked. */
bool doctor_check_modules(struct findings *findings, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

/* What doctor checks of the secrets in the database. */
#ifndef DYNMOD_CTL_DOCTOR_SECRETS_H
#define DYNMOD_CTL_DOCTOR_SECRETS_H

#include "ctl/finding.h"

/* Says how many secrets are plain and how many are encrypted with which key, and whether there is
 * the key. Fails when they cannot be listed. */
bool doctor_check_secrets(struct findings *findings, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

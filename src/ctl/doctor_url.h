/* What doctor asks the running service. */
#ifndef DYNMOD_CTL_DOCTOR_URL_H
#define DYNMOD_CTL_DOCTOR_URL_H

#include "ctl/finding.h"

/* Sends requests to the service at `base`, the base URL of a site: without credentials, and as far
 * as findings->tables gives the secret of an enabled app of that site, signed by it. */
void doctor_check_url(struct findings *findings, const char *base) __attribute__((nonnull));

#endif

/* What doctor looks at in the configuration of web servers. */
#ifndef DYNMOD_CTL_DOCTOR_WEB_H
#define DYNMOD_CTL_DOCTOR_WEB_H

#include "ctl/finding.h"

/* Adds findings on the web server files that the command line names, otherwise on those in the
 * usual places that name dynmod. */
void doctor_check_web_servers(struct findings *findings) __attribute__((nonnull));

#endif

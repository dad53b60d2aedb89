/* What doctor checks in the configuration of web servers. */
#ifndef DYNMOD_CTL_DOCTOR_WEB_H
#define DYNMOD_CTL_DOCTOR_WEB_H

#include "ctl/finding.h"

/* Adds findings on the web server files given on the command line, otherwise on those in the usual
 * places that mention dynmod. */
void doctor_check_web_servers(struct findings *findings) __attribute__((nonnull));

#endif

/* What doctor checks of the sockets between web servers and programs. */
#ifndef DYNMOD_CTL_DOCTOR_SOCKET_H
#define DYNMOD_CTL_DOCTOR_SOCKET_H

#include "ctl/finding.h"
#include "ctl/set_up.h"

/* Adds findings on each socket that the file of the web server `service` names. */
void doctor_check_sockets(struct findings *findings, const char *service,
                          const struct set_up *set_up) __attribute__((nonnull));

#endif

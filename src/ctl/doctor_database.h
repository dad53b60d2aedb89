/* What doctor checks in the database. */
#ifndef DYNMOD_CTL_DOCTOR_DATABASE_H
#define DYNMOD_CTL_DOCTOR_DATABASE_H

#include "ctl/finding.h"

/* Adds findings on the server, its schema, the role's rights, sites and stored modules, as far as
 * they can be checked. */
void doctor_check_database(struct findings *findings) __attribute__((nonnull));

#endif

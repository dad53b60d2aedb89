/* What doctor looks at in the database. */
#ifndef DYNMOD_CTL_DOCTOR_DATABASE_H
#define DYNMOD_CTL_DOCTOR_DATABASE_H

#include "ctl/finding.h"

/* Adds findings on server, schema, rights, sites and stored modules, as far as it gets. */
void doctor_check_database(struct findings *findings) __attribute__((nonnull));

#endif

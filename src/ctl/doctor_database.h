/* What doctor checks in the database. */
#ifndef DYNMOD_CTL_DOCTOR_DATABASE_H
#define DYNMOD_CTL_DOCTOR_DATABASE_H

#include "ctl/finding.h"

/* Adds findings on the connection that the configuration names and on the rights of its role. Sets
 * findings->cluster and findings->tables to it where it is better than none. */
void doctor_check_connection(struct findings *findings) __attribute__((nonnull));

/* Adds findings on roles, clock, schema, sites, history, secrets and stored modules, as far as
 * findings->cluster and findings->tables can check them. */
void doctor_check_database(struct findings *findings) __attribute__((nonnull));

#endif

/* What doctor checks of roles, their rights, and owners. */
#ifndef DYNMOD_CTL_DOCTOR_ROLES_H
#define DYNMOD_CTL_DOCTOR_ROLES_H

#include <stdbool.h>

#include "ctl/finding.h"

/* Connects to the cluster of findings->where as its superuser, if the caller is root and it is on
 * this machine; sets findings->cluster, and findings->tables if it has the database. */
void doctor_open_cluster(struct findings *findings) __attribute__((nonnull));

/* Reports that the configuration's database cannot be used, as `fault` says, and why not, as far as
 * findings->cluster or the machine knows. */
void doctor_blame_connection(struct findings *findings, const struct fault *fault)
    __attribute__((nonnull));

/* The roles and owners, by findings->cluster. Fails like a query. */
bool doctor_check_roles(struct findings *findings, struct fault *fault) __attribute__((nonnull));

#endif

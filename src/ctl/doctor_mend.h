/* The commands by which root mends what doctor has found. */
#ifndef DYNMOD_CTL_DOCTOR_MEND_H
#define DYNMOD_CTL_DOCTOR_MEND_H

#include <stdbool.h>

#include "ctl/finding.h"

/* Everything here is owned by the arena of the findings. */

/* The text as one word of a shell's command line. */
const char *mend_word(struct findings *findings, const char *text)
    __attribute__((nonnull, returns_nonnull));
/* The name of a role as SQL, quoted. */
const char *mend_role(struct findings *findings, const char *name)
    __attribute__((nonnull, returns_nonnull));

/* Who owns the socket of the cluster, and so is its superuser; NULL when it is not on this machine
 * or does not run. */
const char *mend_superuser(struct findings *findings) __attribute__((nonnull));
/* The connection string of a superuser for the database `name` where findings->where leads. */
const char *mend_conninfo(struct findings *findings, const char *name)
    __attribute__((nonnull, returns_nonnull));

/* Runs a program as the superuser. */
const char *mend_as_superuser(struct findings *findings, const char *command)
    __attribute__((nonnull, returns_nonnull));
/* Runs SQL about the whole cluster as its superuser. */
const char *mend_sql(struct findings *findings, const char *sql)
    __attribute__((nonnull, returns_nonnull));
/* Runs SQL about what is stored, in the database of dynmod. */
const char *mend_data(struct findings *findings, const char *sql)
    __attribute__((nonnull, returns_nonnull));
/* Runs roles.sql. */
const char *mend_roles(struct findings *findings) __attribute__((nonnull, returns_nonnull));
/* Runs migrate.sh as a superuser, which also sets rights and owners. */
const char *mend_migrate(struct findings *findings) __attribute__((nonnull, returns_nonnull));
/* Runs dynmodctl setup, which makes roles, database and schema; NULL where it would not know how to
 * connect as a superuser. */
const char *mend_setup(struct findings *findings) __attribute__((nonnull));
/* Makes roles and schema, or brings them up to date: for a database that has our roles, or is to.
 */
const char *mend_schema(struct findings *findings) __attribute__((nonnull, returns_nonnull));
/* Runs dynmodctl with these arguments, as the superuser where the caller's role is no operator. */
const char *mend_tool(struct findings *findings, const char *arguments)
    __attribute__((nonnull, returns_nonnull));
/* Adds a site whose base URL is this machine's. */
const char *mend_site(struct findings *findings, const char *name)
    __attribute__((nonnull, returns_nonnull));
/* Starts or restarts a service of the machine, with or without systemd: `verb` is "start" … */
const char *mend_service(struct findings *findings, const char *service, const char *verb)
    __attribute__((nonnull, returns_nonnull));

/* Whether there is such a file, whatever it is. */
bool mend_exists(const char *path) __attribute__((nonnull));

#endif

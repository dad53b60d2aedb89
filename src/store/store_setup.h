/* What dynmod needs of a cluster besides its schema: roles, time limits and the database. */
#ifndef DYNMOD_STORE_STORE_SETUP_H
#define DYNMOD_STORE_STORE_SETUP_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* What there shall be. */
struct store_setup {
    const char *database;
    const char *web_role, *host_role; /* logins of the web program and of the admin program */
    const char *operator_role;        /* login of an operator; NULL for none */
    const char *unit_role;            /* another one of the web program; NULL for none */
    const char *timer_role;           /* login of what timers start; NULL for none */
    long timeout;                     /* seconds that a statement of the programs may take */
};

/* Compares what there shall be with the cluster: *plan, owned by the arena, is
 *   "steps"       an array of {"check", "text", "present", "statement"} in the order in which they
 *                 have to be taken; "statement" is the SQL that takes one, null for the group
 * roles, which roles.sql makes "encoding"    that of the database, null when it does not exist
 *   "superusers"  those among the roles that should be none, as an array of names
 *   "hbaFile", "identFile"  files of the server, null when the role may not know. */
bool store_plan_setup(struct database *database, struct arena *arena,
                      const struct store_setup *setup, struct json_object **plan,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Takes a step by its statement. */
bool store_take_step(struct database *database, const char *statement, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

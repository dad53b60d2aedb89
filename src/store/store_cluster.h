/* Roles, owners and rights around the schema, as the catalogue of PostgreSQL tells everybody. */
#ifndef DYNMOD_STORE_STORE_CLUSTER_H
#define DYNMOD_STORE_STORE_CLUSTER_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* The roles of the cluster, in whatever database: *roles is {"missing", "database", "login",
 * "lockedOut", "unlimited"}: the group roles of sql/roles.sql that are not there; whether there is
 * the database `name`; whether the role `login` is there and may log in, null, false or true; the
 * roles for the programs that may not log in; and those without time limits, each as {"role",
 * "settings"} with those it lacks in the database `name`. Owned by the arena. */
bool store_inspect_roles(struct database *database, struct arena *arena, const char *name,
                         const char *login, struct json_object **roles, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The schema of this database: *schema is {"present", "owner", "superuserOwned", "revoked"}:
 * whether there is one, its owner if that is a superuser, or null, how many of its objects, itself
 * included, belong to superusers, and an array of {"group", "functions"} with what the group roles
 * may not execute but should. Owned by the arena. */
bool store_inspect_schema(struct database *database, struct arena *arena,
                          struct json_object **schema, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* How far the history reaches: *history is {"events", "bytes", "days"}: about how many events there
 * are, by their numbers, what they take on disk, and how many days the newest `most` of them go
 * back. Needs the rights of an operator; owned by the arena. */
bool store_inspect_history(struct database *database, struct arena *arena, long most,
                           struct json_object **history, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The module types and building blocks of `builtin`, a JSON text as in builtin_types.h, that the
 * database lacks or has loaded from other files: *names is an array, owned by the arena. What the
 * operator has changed does not count. Needs the rights of an operator. */
bool store_differing_types(struct database *database, struct arena *arena, const char *builtin,
                           struct json_object **names, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The time of the server in seconds since 1970. */
bool store_clock(struct database *database, struct arena *arena, long *seconds, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Where the server keeps its data, on its machine, owned by the arena; NULL when the role may not
 * know. */
bool store_data_directory(struct database *database, struct arena *arena, const char **directory,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

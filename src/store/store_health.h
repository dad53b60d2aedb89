/* What state the database is in, for the operator. */
#ifndef DYNMOD_STORE_STORE_HEALTH_H
#define DYNMOD_STORE_STORE_HEALTH_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* The version of the schema as store_version_fits() takes it: NULL when the database has none. */
bool store_schema_version(struct database *database, struct arena *arena, const char **version,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Whether the last query failed for want of rights. */
bool store_lacks_rights(const struct database *database) __attribute__((nonnull));

/* Where the connection leads: *server is {"version", "versionNumber", "database", "role",
 * "superuser", "encoding", "readOnly"}. These objects are owned by the arena. */
bool store_describe_server(struct database *database, struct arena *arena,
                           struct json_object **server, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* What is wrong with rights: *rights is {"schema", "api", "operator", "web"}: whether there is a
 * schema dynmod, and arrays of names. "api" and "operator" hold what the connected role would need
 * and lacks to call the functions of the API and to do what dynmodctl does; "web" the tables that
 * the role dynmod_web could read but should not. */
bool store_check_rights(struct database *database, struct arena *arena, struct json_object **rights,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Whether the connected role may do what the public program does, in a database that it can change:
 * fails with FAULT_UNAVAILABLE and the reason when it may not. */
bool store_check_ready(struct database *database, struct arena *arena, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The figures of the database for monitoring: *figures is {"apps": {state: number}, "modules":
 * {type: number}, "history": {"module", "app"}, "callbacks"}, owned by the arena. */
bool store_read_metrics(struct database *database, struct arena *arena,
                        struct json_object **figures, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The triggers of the schema that somebody switched off: *triggers is an array of names. */
bool store_disabled_triggers(struct database *database, struct arena *arena,
                             struct json_object **triggers, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The modules of every app: *apps is an array of {"site", "key", "scopes", "modules"}, where
 * "modules" is an array of {"type", "origin", "definition"} in order of registration. */
bool store_all_modules(struct database *database, struct arena *arena, struct json_object **apps,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The apps whose document, which GET shows, is not what their dynamic modules make: *apps is an
 * array of texts such as "my-app on the site default". */
bool store_stale_documents(struct database *database, struct arena *arena,
                           struct json_object **apps, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* SQL for a superuser that computes those documents again. */
extern const char store_compute_documents[];

#endif

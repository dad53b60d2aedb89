/* What state the database is in, for the operator. */
#ifndef DYNMOD_STORE_STORE_HEALTH_H
#define DYNMOD_STORE_STORE_HEALTH_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* The version of the schema as store_schema_fits() takes it: NULL when the database has none. */
bool store_schema_version(struct database *database, struct arena *arena, const char **version,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Whether the last query failed for want of rights. */
bool store_lacks_rights(const struct database *database) __attribute__((nonnull));

#endif

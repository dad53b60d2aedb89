/* Which version of the database this program needs. */
#ifndef DYNMOD_STORE_STORE_VERSION_H
#define DYNMOD_STORE_STORE_VERSION_H

#include <stdbool.h>

#include "base/fault.h"

/* The newest migration in sql/migrations when this program was written. */
enum { STORE_VERSION = 32 };
/* The oldest PostgreSQL that will do, as in server_version_num. */
enum { STORE_OLDEST_SERVER = 130000 };

/* What an operator does about an older database, or one without the schema. */
#define STORE_UPGRADE "run dynmodctl setup, or on shared hosting migrate.sh"

/* Whether a database at `version` (decimal text, NULL when it has none) can serve this program.
 * A newer one can: migrations keep the functions that released programs call. */
bool store_version_fits(const char *version, struct fault *fault)
    __attribute__((nonnull(2), warn_unused_result));

#endif

/* Which version of the database schema this program needs. */
#include "store/store_schema.h"

#include <stdlib.h>

bool store_schema_fits(const char *version, struct fault *fault) {
    long found = version == NULL ? 0 : strtol(version, NULL, 10);
    return found >= STORE_SCHEMA_VERSION ||
           fault_set(
               fault, FAULT_UNAVAILABLE,
               "the database schema has version %ld, this program needs %d: run sql/migrate.sh",
               found, STORE_SCHEMA_VERSION);
}

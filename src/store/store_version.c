/* Which version of the database this program needs. */
#include "store/store_version.h"

#include <stdlib.h>

bool store_version_fits(const char *version, struct fault *fault) {
    long found = version == NULL ? 0 : strtol(version, NULL, 10);
    return found >= STORE_VERSION ||
           fault_set(fault, FAULT_UNAVAILABLE,
                     "the database is at version %ld, this program needs %d: " STORE_UPGRADE, found,
                     STORE_VERSION);
}

/* What SQLSTATEs mean to callers. */
#include "store/sqlstate.h"

#include <string.h>

#define DATABASE_TOO_MANY_AT_ONCE                                                                  \
    "MD013 MD014" /* sql/migrations/0012_limits.sql, 0015_floods.sql */

bool sqlstate_begins(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool sqlstate_is_one_of(const char *sqlstate, const char *list) {
    return sqlstate[0] != '\0' && strstr(list, sqlstate) != NULL;
}

enum fault_kind sqlstate_fault(const char *sqlstate) {
    if (sqlstate_is_one_of(sqlstate, DATABASE_TOO_MANY_AT_ONCE))
        return FAULT_BUSY;
    if (sqlstate_begins(sqlstate, "22"))
        return FAULT_INPUT;
    if (sqlstate_begins(sqlstate, "23") || sqlstate_begins(sqlstate, "MD"))
        return FAULT_CONFLICT;
    return sqlstate_is_one_of(sqlstate, "P0002") ? FAULT_NOT_FOUND : FAULT_UNAVAILABLE;
}

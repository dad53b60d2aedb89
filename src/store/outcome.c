/* What the server says of a statement that failed. */
#include "store/outcome.h"

#include <string.h>

#define TOO_MANY_AT_ONCE "MD013 MD014" /* sql/migrations/0012_limits.sql, 0015_floods.sql */

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool outcome_is_one_of(const char *sqlstate, const char *list) {
    return sqlstate[0] != '\0' && strstr(list, sqlstate) != NULL;
}

enum outcome outcome_of(const char *sqlstate) {
    if (outcome_is_one_of(sqlstate, "40001 40P01"))
        return OUTCOME_ROLLED_BACK;
    /* a standby after a failover, statements prepared before a migration */
    if (outcome_is_one_of(sqlstate, "57P03 25006 0A000 26000"))
        return OUTCOME_RECONNECT;
    /* Shutdowns may follow the commit; and poolers speak for a server that they have lost. */
    if (outcome_is_one_of(sqlstate, "57P01 57P02") || starts_with(sqlstate, "08"))
        return OUTCOME_LOST;
    return OUTCOME_FAILED;
}

enum fault_kind outcome_fault_kind(const char *sqlstate) {
    if (outcome_is_one_of(sqlstate, TOO_MANY_AT_ONCE))
        return FAULT_BUSY;
    if (starts_with(sqlstate, "22"))
        return FAULT_INPUT;
    if (starts_with(sqlstate, "23") || starts_with(sqlstate, "MD"))
        return FAULT_CONFLICT;
    return outcome_is_one_of(sqlstate, "P0002") ? FAULT_NOT_FOUND : FAULT_UNAVAILABLE;
}

void outcome_server_fault(struct fault *fault, enum fault_kind kind, const char *what,
                          const char *message) {
    size_t length = message == NULL ? 0 : strlen(message);
    while (length > 0 && message[length - 1] == '\n')
        length--;
    fault_set(fault, kind, "%s: %.*s", what, (int)length, message == NULL ? "" : message);
}

/* The scopes of an app, and what each implies. */
#include "connect/scope.h"

#include <strings.h>

static const struct {
    const char *name;
    int rank; /* a higher one implies the lower ones; 0 implies nothing else */
} scopes_known[] = {
    {"NONE", 0},   {"READ", 1},          {"WRITE", 2},
    {"DELETE", 3}, {"PROJECT_ADMIN", 4}, {"SPACE_ADMIN", 4},
    {"ADMIN", 5},  {"ACT_AS_USER", 0},   {"ACCESS_EMAIL_ADDRESSES", 0},
};

/* The rank of the scope, or -1 when it is unknown. */
static int rank(const char *scope) {
    for (size_t i = 0; i < sizeof scopes_known / sizeof scopes_known[0]; i++)
        if (strcasecmp(scopes_known[i].name, scope) == 0)
            return scopes_known[i].rank;
    return -1;
}

bool scope_is_known(const char *scope) {
    return rank(scope) >= 0;
}

bool scope_grants(const struct app_texts *scopes, const char *wanted) {
    for (size_t i = 0; i < scopes->count; i++) {
        const char *scope = scopes->list[i];
        if (strcasecmp(scope, wanted) == 0 || (rank(wanted) > 0 && rank(scope) > rank(wanted)))
            return true;
    }
    return false;
}

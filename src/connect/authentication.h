/* Whether a request comes from an installed app. */
#ifndef DYNMOD_CONNECT_AUTHENTICATION_H
#define DYNMOD_CONNECT_AUTHENTICATION_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"
#include "connect/qsh.h"
#include "connect/token.h"
#include "http/query.h"

/* The token of a request: the parameter `jwt`, else `authorization`, the Authorization header with
 * the scheme JWT in any case of letters. Owned by the arena; NULL when there is none. */
const char *authentication_token(struct arena *arena, const struct query *query,
                                 const char *authorization)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* What was found out on the way, for the log; owned by the arena. */
struct authentication {
    const char *form;      /* the form of the query string hash that matched; NULL when none did */
    const char *canonical; /* the canonical request in the host's form */
};

/* Whether `token` was signed with `shared_secret` for exactly this request, in the host's form of
 * the query string hash or in a known client's. Fails with FAULT_REFUSED and the reason. */
bool authentication_check(struct arena *arena, const struct token *token, const char *shared_secret,
                          const struct qsh_request *request, struct authentication *authentication,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

/* Whether a request comes from an installed app. */
#ifndef DYNMOD_CONNECT_AUTHENTICATION_H
#define DYNMOD_CONNECT_AUTHENTICATION_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"
#include "connect/qsh.h"
#include "connect/token.h"
#include "http/query.h"

/* Returns the token of a request: the parameter `jwt`, else that in `authorization`, the
 * Authorization header with the scheme JWT, matched case-insensitively. Owned by the arena; NULL
 * when there is none. */
const char *authentication_token(struct arena *arena, const struct query *query,
                                 const char *authorization)
    __attribute__((nonnull(1, 2), warn_unused_result));

/* What the check has found out, for the log; owned by the arena. */
struct authentication {
    const char *form;      /* the form of the query string hash that matched; NULL when none did */
    const char *canonical; /* the canonical request in the host's form */
    bool is_signed;        /* whether the signature was right */
};

/* Whether `token` was signed with `shared_secret` for exactly this request, with the query string
 * hash in the host's form or in that of a known client. Fails with FAULT_REFUSED and the reason. */
bool authentication_check(struct arena *arena, const struct token *token, const char *shared_secret,
                          const struct qsh_request *request, struct authentication *authentication,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

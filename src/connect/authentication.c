/* Whether a request comes from an installed app. */
#include "connect/authentication.h"

#include <string.h>
#include <strings.h>

#define SCHEME "JWT "

const char *authentication_token(struct arena *arena, const struct query *query,
                                 const char *authorization) {
    const struct query_parameter *parameter = query_first(query, "jwt");
    if (parameter != NULL && parameter->value_length > 0)
        /* what has a NUL inside is no token, and none of it is */
        return strlen(parameter->value) == parameter->value_length ? parameter->value : "";
    if (authorization == NULL)
        return NULL;
    authorization += strspn(authorization, " ");
    if (strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
        return NULL;
    authorization += strlen(SCHEME);
    authorization += strspn(authorization, " ");
    size_t length = strcspn(authorization, " ");
    return length == 0 ? NULL : arena_copy(arena, authorization, length);
}

bool authentication_check(struct arena *arena, const struct token *token, const char *shared_secret,
                          const struct qsh_request *request, struct authentication *authentication,
                          struct fault *fault) {
    *authentication = (struct authentication){.canonical = qsh_canonical(arena, request, 0)};
    if (!token_verify(token, shared_secret, fault))
        return false;
    authentication->is_signed = true;
    authentication->form =
        qsh_match(arena, request, authentication->canonical, token->qsh, strlen(token->qsh));
    return authentication->form != NULL ||
           fault_set(fault, FAULT_REFUSED, "the qsh does not match this request");
}

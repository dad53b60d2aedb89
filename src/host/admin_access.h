/* Requests of administrators: who is calling, by HTTP Basic authentication. */
#ifndef DYNMOD_HOST_ADMIN_ACCESS_H
#define DYNMOD_HOST_ADMIN_ACCESS_H

#include <stdbool.h>

#include "host/host.h"
#include "http/router.h"

/* The administrator who is calling, and where; strings live as long as the request. */
struct admin {
    const char *name;
    const char *base_url;  /* of the site, without a slash at its end */
    const char *token_key; /* signs the tokens of this administrator; never to be logged */
};

/* Admits an administrator by the Authorization header (RFC 7617) and returns a struct admin;
 * `exchange->service` is a struct service. Everyone else is answered: with 404 unless the
 * configuration has admin = on, with 401, or with 429 after too many passwords that were refused
 * for this name or from this address. */
route_admit admin_access;

/* A token that only this administrator can have been given, valid for ten minutes; owned by the
 * arena. It shows that a request was not sent by a page in the administrator's browser that belongs
 * to somebody else. */
const char *admin_access_token(struct arena *arena, const struct admin *admin)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* Whether `token` is such a token and still valid. */
bool admin_access_check_token(const struct admin *admin, const char *token)
    __attribute__((nonnull));

#endif

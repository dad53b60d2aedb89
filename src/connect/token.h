/* The JSON Web Token of an app: what it claims, and whether the app signed it. */
#ifndef DYNMOD_CONNECT_TOKEN_H
#define DYNMOD_CONNECT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"

/* A token that has been read but not verified; strings are owned by the arena. */
struct token {
    const char *text;   /* the whole token; never to be logged */
    const char *issuer; /* `iss`: the app key */
    const char *qsh;    /* the hash of the request that it was made for */
    const char *id;     /* `jti`; NULL when there is none, "" when it is not a string */
    int64_t expires;    /* `exp` */
};

/* Reads a compact JWS (RFC 7515, 3.1) and makes the checks that need no secret, at the time `now`
 * (seconds since 1970): HS256 and nothing else, `iss` and `qsh` are strings, `exp` and `iat` are
 * numbers, it has not expired and `nbf` has been reached, with 30 seconds of leeway, and it
 * lives for at most `max_lifetime` seconds (0 for any), from `iat` and, with leeway, from now.
 * Fails with FAULT_REFUSED and the reason. */
bool token_read(struct arena *arena, const char *text, int64_t now, int64_t max_lifetime,
                struct token *token, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether the token, as filled in by token_read(), was signed with `secret`; compares in constant
 * time. Fails with FAULT_REFUSED. */
bool token_verify(const struct token *token, const char *secret, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* What a new token says. */
struct token_claims {
    const char *issuer;   /* `iss`: the app key, or the client key of a site */
    const char *audience; /* the one element of `aud`; NULL to leave it out */
    const char *qsh;
    int64_t now;      /* `iat` */
    int64_t lifetime; /* seconds from then to `exp` */
    bool from_host;   /* adds the empty `context` that the host's own tokens have */
};

/* Returns a token signed by HS256 with `secret`, owned by the arena. */
const char *token_sign(struct arena *arena, const struct token_claims *claims, const char *secret)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Stores a token signed by RS256 with the RSA key `private_key` in PEM, owned by the arena. Its
 * header has the key id `kid`, by which the app finds the public key. Fails with FAULT_INTERNAL
 * when the key cannot be used; the fault names `kid` only. */
bool token_sign_rs256(struct arena *arena, const struct token_claims *claims,
                      const char *private_key, const char *kid, const char **token,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

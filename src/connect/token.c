/* The JSON Web Token of an app: what it claims, and whether the app signed it. */
#include "connect/token.h"

#include <errno.h>
#include <inttypes.h>
#include <jwt.h>
#include <math.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "json/json.h"

/* The clocks of apps and hosts differ; Atlassian's host tolerates this much. */
enum { LEEWAY_SECONDS = 30 };

enum { SIGNATURE_SIZE = 43 }; /* characters of base64url that 32 bytes take */

struct times {
    double expires, issued, not_before;
    bool has_not_before;
};

/* Whether one part of a token can be decoded, without NUL: libjwt would ignore what follows it. */
static bool is_base64url_text(struct arena *arena, const char *part, size_t length) {
    struct base64_decode_ctx context;
    size_t size = BASE64_DECODE_LENGTH(length);
    uint8_t *decoded = arena_alloc(arena, size);
    base64url_decode_init(&context);
    return base64_decode_update(&context, &size, decoded, length, part) == 1 &&
           memchr(decoded, '\0', size) == NULL;
}

/* Three parts of base64url without padding, which libjwt does not enforce; two of them are texts.
 */
static bool is_compact_jws(struct arena *arena, const char *text) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int part = 1;; part++) {
        size_t length = strspn(text, alphabet);
        if (length == 0 || text[length] != (part == 3 ? '\0' : '.'))
            return false;
        if (part == 3)
            return true;
        if (!is_base64url_text(arena, text, length))
            return false;
        text += length + 1;
    }
}

/* Reads the numeric claim `name`; sets *present to whether there is one. */
static bool read_number(jwt_t *jwt, const char *name, double *value, bool *present,
                        struct fault *fault) {
    long integer = jwt_get_grant_int(jwt, name);
    *present = true;
    *value = (double)integer;
    if (integer > 0) /* libjwt returns 0 or -1 for what is missing or not an integer */
        return true;
    char *json = jwt_get_grants_json(jwt, name);
    *present = json != NULL;
    if (json == NULL)
        return true;
    char *end = json;
    *value = strtod(json, &end);
    bool ok = end != json && *end == '\0' && isfinite(*value);
    free(json);
    return ok || fault_set(fault, FAULT_REFUSED, "the claim %s is not a number", name);
}

static bool read_required_number(jwt_t *jwt, const char *name, double *value, struct fault *fault) {
    bool present;
    if (!read_number(jwt, name, value, &present, fault))
        return false;
    return present || fault_set(fault, FAULT_REFUSED, "the claim %s is missing", name);
}

static bool read_text(struct arena *arena, jwt_t *jwt, const char *name, const char **text,
                      struct fault *fault) {
    *text = arena_text(arena, jwt_get_grant(jwt, name));
    return *text != NULL ||
           fault_set(fault, FAULT_REFUSED, "the claim %s is missing or not a string", name);
}

static bool read_times(jwt_t *jwt, struct times *times, struct fault *fault) {
    return read_required_number(jwt, "exp", &times->expires, fault) &&
           read_required_number(jwt, "iat", &times->issued, fault) &&
           read_number(jwt, "nbf", &times->not_before, &times->has_not_before, fault);
}

static bool check_times(const struct times *times, int64_t now, int64_t max_lifetime,
                        struct fault *fault) {
    double present = (double)now;
    if (times->expires < present - LEEWAY_SECONDS)
        return fault_set(fault, FAULT_REFUSED,
                         "the token expired at %.0f; it is now %" PRId64 " (%d seconds of leeway)",
                         times->expires, now, LEEWAY_SECONDS);
    if (times->has_not_before && times->not_before > present + LEEWAY_SECONDS)
        return fault_set(fault, FAULT_REFUSED,
                         "the token is not valid before %.0f; it is now %" PRId64
                         " (%d seconds of leeway)",
                         times->not_before, now, LEEWAY_SECONDS);
    if (times->has_not_before && times->not_before > times->expires)
        return fault_set(fault, FAULT_REFUSED, "the claim nbf is later than exp");
    if (max_lifetime > 0 && times->expires - times->issued > (double)max_lifetime)
        return fault_set(fault, FAULT_REFUSED,
                         "the token is valid for %.0f seconds, but at most %" PRId64 " are allowed",
                         times->expires - times->issued, max_lifetime);
    /* `iat` is what the app says it is, and may lie in the future. */
    if (max_lifetime > 0 && times->expires - present > (double)max_lifetime + LEEWAY_SECONDS)
        return fault_set(fault, FAULT_REFUSED,
                         "the token is still valid for %.0f seconds, but at most %" PRId64
                         " are allowed (%d seconds of leeway)",
                         times->expires - present, max_lifetime, LEEWAY_SECONDS);
    return true;
}

static void read_id(struct arena *arena, jwt_t *jwt, struct token *token) {
    errno = 0;
    token->id = arena_text(arena, jwt_get_grant(jwt, "jti"));
    if (token->id == NULL && errno != ENOENT)
        token->id = "";
}

static bool read_claims(struct arena *arena, jwt_t *jwt, int64_t now, int64_t max_lifetime,
                        struct token *token, struct fault *fault) {
    const char *algorithm = jwt_get_header(jwt, "alg"); /* libjwt itself ignores its case */
    if (algorithm == NULL || strcmp(algorithm, "HS256") != 0)
        return fault_set(fault, FAULT_REFUSED, "the algorithm is not HS256");
    struct times times = {0};
    read_id(arena, jwt, token);
    if (!(read_text(arena, jwt, "iss", &token->issuer, fault) && read_times(jwt, &times, fault) &&
          read_text(arena, jwt, "qsh", &token->qsh, fault) &&
          check_times(&times, now, max_lifetime, fault)))
        return false;
    token->expires = times.expires < (double)INT64_MAX ? (int64_t)times.expires : INT64_MAX;
    return true;
}

bool token_read(struct arena *arena, const char *text, int64_t now, int64_t max_lifetime,
                struct token *token, struct fault *fault) {
    *token = (struct token){.text = arena_text(arena, text)};
    if (strlen(text) > LIMIT_TOKEN)
        return fault_set(fault, FAULT_REFUSED, "the token is longer than %d bytes", LIMIT_TOKEN);
    jwt_t *jwt = NULL;
    if (!is_compact_jws(arena, text) || jwt_decode(&jwt, text, NULL, 0) != 0)
        return fault_set(fault, FAULT_REFUSED, "the token cannot be decoded");
    bool ok = read_claims(arena, jwt, now, max_lifetime, token, fault);
    jwt_free(jwt);
    return ok;
}

/* Compares with the digest in base64url, without padding (RFC 7515, 2). */
static bool signature_matches(const char *signature, const unsigned char digest[DIGEST_SIZE]) {
    struct base64_encode_ctx context;
    char expected[BASE64_ENCODE_LENGTH(DIGEST_SIZE) + BASE64_ENCODE_FINAL_LENGTH];
    base64url_encode_init(&context);
    size_t length = base64_encode_update(&context, expected, DIGEST_SIZE, digest);
    base64_encode_final(&context, expected + length);
    return strlen(signature) == SIGNATURE_SIZE && digest_equal(signature, expected, SIGNATURE_SIZE);
}

/* token_read() has decoded the token and its algorithm already, so that nothing but the signature
 * is left; libjwt would decode it all again. */
bool token_verify(const struct token *token, const char *secret, struct fault *fault) {
    const char *signature = strrchr(token->text, '.') + 1;
    unsigned char digest[DIGEST_SIZE];
    digest_hmac_sha256(secret, token->text, (size_t)(signature - token->text) - 1, digest);
    return signature_matches(signature, digest) ||
           fault_set(fault, FAULT_REFUSED, "the signature is wrong");
}

/* Adds the claim `name` with a value that is neither a string nor a number; takes the value over.
 */
static bool add_json(struct arena *arena, jwt_t *jwt, const char *name, struct json_object *value) {
    struct json_object *claim = json_keep(arena, json_object_new_object());
    json_object_object_add(claim, name, value);
    return jwt_add_grants_json(jwt, json_text(claim)) == 0;
}

static bool add_audience(struct arena *arena, jwt_t *jwt, const char *audience) {
    struct json_object *list = json_object_new_array();
    json_object_array_add(list, json_object_new_string(audience));
    return add_json(arena, jwt, "aud", list);
}

/* A token that is not signed yet. With these claims libjwt fails only when memory runs out. */
static jwt_t *new_token(struct arena *arena, const struct token_claims *claims) {
    jwt_t *jwt = NULL;
    if (jwt_new(&jwt) != 0 || jwt_add_grant(jwt, "iss", claims->issuer) != 0 ||
        jwt_add_grant_int(jwt, "iat", (long)claims->now) != 0 ||
        jwt_add_grant_int(jwt, "exp", (long)(claims->now + claims->lifetime)) != 0 ||
        jwt_add_grant(jwt, "qsh", claims->qsh) != 0 ||
        (claims->audience != NULL && !add_audience(arena, jwt, claims->audience)) ||
        (claims->from_host && !add_json(arena, jwt, "context", json_object_new_object())))
        abort();
    return jwt;
}

/* Signs and frees the token; returns its text, or NULL when the key cannot be used. */
static const char *sign(struct arena *arena, jwt_t *jwt, jwt_alg_t algorithm, const char *key) {
    char *text = NULL;
    if (jwt_set_alg(jwt, algorithm, (const unsigned char *)key, (int)strlen(key)) == 0)
        text = jwt_encode_str(jwt);
    const char *token = arena_text(arena, text);
    free(text);
    jwt_free(jwt);
    return token;
}

const char *token_sign(struct arena *arena, const struct token_claims *claims, const char *secret) {
    const char *token = sign(arena, new_token(arena, claims), JWT_ALG_HS256, secret);
    if (token == NULL)
        abort(); /* libjwt is out of memory: any secret will do */
    return token;
}

bool token_sign_rs256(struct arena *arena, const struct token_claims *claims,
                      const char *private_key, const char *kid, const char **token,
                      struct fault *fault) {
    jwt_t *jwt = new_token(arena, claims);
    if (jwt_add_header(jwt, "kid", kid) != 0)
        abort();
    *token = sign(arena, jwt, JWT_ALG_RS256, private_key);
    return *token != NULL || fault_set(fault, FAULT_INTERNAL,
                                       "the private key %s cannot sign with RS256: it is not an "
                                       "RSA key in PEM form",
                                       kid);
}

/* The signature of an app under one request, as the app itself would make it. */
#include "ctl/signature.h"

#include <string.h>

#include "base/clock.h"
#include "connect/qsh.h"
#include "connect/token.h"
#include "http/query.h"
#include "http/uri.h"

bool signature_make(struct arena *arena, const struct app *app, const char *secret,
                    const char *method, const char *url, int64_t lifetime,
                    struct signature *signature, struct fault *fault) {
    const char *target = arena_copy(arena, url, strcspn(url, "#"));
    char hash[QSH_LENGTH + 1];
    struct uri_target parts;
    struct query query;
    if (!uri_split_target(arena, target, &parts, fault) ||
        !query_parse(arena, parts.query, &query, fault))
        return false;
    if (parts.path[0] != '/')
        return fault_set(fault, FAULT_INPUT,
                         "\"%s\" is neither an http or https URL nor a path that begins with \"/\"",
                         url);
    const struct qsh_request request = {method, parts.path, app->context_path, &query};
    signature->dropped = query.dropped;
    signature->canonical = qsh_canonical(arena, &request, 0);
    qsh_hash(signature->canonical, hash);
    signature->hash = arena_text(arena, hash);
    const struct token_claims claims = {
        .issuer = app->key, .qsh = hash, .now = clock_now(), .lifetime = lifetime};
    signature->authorization = arena_format(arena, "JWT %s", token_sign(arena, &claims, secret));
    signature->expires = claims.now + lifetime;
    return true;
}

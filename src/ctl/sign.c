/* dynmodctl sign: a token for one request, as the app itself would create it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "connect/qsh.h"
#include "connect/token.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/app_secret.h"
#include "http/query.h"
#include "http/uri.h"
#include "json/json.h"
#include "store/store_find.h"
#include "store/store_missing.h"

/* The lifetime that Atlassian's client libraries use. */
enum { DEFAULT_LIFETIME_SECONDS = 180 };

/* The canonical request of what curl would send for `url`, which is all but the fragment. */
static bool canonical_request(struct invocation *invocation, const char *method, const char *url,
                              const char *context_path, const char **canonical,
                              struct fault *fault) {
    struct arena *arena = invocation->arena;
    const char *target = arena_copy(arena, url, strcspn(url, "#"));
    struct uri_target parts;
    struct query query;
    if (!uri_split_target(arena, target, &parts, fault) ||
        !query_parse(arena, parts.query, &query, fault))
        return false;
    if (parts.path[0] != '/')
        return fault_set(fault, FAULT_INPUT,
                         "\"%s\" is neither an http or https URL nor a path that begins with \"/\"",
                         url);
    if (query.dropped > 0)
        invocation_warn(
            "query parameters that cannot be decoded, which the signature does not cover: %zu",
            query.dropped);
    const struct qsh_request request = {method, parts.path, context_path, &query};
    *canonical = qsh_canonical(arena, &request, 0);
    return true;
}

static bool find_app(struct invocation *invocation, struct app *app, struct fault *fault) {
    const char *site = invocation_site(invocation), *key = invocation->values[OPTION_APP];
    if (!store_find_app(invocation->database, invocation->arena, site, key, app, fault))
        return false;
    if (app->state == NULL)
        return store_missing_app(site, key, fault);
    if (strcmp(app->state, "enabled") != 0)
        invocation_warn("the app is %s, so its requests are answered with 401", app->state);
    return true;
}

bool run_sign(struct invocation *invocation, struct fault *fault) {
    struct arena *arena = invocation->arena;
    struct app app;
    const char *canonical = NULL, *secret;
    const struct host host = invocation_host(invocation);
    if (!find_app(invocation, &app, fault) ||
        !app_secret_open(&host, app.key, app.shared_secret, &secret, fault) ||
        !canonical_request(invocation, invocation->arguments[0], invocation->arguments[1],
                           app.context_path, &canonical, fault))
        return false;
    char hash[QSH_LENGTH + 1];
    const char *seconds = invocation->values[OPTION_LIFETIME];
    long lifetime = seconds == NULL ? DEFAULT_LIFETIME_SECONDS : strtol(seconds, NULL, 10);
    int64_t now = clock_now();
    qsh_hash(canonical, hash);
    const struct token_claims claims = {
        .issuer = app.key, .qsh = hash, .now = now, .lifetime = lifetime};
    const char *authorization = arena_format(arena, "JWT %s", token_sign(arena, &claims, secret));
    struct json_object *answer = json_keep(arena, json_object_new_object());
    json_set_text(answer, "authorization", authorization);
    json_set_text(answer, "canonicalRequest", canonical);
    json_set_text(answer, "queryStringHash", hash);
    json_object_object_add(answer, "expiresAt", json_object_new_int64(now + lifetime));
    output_done(invocation, answer, "%s", authorization);
    return true;
}

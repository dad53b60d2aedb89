/* dynmodctl sign: a token for one request, as the app itself would create it. */
#include <stdlib.h>
#include <string.h>

#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/signature.h"
#include "host/app_secret.h"
#include "json/json.h"
#include "store/store_find.h"
#include "store/store_missing.h"

/* The lifetime that Atlassian's client libraries use. */
enum { DEFAULT_LIFETIME_SECONDS = 180 };

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
    const char *secret, *seconds = invocation->values[OPTION_LIFETIME];
    const long lifetime = seconds == NULL ? DEFAULT_LIFETIME_SECONDS : strtol(seconds, NULL, 10);
    struct signature signature;
    const struct host host = invocation_host(invocation);
    if (!find_app(invocation, &app, fault) ||
        !app_secret_open(&host, app.key, app.shared_secret, &secret, fault) ||
        !signature_make(arena, &app, secret, invocation->arguments[0], invocation->arguments[1],
                        lifetime, &signature, fault))
        return false;
    if (signature.dropped > 0)
        invocation_warn(
            "query parameters that cannot be decoded, which the signature does not cover: %zu",
            signature.dropped);
    struct json_object *answer = json_keep(arena, json_object_new_object());
    json_set_text(answer, "authorization", signature.authorization);
    json_set_text(answer, "canonicalRequest", signature.canonical);
    json_set_text(answer, "queryStringHash", signature.hash);
    json_object_object_add(answer, "expiresAt", json_object_new_int64(signature.expires));
    output_done(invocation, answer, "%s", signature.authorization);
    return true;
}

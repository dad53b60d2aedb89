/* The calls by which a host tells an app of its life on a site. */
#include "connect/lifecycle.h"

#include <string.h>

#include "connect/qsh.h"
#include "connect/token.h"
#include "http/query.h"
#include "http/uri.h"
#include "json/json.h"

/* How long Atlassian's host let its tokens live. */
enum { LIFETIME_SECONDS = 180 };

/* Versions in the form of Jira Cloud's: some libraries want them, but nothing depends on them. */
#define SERVER_VERSION "100000"
#define PLUGINS_VERSION "1001.0.0"

static const char *const names[LIFECYCLE_EVENTS] = {
    [LIFECYCLE_INSTALLED] = "installed",
    [LIFECYCLE_ENABLED] = "enabled",
    [LIFECYCLE_DISABLED] = "disabled",
    [LIFECYCLE_UNINSTALLED] = "uninstalled",
};

const char *lifecycle_name(enum lifecycle_event event) {
    return names[event];
}

bool lifecycle_find(const char *name, enum lifecycle_event *event) {
    for (int i = 0; i < LIFECYCLE_EVENTS; i++)
        if (strcmp(names[i], name) == 0) {
            *event = (enum lifecycle_event)i;
            return true;
        }
    return false;
}

/* Whether the URL begins with the first `length` bytes of the base URL, and not in the middle of a
 * host name, a port or a segment. */
static bool lies_below(const char *url, const char *base_url, size_t length) {
    return strncmp(url, base_url, length) == 0 &&
           (url[length] == '\0' || strchr("/?#", url[length]) != NULL);
}

const char *lifecycle_url(struct arena *arena, struct json_object *descriptor,
                          enum lifecycle_event event) {
    const char *base_url = json_member_text(descriptor, "baseUrl");
    const char *text = json_member_text(json_member(descriptor, "lifecycle"), names[event]);
    if (base_url == NULL || text == NULL)
        return NULL;
    size_t length = strlen(base_url);
    while (length > 0 && base_url[length - 1] == '/')
        length--;
    if (lies_below(text, base_url, length))
        return arena_text(arena, text);
    return arena_format(arena, "%.*s/%s", (int)length, base_url, text + strspn(text, "/"));
}

const char *lifecycle_body(struct arena *arena, enum lifecycle_event event,
                           const struct lifecycle_host *host, const struct lifecycle_app *app) {
    struct json_object *body = json_keep(arena, json_object_new_object());
    json_set_text(body, "key", app->key);
    json_set_text(body, "clientKey", host->client_key);
    json_set_text(body, "publicKey", host->public_key);
    if (event == LIFECYCLE_INSTALLED)
        json_set_text(body, "sharedSecret", app->shared_secret);
    json_set_text(body, "serverVersion", SERVER_VERSION);
    json_set_text(body, "pluginsVersion", PLUGINS_VERSION);
    json_set_text(body, "baseUrl", host->base_url);
    json_set_text(body, "displayUrl", host->base_url);
    json_set_text(body, "displayUrlServicedeskHelpCenter", host->base_url);
    json_set_text(body, "productType", "jira");
    json_set_text(body, "description", host->description);
    json_set_text(body, "oauthClientId", "");
    json_set_text(
        body, "installationId",
        arena_format(arena, "ari:cloud:ecosystem::installation/%s", app->installation_id));
    json_set_text(body, "eventType", names[event]);
    return json_text(body);
}

/* Stores the hash that the app computes: it cuts the path of its base URL off as plain text. */
static bool hash_call(struct arena *arena, const char *url, const char *base_url,
                      char hash[QSH_LENGTH + 1], struct fault *fault) {
    struct uri_target target, base;
    struct query query;
    const char *sent = arena_copy(arena, url, strcspn(url, "#"));
    if (!uri_split_target(arena, sent, &target, fault) ||
        !uri_split_target(arena, base_url, &base, fault) ||
        !query_parse(arena, target.query, &query, fault))
        return false;
    const struct qsh_request request = {"POST", target.path, base.path, &query};
    qsh_hash(qsh_canonical(arena, &request, 0), hash);
    return true;
}

bool lifecycle_authorization(struct arena *arena, enum lifecycle_event event, const char *url,
                             const struct lifecycle_host *host, const struct lifecycle_app *app,
                             const char *kid, const char *private_key, int64_t now,
                             const char **authorization, struct fault *fault) {
    bool by_private_key = event == LIFECYCLE_INSTALLED || event == LIFECYCLE_UNINSTALLED;
    char hash[QSH_LENGTH + 1];
    if (!hash_call(arena, url, app->base_url, hash, fault))
        return false;
    const struct token_claims claims = {
        .issuer = host->client_key,
        .audience = by_private_key ? app->base_url : NULL,
        .qsh = hash,
        .now = now,
        .lifetime = LIFETIME_SECONDS,
        .from_host = true,
    };
    const char *token = NULL;
    if (!by_private_key)
        token = token_sign(arena, &claims, app->shared_secret);
    else if (!token_sign_rs256(arena, &claims, private_key, kid, &token, fault))
        return false;
    *authorization = arena_format(arena, "JWT %s", token);
    return true;
}

/* Requests signed by apps: which app is calling, and the answer to everyone else. */
#include "host/app_access.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "connect/authentication.h"
#include "host/app_secret.h"
#include "host/service.h"
#include "http/etag.h"
#include "store/store_find.h"

#define REFUSED_TEXT "The request is not from a Connect app."

enum { HINT_MAX = 2000 }; /* bytes; servers limit a header to 8 KiB */

/* Finds the app `app_key` on the request's site and fills in *app. */
typedef bool find_app(struct exchange *exchange, const char *app_key, struct app *app,
                      struct fault *fault);

static bool find_only(struct exchange *exchange, const char *app_key, struct app *app,
                      struct fault *fault) {
    const struct service *service = exchange->service;
    return store_find_app(service->database, exchange->request->arena, exchange->request->site,
                          app_key, app, fault);
}

static bool find_with_document(struct exchange *exchange, const char *app_key, struct app *app,
                               struct fault *fault) {
    const struct service *service = exchange->service;
    struct arena *arena = exchange->request->arena;
    struct app_texts known;
    known.list = etag_numbers(arena, exchange->request->if_none_match, &known.count);
    return store_find_app_with_document(service->database, arena, exchange->request->site, app_key,
                                        &known, app, fault);
}

static bool find_for_registration(struct exchange *exchange, const char *app_key, struct app *app,
                                  struct fault *fault) {
    struct service *service = exchange->service;
    struct store_types stored;
    if (!store_find_app_for_registration(service->database, exchange->request->arena,
                                         exchange->request->site, app_key,
                                         module_types_version(service->types), app, &stored, fault))
        return false;
    if (stored.json == NULL)
        return true;
    struct module_types *types;
    if (!module_types_read(stored.json, stored.version, &types, fault))
        return false;
    module_types_free(service->types);
    service->types = types;
    return true;
}

static void refuse(struct exchange *exchange, const char *reason, const char *canonical) {
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add_text(&text, reason);
    if (canonical != NULL)
        buffer_add_format(&text, "; the canonical request is %s", canonical);
    log_write(LOG_LEVEL_WARNING, "401: %s", buffer_text(&text));
    response_error(exchange->response, 401, REFUSED_TEXT);
    response_header(exchange->response, "WWW-Authenticate", "JWT realm=\"Atlassian Connect\"");
    if (exchange->config->auth_hints) {
        size_t length = utf8_fitting(buffer_text(&text), text.length, HINT_MAX);
        response_header(exchange->response, "X-Dynmod-Auth-Hint",
                        arena_copy(exchange->request->arena, buffer_text(&text), length));
    }
    buffer_free(&text);
}

void app_access_fail(struct exchange *exchange, const struct fault *fault) {
    if (fault->kind == FAULT_REFUSED)
        refuse(exchange, fault->text, NULL);
    else
        exchange_fail(exchange, fault);
}

static bool read_token(struct exchange *exchange, struct token *token, struct fault *fault) {
    struct arena *arena = exchange->request->arena;
    const char *text =
        authentication_token(arena, &exchange->query, exchange->request->authorization);
    if (text == NULL)
        return fault_set(fault, FAULT_REFUSED,
                         "no token was sent, neither in an Authorization header with the scheme "
                         "JWT nor in the parameter jwt (Apache passes the header on only with "
                         "CGIPassAuth On)");
    return token_read(arena, text, clock_now(), exchange->config->max_token_lifetime, token, fault);
}

/* Whether the path matches the site and the app may call at all. */
static bool check_app(const struct exchange *exchange, const struct app *app, struct fault *fault) {
    if (strcmp(exchange->context_path, app->context_path) != 0)
        return fault_set(fault, FAULT_NOT_FOUND, ROUTER_NOT_FOUND_TEXT);
    if (app->state == NULL)
        return fault_set(fault, FAULT_REFUSED, "the site %s has no app with this key (iss)",
                         exchange->request->site);
    if (strcmp(app->state, "enabled") != 0)
        return fault_set(fault, FAULT_REFUSED, "the app %s is %s", app->key, app->state);
    return app->shared_secret != NULL ||
           fault_set(fault, FAULT_REFUSED, "the app %s has no shared secret", app->key);
}

/* The secret that has signed the token if any has: a former one may still be accepted. */
static bool choose_secret(const struct exchange *exchange, const struct token *token,
                          const struct app *app, const char **secret, struct fault *fault) {
    const struct host host = service_host(exchange);
    struct fault ignored;
    if (!app_secret_open(&host, app->key, app->shared_secret, secret, fault))
        return false;
    return app->former_secret == NULL || token_verify(token, *secret, &ignored) ||
           app_secret_open(&host, app->key, app->former_secret, secret, fault);
}

static bool check_token(struct exchange *exchange, const struct token *token,
                        const struct app *app) {
    struct authentication authentication;
    struct fault fault;
    const char *secret;
    const struct qsh_request signed_request = {
        .method = exchange->request->method,
        .path = exchange->target.path,
        .context_path = exchange->context_path,
        .query = &exchange->query,
    };
    if (!choose_secret(exchange, token, app, &secret, &fault)) {
        app_access_fail(exchange, &fault);
        return false;
    }
    if (!authentication_check(exchange->request->arena, token, secret, &signed_request,
                              &authentication, &fault)) {
        refuse(exchange, fault.text, authentication.canonical);
        return false;
    }
    log_write(LOG_LEVEL_DEBUG, "%s is calling, qsh in the form \"%s\"", token->issuer,
              authentication.form);
    return true;
}

static const struct app *admit(struct exchange *exchange, find_app *find) {
    struct app *app = arena_alloc(exchange->request->arena, sizeof *app);
    struct token token;
    struct fault fault;
    if (!read_token(exchange, &token, &fault) || !find(exchange, token.issuer, app, &fault) ||
        !check_app(exchange, app, &fault)) {
        app_access_fail(exchange, &fault);
        return NULL;
    }
    return check_token(exchange, &token, app) ? app : NULL;
}

const void *app_access(struct exchange *exchange) {
    return admit(exchange, find_only);
}

const void *app_access_with_document(struct exchange *exchange) {
    return admit(exchange, find_with_document);
}

const void *app_access_for_registration(struct exchange *exchange) {
    return admit(exchange, find_for_registration);
}

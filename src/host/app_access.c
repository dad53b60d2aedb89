/* Requests signed by apps: which app is calling, and the answer to everyone else. */
#include "host/app_access.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "connect/authentication.h"
#include "host/service.h"
#include "store/store_caller.h"

#define REFUSED_TEXT "The request is not from a Connect app."

enum { HINT_MAX = 2000 }; /* bytes; servers limit a header to 8 KiB */

/* Fills in *caller with the app `app_key` of the request's site. */
typedef bool find_caller(struct exchange *exchange, const char *app_key, struct caller *caller,
                         struct fault *fault);

static bool find_only(struct exchange *exchange, const char *app_key, struct caller *caller,
                      struct fault *fault) {
    const struct service *service = exchange->service;
    return store_find_caller(service->database, exchange->request->arena, exchange->request->site,
                             app_key, caller, fault);
}

static bool find_with_document(struct exchange *exchange, const char *app_key,
                               struct caller *caller, struct fault *fault) {
    const struct service *service = exchange->service;
    return store_find_caller_with_document(service->database, exchange->request->arena,
                                           exchange->request->site, app_key, caller, fault);
}

static bool find_for_registration(struct exchange *exchange, const char *app_key,
                                  struct caller *caller, struct fault *fault) {
    struct service *service = exchange->service;
    if (!store_find_caller_for_registration(service->database, exchange->request->arena,
                                            exchange->request->site, app_key,
                                            module_types_version(service->types), caller, fault))
        return false;
    if (caller->types == NULL)
        return true;
    struct module_types *types;
    if (!module_types_read(caller->types, caller->types_version, &types, fault))
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
    if (exchange->config->auth_hints)
        response_header(
            exchange->response, "X-Dynmod-Auth-Hint",
            arena_format(exchange->request->arena, "%.*s", HINT_MAX, buffer_text(&text)));
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
static bool check_caller(const struct exchange *exchange, const struct caller *caller,
                         struct fault *fault) {
    if (strcmp(exchange->context_path, caller->context_path) != 0)
        return fault_set(fault, FAULT_NOT_FOUND, "There is no such resource.");
    if (caller->app_id == NULL)
        return fault_set(fault, FAULT_REFUSED, "the site %s has no app with this key (iss)",
                         exchange->request->site);
    if (strcmp(caller->state, "enabled") != 0)
        return fault_set(fault, FAULT_REFUSED, "the app %s is %s", caller->app_key, caller->state);
    return true;
}

static bool check_token(struct exchange *exchange, const struct token *token,
                        const struct caller *caller) {
    struct authentication authentication;
    struct fault fault;
    const struct qsh_request signed_request = {
        .method = exchange->request->method,
        .path = exchange->target.path,
        .context_path = exchange->context_path,
        .query = &exchange->query,
    };
    if (!authentication_check(exchange->request->arena, token, caller->shared_secret,
                              &signed_request, &authentication, &fault)) {
        refuse(exchange, fault.text, authentication.canonical);
        return false;
    }
    log_write(LOG_LEVEL_DEBUG, "%s is calling, qsh in the form \"%s\"", token->issuer,
              authentication.form);
    return true;
}

static const struct caller *admit(struct exchange *exchange, find_caller *find) {
    struct caller *caller = arena_alloc(exchange->request->arena, sizeof *caller);
    struct token token;
    struct fault fault;
    if (!read_token(exchange, &token, &fault) || !find(exchange, token.issuer, caller, &fault) ||
        !check_caller(exchange, caller, &fault)) {
        app_access_fail(exchange, &fault);
        return NULL;
    }
    return check_token(exchange, &token, caller) ? caller : NULL;
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

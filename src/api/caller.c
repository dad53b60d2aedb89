/* Who is calling: the one query for the app, and the check of its token. */
#include "api/caller.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "connect/authentication.h"

bool caller_find_only(struct exchange *exchange, const char *app_key, struct fault *fault) {
    return store_find_caller(exchange->service->database, exchange->request->arena,
                             exchange->request->site, app_key, &exchange->caller, fault);
}

bool caller_find_with_document(struct exchange *exchange, const char *app_key,
                               struct fault *fault) {
    return store_find_caller_with_document(exchange->service->database, exchange->request->arena,
                                           exchange->request->site, app_key, &exchange->caller,
                                           fault);
}

bool caller_find_for_registration(struct exchange *exchange, const char *app_key,
                                  struct fault *fault) {
    struct service *service = exchange->service;
    struct caller *caller = &exchange->caller;
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

static bool read_token(struct exchange *exchange, struct token *token, struct fault *fault) {
    struct arena *arena = exchange->request->arena;
    const char *text =
        authentication_token(arena, &exchange->query, exchange->request->authorization);
    if (text == NULL)
        return fault_set(fault, FAULT_REFUSED,
                         "no token came, neither in the header Authorization with the scheme JWT "
                         "nor in the parameter jwt (Apache passes the header on with CGIPassAuth "
                         "On)");
    return token_read(arena, text, clock_now(), exchange->service->config->max_token_lifetime,
                      token, fault);
}

/* Whether the path fits the site and the app may call at all. */
static bool check_caller(const struct exchange *exchange, struct fault *fault) {
    const struct caller *caller = &exchange->caller;
    if (strcmp(exchange->context_path, caller->context_path) != 0)
        return fault_set(fault, FAULT_NOT_FOUND, "There is no such resource.");
    if (caller->app_id == NULL)
        return fault_set(fault, FAULT_REFUSED, "the site %s has no app of that key (iss)",
                         exchange->request->site);
    if (strcmp(caller->state, "enabled") != 0)
        return fault_set(fault, FAULT_REFUSED, "the app %s is %s", caller->app_key, caller->state);
    return true;
}

bool caller_authenticate(struct exchange *exchange, caller_find *find) {
    struct token token;
    struct fault fault;
    if (!read_token(exchange, &token, &fault) || !find(exchange, token.issuer, &fault) ||
        !check_caller(exchange, &fault)) {
        exchange_fail(exchange, &fault);
        return false;
    }
    struct authentication authentication;
    const struct qsh_request signed_request = {
        .method = exchange->request->method,
        .path = exchange->target.path,
        .context_path = exchange->context_path,
        .query = &exchange->query,
    };
    if (!authentication_check(exchange->request->arena, &token, exchange->caller.shared_secret,
                              &signed_request, &authentication, &fault)) {
        exchange_refuse(exchange, fault.text, authentication.canonical);
        return false;
    }
    log_write(LOG_LEVEL_DEBUG, "%s is calling, qsh in the form \"%s\"", token.issuer,
              authentication.form);
    return true;
}

/* Requests signed by apps: which app is calling, and the answer to everyone else. */
#include "host/app_access.h"

#include <string.h>

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "base/utf8.h"
#include "connect/authentication.h"
#include "host/app_secret.h"
#include "host/known_apps.h"
#include "host/refusals.h"
#include "host/service.h"
#include "http/etag.h"
#include "store/store_find.h"
#include "store/store_token.h"

#define REFUSED_TEXT "The request is not from a Connect app."

enum { HINT_MAX = 2000 }; /* bytes; servers limit a header to 8 KiB */

/* Finds the app `app_key` on the request's site and fills in *app. */
typedef bool find_app(struct exchange *exchange, const char *app_key, struct app *app,
                      struct fault *fault);

static bool find_only(struct exchange *exchange, const char *app_key, struct app *app,
                      struct fault *fault) {
    const struct service *service = exchange->service;
    return store_find_app(service->database, exchange->request->arena, exchange->site, app_key, app,
                          fault);
}

/* What this process knows of the app, or NULL. Over another connection there may be another
 * database, such as one that was restored, which gives the same ids and versions anew. */
static const struct app *known_app(struct exchange *exchange, const char *app_key) {
    struct service *service = exchange->service;
    const unsigned long connection = database_connections(service->database);
    if (service->connection != connection)
        known_apps_clear(&service->known_apps);
    service->connection = connection;
    return known_apps_find(&service->known_apps, exchange->site, app_key);
}

/* The same, if it is enough to check a registration. */
static const struct app *known_for_registration(struct exchange *exchange, const char *app_key) {
    const struct service *service = exchange->service;
    const struct app *known = known_app(exchange, app_key);
    return known != NULL && known->scopes.list != NULL && service->types != NULL ? known : NULL;
}

/* Whether it has all that the answer needs. */
static bool has_answer(const struct exchange *exchange, const struct app *known) {
    return known->document != NULL ||
           etag_matches(exchange->request->if_none_match,
                        arena_format(exchange->request->arena, "\"%s\"", known->revision));
}

static bool find_and_keep(struct exchange *exchange, const char *app_key, struct app *app,
                          struct fault *fault) {
    struct service *service = exchange->service;
    if (!find_only(exchange, app_key, app, fault))
        return false;
    known_apps_keep(&service->known_apps, exchange->site, app);
    return true;
}

static bool find_anew(struct exchange *exchange, const char *app_key, struct app *app,
                      struct fault *fault) {
    struct service *service = exchange->service;
    struct arena *arena = exchange->request->arena;
    struct app_texts revisions;
    revisions.list = etag_numbers(arena, exchange->request->if_none_match, &revisions.count);
    if (!store_find_app_with_document(service->database, arena, exchange->site, app_key, &revisions,
                                      app, fault))
        return false;
    known_apps_keep(&service->known_apps, exchange->site, app);
    return true;
}

static bool find_with_document(struct exchange *exchange, const char *app_key, struct app *app,
                               struct fault *fault) {
    struct service *service = exchange->service;
    const struct app *known = known_app(exchange, app_key);
    bool unchanged = false;
    if (known != NULL && known->version != NULL && has_answer(exchange, known) &&
        !store_app_is_unchanged(service->database, known, &unchanged, fault))
        return false;
    /* it may have been asked over a new connection */
    if (!unchanged || database_connections(service->database) != service->connection)
        return find_anew(exchange, app_key, app, fault);
    *app = *known;
    return true;
}

static bool find_for_registration(struct exchange *exchange, const char *app_key, struct app *app,
                                  struct fault *fault) {
    struct service *service = exchange->service;
    struct store_types stored;
    if (!store_find_app_for_registration(service->database, exchange->request->arena,
                                         exchange->site, app_key,
                                         module_types_version(service->types), app, &stored, fault))
        return false;
    known_apps_keep(&service->known_apps, exchange->site, app);
    if (stored.json == NULL)
        return true;
    struct module_types *types;
    if (!module_types_read(stored.json, stored.version, &types, fault))
        return false;
    module_types_free(service->types);
    service->types = types;
    return true;
}

/* The canonical request for the log: its beginning, and the hash and length of all of it. */
static void add_canonical(struct buffer *text, const char *canonical) {
    char hash[QSH_LENGTH + 1];
    size_t length = strlen(canonical);
    buffer_add_text(text, "; the canonical request is ");
    buffer_add(text, canonical, utf8_fitting(canonical, length, LIMIT_LOG_CANONICAL));
    if (length > LIMIT_LOG_CANONICAL) {
        qsh_hash(canonical, hash);
        buffer_add_format(text, "... (%zu bytes, SHA-256 %s)", length, hash);
    }
}

static void hint(struct exchange *exchange, const char *reason, const char *canonical) {
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add_text(&text, reason);
    if (canonical != NULL)
        buffer_add_format(&text, "; the canonical request is %s", canonical);
    response_header(exchange->response, "X-Dynmod-Auth-Hint",
                    arena_copy(exchange->request->arena, buffer_text(&text),
                               utf8_fitting(buffer_text(&text), text.length, HINT_MAX)));
    buffer_free(&text);
}

static void refuse(struct exchange *exchange, enum metrics_refusal kind, const char *reason,
                   const char *canonical) {
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add_text(&text, reason);
    if (canonical != NULL)
        add_canonical(&text, canonical);
    response_error(exchange->response, 401, REFUSED_TEXT);
    refusals_note(exchange, kind, buffer_text(&text));
    buffer_free(&text);
    response_header(exchange->response, "WWW-Authenticate", "JWT realm=\"Atlassian Connect\"");
    if (exchange->config->auth_hints)
        hint(exchange, reason, canonical);
}

/* Like app_access_fail(), with the kind of a refusal. To clients an address without a site is a
 * path without a resource; the log says more. */
static void fail(struct exchange *exchange, enum metrics_refusal kind, const struct fault *fault) {
    if (fault->kind == FAULT_REFUSED) {
        refuse(exchange, kind, fault->text, NULL);
    } else if (fault->kind == FAULT_NOT_FOUND) {
        response_error(exchange->response, 404, ROUTER_NOT_FOUND_TEXT);
        exchange->response->note = arena_text(exchange->request->arena, fault->text);
    } else {
        exchange_fail(exchange, fault);
    }
}

void app_access_fail(struct exchange *exchange, const struct fault *fault) {
    fail(exchange, METRICS_REFUSAL_APP_STATE, fault);
}

/* Sets *kind for the case that it is refused. */
static bool read_token(struct exchange *exchange, struct token *token, enum metrics_refusal *kind,
                       struct fault *fault) {
    struct arena *arena = exchange->request->arena;
    const char *text =
        authentication_token(arena, &exchange->query, exchange->request->authorization);
    *kind = METRICS_REFUSAL_NO_TOKEN;
    if (text == NULL)
        return fault_set(fault, FAULT_REFUSED,
                         "no token was sent, neither in an Authorization header with the scheme "
                         "JWT nor in the parameter jwt (Apache passes the header on only with "
                         "CGIPassAuth On)");
    bool ok =
        token_read(arena, text, clock_now(), exchange->config->max_token_lifetime, token, fault);
    exchange->caller.app = token->issuer;
    /* its times are checked once all its claims are read */
    *kind = token->qsh == NULL ? METRICS_REFUSAL_TOKEN : METRICS_REFUSAL_TIME;
    return ok;
}

/* Finds the app, and with it the name of the site. */
static bool find_on_site(struct exchange *exchange, find_app *find, const char *app_key,
                         struct app *app, struct fault *fault) {
    if (!find(exchange, app_key, app, fault))
        return false;
    exchange->site = app->site;
    return true;
}

/* Whether the path matches the site and the app may call at all. */
static bool check_app(const struct exchange *exchange, const struct app *app,
                      enum metrics_refusal *kind, struct fault *fault) {
    *kind = app->state == NULL ? METRICS_REFUSAL_UNKNOWN_APP : METRICS_REFUSAL_APP_STATE;
    if (strcmp(exchange->context_path, app->context_path) != 0)
        return fault_set(fault, FAULT_NOT_FOUND, ROUTER_NOT_FOUND_TEXT);
    if (app->state == NULL)
        return fault_set(fault, FAULT_REFUSED, "the site %s has no app with this key (iss)",
                         exchange->site);
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

/* Whether the app has signed the request. */
static bool verify(struct exchange *exchange, const struct token *token, const struct app *app,
                   struct authentication *authentication, struct fault *fault) {
    const char *secret;
    const struct qsh_request signed_request = {
        .method = exchange->request->method,
        .path = exchange->target.path,
        .context_path = exchange->context_path,
        .query = &exchange->query,
    };
    *authentication = (struct authentication){0};
    if (!choose_secret(exchange, token, app, &secret, fault) ||
        !authentication_check(exchange->request->arena, token, secret, &signed_request,
                              authentication, fault))
        return false;
    exchange->caller.known = true;
    log_write(LOG_LEVEL_DEBUG, "%s is calling, qsh in the form \"%s\"", token->issuer,
              authentication->form);
    return true;
}

static bool check_token(struct exchange *exchange, const struct token *token,
                        const struct app *app) {
    struct authentication authentication;
    struct fault fault;
    if (verify(exchange, token, app, &authentication, &fault))
        return true;
    if (fault.kind == FAULT_REFUSED)
        refuse(exchange, authentication.is_signed ? METRICS_REFUSAL_QSH : METRICS_REFUSAL_SIGNATURE,
               fault.text, authentication.canonical);
    else
        app_access_fail(exchange, &fault);
    return false;
}

/* Whether the app has not made more requests in this minute than it may; otherwise answers. */
static bool check_rate(struct exchange *exchange, const struct app *app) {
    const struct config *config = exchange->config;
    if (config->app_rate == 0)
        return true;
    const char *subject =
        arena_format(exchange->request->arena, "app %s %s", exchange->site, app->key);
    struct count count = counters_add(config->counters_file, subject);
    if (count.now <= config->app_rate)
        return true;
    metrics_count_refusal(METRICS_REFUSAL_APP_RATE);
    exchange_answer_busy(exchange,
                         arena_format(exchange->request->arena,
                                      "The app %s may make %ld requests a minute.", app->key,
                                      config->app_rate),
                         count.seconds);
    return false;
}

/* Whether the token may be used now: once, if it has an id and that is wanted; otherwise answers.
 */
static bool check_use(struct exchange *exchange, const struct token *token) {
    const struct service *service = exchange->service;
    struct fault fault;
    bool first;
    if (!exchange->config->token_once || token->id == NULL)
        return true;
    if (token->id[0] == '\0' || strlen(token->id) > LIMIT_JTI) {
        refuse(exchange, METRICS_REFUSAL_TOKEN, "the claim jti is not a string of a usable length",
               NULL);
        return false;
    }
    if (!store_use_token(service->database, exchange->request->arena, exchange->site, token->issuer,
                         token->id, token->expires, &first, &fault)) {
        app_access_fail(exchange, &fault);
        return false;
    }
    if (!first)
        refuse(exchange, METRICS_REFUSAL_USED, "the token has been used before (jti)", NULL);
    return first;
}

/* Admits by what the database says, or answers. */
static bool admit_found(struct exchange *exchange, const struct token *token, find_app *find,
                        struct app *app) {
    enum metrics_refusal kind = METRICS_REFUSAL_UNKNOWN_APP;
    struct fault fault;
    if (find_on_site(exchange, find, token->issuer, app, &fault) &&
        check_app(exchange, app, &kind, &fault))
        return check_token(exchange, token, app);
    fail(exchange, kind, &fault);
    return false;
}

/* Whether the app that is known, if there is one, may have sent the request. */
static bool presume(struct exchange *exchange, const struct token *token, const struct app *known,
                    struct app *app) {
    enum metrics_refusal kind;
    struct authentication authentication;
    struct fault ignored;
    if (exchange->anew || known == NULL || !check_app(exchange, known, &kind, &ignored) ||
        !verify(exchange, token, known, &authentication, &ignored))
        return false;
    *app = *known;
    exchange->site = app->site;
    return true;
}

/* The app `app_key` as this process knows it, or NULL. */
typedef const struct app *know_app(struct exchange *exchange, const char *app_key);

/* `know`: NULL where nothing is presumed. */
static const struct app *admit(struct exchange *exchange, find_app *find, know_app *know) {
    struct app *app = arena_alloc(exchange->request->arena, sizeof *app);
    struct token token;
    enum metrics_refusal kind;
    struct fault fault;
    if (!refusals_admit(exchange))
        return NULL;
    if (!read_token(exchange, &token, &kind, &fault)) {
        fail(exchange, kind, &fault);
        return NULL;
    }
    bool presumed = know != NULL && presume(exchange, &token, know(exchange, token.issuer), app);
    if (!presumed && !admit_found(exchange, &token, find, app))
        return NULL;
    /* what begins anew has been counted */
    if (!exchange->anew && !(check_rate(exchange, app) && check_use(exchange, &token)))
        return NULL;
    exchange->presumed = presumed;
    return app;
}

const void *app_access(struct exchange *exchange) {
    return admit(exchange, find_only, NULL);
}

const void *app_access_with_document(struct exchange *exchange) {
    return admit(exchange, find_with_document, NULL);
}

const void *app_access_for_registration(struct exchange *exchange) {
    return admit(exchange, find_for_registration, NULL);
}

const void *app_access_to_change(struct exchange *exchange) {
    return admit(exchange, find_and_keep, known_app);
}

const void *app_access_to_register(struct exchange *exchange) {
    return admit(exchange, find_for_registration, known_for_registration);
}

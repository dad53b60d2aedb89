/* The route table, and the checks that come before a resource is asked. */
#include "api/router.h"

#include <string.h>
#include <strings.h>

#include "api/caller.h"
#include "api/dynamic_modules.h"
#include "api/exchange.h"
#include "base/log.h"

enum body_kind { BODY_IGNORED, BODY_JSON };

struct method {
    const char *name;
    caller_find *find; /* loads what the handler needs of the app */
    enum body_kind body;
    void (*handle)(struct exchange *exchange);
};

struct route {
    const char *path; /* below the context path */
    const struct method *methods;
    const char *allow; /* all of them, for the Allow header */
};

static const struct method dynamic_modules_methods[] = {
    {"GET", caller_find_with_document, BODY_IGNORED, dynamic_modules_list},
    {"HEAD", caller_find_with_document, BODY_IGNORED, dynamic_modules_list},
    {"POST", caller_find_for_registration, BODY_JSON, dynamic_modules_register},
    {"DELETE", caller_find_only, BODY_IGNORED, dynamic_modules_remove},
    {NULL, NULL, BODY_IGNORED, NULL},
};

static const struct route routes[] = {
    {"/rest/atlassian-connect/1/app/module/dynamic", dynamic_modules_methods,
     "GET, HEAD, POST, DELETE, OPTIONS"},
};

/* Whether the decoded `path` ends with the segments of `route`. *depth becomes how many segments
 * stand before them. */
static bool path_ends_with(const struct uri_path *path, const char *route, size_t *depth) {
    size_t count = 0;
    for (const char *at = route; *at != '\0'; at++)
        count += *at == '/';
    size_t length = path->count;
    if (length > 1 && path->segments[length - 1][0] == '\0')
        length--; /* one trailing slash is no part of the path */
    if (length < count)
        return false;
    *depth = length - count;
    for (size_t i = *depth; i < length; i++) {
        size_t size = strcspn(++route, "/");
        if (strlen(path->segments[i]) != size || memcmp(path->segments[i], route, size) != 0)
            return false;
        route += size;
    }
    return true;
}

/* The first `depth` segments of the raw path. */
static const char *raw_prefix(struct arena *arena, const char *path, size_t depth) {
    const char *end = path;
    for (size_t i = 0; i < depth; i++)
        end += 1 + strcspn(end + 1, "/");
    return arena_copy(arena, path, (size_t)(end - path));
}

static const struct route *find_route(struct exchange *exchange) {
    struct arena *arena = exchange->request->arena;
    struct uri_path path;
    size_t depth;
    if (!uri_split_path(arena, exchange->target.path, &path))
        return NULL;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (path_ends_with(&path, routes[i].path, &depth)) {
            exchange->context_path = raw_prefix(arena, exchange->target.path, depth);
            return &routes[i];
        }
    return NULL;
}

static const struct method *find_method(const struct route *route, const char *name) {
    for (const struct method *method = route->methods; method->name != NULL; method++)
        if (strcmp(method->name, name) == 0)
            return method;
    return NULL;
}

/* A missing type is taken as JSON; parameters and the case of letters do not matter. */
static bool is_json_type(const char *content_type) {
    static const char json[] = "application/json";
    if (content_type == NULL)
        return true;
    size_t length = strcspn(content_type, "; \t");
    return length == sizeof json - 1 && strncasecmp(content_type, json, length) == 0;
}

static bool check_body(struct exchange *exchange) {
    if (!is_json_type(exchange->request->content_type)) {
        response_error(exchange->response, 415, "The Content-Type must be application/json.");
        return false;
    }
    switch (exchange->request->body_state) {
    case BODY_WHOLE:
        return true;
    case BODY_TOO_LARGE:
        response_error(exchange->response, 413,
                       arena_format(exchange->request->arena, "The body is larger than %ld bytes.",
                                    exchange->service->config->max_body_bytes));
        return false;
    case BODY_CUT_OFF:
        response_error(exchange->response, 400, "The body is shorter than its Content-Length.");
        return false;
    }
    return false;
}

static void answer_route(struct exchange *exchange, const struct route *route) {
    const char *name = exchange->request->method;
    const struct method *method = find_method(route, name);
    if (strcmp(name, "OPTIONS") == 0) {
        exchange->response->status = 204;
        response_header(exchange->response, "Allow", route->allow);
    } else if (method == NULL) {
        response_error(exchange->response, 405,
                       arena_format(exchange->request->arena,
                                    "This method is not supported; these are: %s.", route->allow));
        response_header(exchange->response, "Allow", route->allow);
    } else if (caller_authenticate(exchange, method->find) &&
               (method->body == BODY_IGNORED || check_body(exchange))) {
        method->handle(exchange);
    }
}

void router_answer(struct service *service, const struct request *request,
                   struct response *response) {
    struct exchange exchange = {.service = service, .request = request, .response = response};
    struct fault fault;
    log_set_request(request->id);
    if (!uri_split_target(request->arena, request->target, &exchange.target, &fault)) {
        exchange_fail(&exchange, &fault);
    } else {
        const struct route *route = find_route(&exchange);
        if (route == NULL)
            response_error(response, 404, "There is no such resource.");
        else if (!query_parse(request->arena, exchange.target.query, &exchange.query, &fault))
            exchange_fail(&exchange, &fault);
        else
            answer_route(&exchange, route);
    }
    log_set_request("");
}

void router_unavailable(struct service *service, const struct request *request,
                        struct response *response, const struct fault *fault) {
    struct exchange exchange = {.service = service, .request = request, .response = response};
    struct fault unavailable;
    fault_set(&unavailable, FAULT_UNAVAILABLE, "%s", fault->text);
    exchange_fail(&exchange, &unavailable);
}

/* Which resource answers a request, and the checks that are made first. */
#include "http/router.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"

enum { ALLOW_MAX = 200 }; /* bytes of an Allow header */

/* Whether `segment` is not empty before the literal end of `pattern`, "{}" with `size` bytes in
 * all; adds what precedes the end to the parameters, of which there are *count so far. */
static bool match_parameter(struct exchange *exchange, const char *segment, const char *pattern,
                            size_t size, size_t *count) {
    static const size_t braces = sizeof "{}" - 1;
    size_t end = size - braces;
    size_t length = strlen(segment);
    if (*count == LIMIT_ROUTE_PARAMETERS || length <= end ||
        memcmp(segment + length - end, pattern + braces, end) != 0)
        return false;
    exchange->parameters[(*count)++] = arena_copy(exchange->request->arena, segment, length - end);
    return true;
}

/* Whether the decoded `path` ends with the segments of `route`; sets *depth to the number of
 * segments before them, and the parameters of the exchange. */
static bool path_ends_with(const struct uri_path *path, const char *route,
                           struct exchange *exchange, size_t *depth) {
    size_t count = 0;
    for (const char *at = route; *at != '\0'; at++)
        count += *at == '/';
    size_t length = path->count;
    if (length > 1 && path->segments[length - 1][0] == '\0')
        length--; /* one trailing slash is not part of the path */
    if (length < count)
        return false;
    *depth = length - count;
    size_t parameters = 0;
    for (size_t i = *depth; i < length; i++) {
        size_t size = strcspn(++route, "/");
        const char *segment = path->segments[i];
        bool matches = route[0] == '{'
                           ? match_parameter(exchange, segment, route, size, &parameters)
                           : strlen(segment) == size && memcmp(segment, route, size) == 0;
        if (!matches)
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

static const struct route *find_route(const struct route *routes, struct exchange *exchange) {
    struct arena *arena = exchange->request->arena;
    struct uri_path path;
    size_t depth;
    if (!uri_split_path(arena, exchange->target.path, &path))
        return NULL;
    for (const struct route *route = routes; route->path != NULL; route++)
        if (path_ends_with(&path, route->path, exchange, &depth)) {
            exchange->context_path = raw_prefix(arena, exchange->target.path, depth);
            exchange->site = request_site(exchange->request, exchange->context_path);
            return route;
        }
    return NULL;
}

static const struct route_method *find_method(const struct route *route, const char *name) {
    if (strcmp(name, "HEAD") == 0)
        name = "GET";
    for (const struct route_method *method = route->methods; method->name != NULL; method++)
        if (strcmp(method->name, name) == 0)
            return method;
    return NULL;
}

/* The methods of the route, for an Allow header. */
static const char *allowed_methods(struct arena *arena, const struct route *route) {
    struct buffer allow;
    buffer_init(&allow, ALLOW_MAX);
    for (const struct route_method *method = route->methods; method->name != NULL; method++) {
        buffer_add_text(&allow, method->name);
        buffer_add_text(&allow, strcmp(method->name, "GET") == 0 ? ", HEAD, " : ", ");
    }
    buffer_add_text(&allow, "OPTIONS");
    return buffer_to_arena(&allow, arena);
}

/* A missing type counts as JSON; parameters are ignored, and types compare case-insensitively. */
static bool check_type(struct exchange *exchange, enum route_body body) {
    static const char json[] = "application/json", suffix[] = "+json";
    const char *type = exchange->request->content_type;
    if (type == NULL || body == ROUTE_BODY_ANY)
        return true;
    size_t length = strcspn(type, "; \t");
    if (length == sizeof json - 1 && strncasecmp(type, json, length) == 0)
        return true;
    if (body == ROUTE_BODY_JSON) {
        response_error(exchange->response, 415, "The Content-Type must be application/json.");
        return false;
    }
    size_t end = sizeof suffix - 1;
    if (length > end && strncasecmp(type + length - end, suffix, end) == 0)
        return true;
    response_error(exchange->response, 415,
                   "The Content-Type must be application/json or end in +json.");
    return false;
}

static bool check_body(struct exchange *exchange, enum route_body body) {
    if (!check_type(exchange, body))
        return false;
    switch (exchange->request->body_state) {
    case BODY_WHOLE:
        return true;
    case BODY_TOO_LARGE:
        response_error(exchange->response, 413,
                       arena_format(exchange->request->arena, "The body is larger than %ld bytes.",
                                    exchange->config->max_body_bytes));
        return false;
    case BODY_CUT_OFF:
        response_error(exchange->response, 400, "The body is shorter than its Content-Length.");
        return false;
    }
    return false;
}

static void call(const struct route_method *method, struct exchange *exchange) {
    const void *caller = NULL;
    if (method->admit != NULL && (caller = method->admit(exchange)) == NULL)
        return;
    if (method->body == ROUTE_BODY_IGNORED || check_body(exchange, method->body))
        method->handle(exchange, caller);
}

static void answer_route(const struct route *route, struct exchange *exchange) {
    struct arena *arena = exchange->request->arena;
    const char *name = exchange->request->method;
    const struct route_method *method = find_method(route, name);
    if (strcmp(name, "OPTIONS") == 0) {
        exchange->response->status = 204;
        response_header(exchange->response, "Allow", allowed_methods(arena, route));
        return;
    }
    if (method == NULL) {
        const char *allow = allowed_methods(arena, route);
        response_error(exchange->response, 405,
                       arena_format(arena, "This method is not supported. Use one of: %s.", allow));
        response_header(exchange->response, "Allow", allow);
        return;
    }
    const char *site = exchange->site;
    call(method, exchange);
    if (!exchange->presumed)
        return;
    log_write(LOG_LEVEL_DEBUG, "what the process knew of the caller was not enough");
    response_clear(exchange->response);
    exchange->site = site;
    exchange->caller.known = false;
    exchange->presumed = false;
    exchange->anew = true;
    call(method, exchange);
}

void router_answer(const struct route *routes, struct exchange *exchange) {
    const struct request *request = exchange->request;
    const struct route *route = NULL;
    struct fault fault;
    if (!uri_split_target(request->arena, request->target, &exchange->target, &fault))
        exchange_fail(exchange, &fault);
    else if ((route = find_route(routes, exchange)) == NULL)
        response_error(exchange->response, 404, ROUTER_NOT_FOUND_TEXT);
    else if (!query_parse(request->arena, exchange->target.query, &exchange->query, &fault))
        exchange_fail(exchange, &fault);
    else
        answer_route(route, exchange);
}

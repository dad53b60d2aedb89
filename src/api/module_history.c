/* The resources in which an app finds its past: what became of its modules, and former sets. */
#include "api/module_history.h"

#include <stdlib.h>
#include <string.h>

#include "host/app_access.h"
#include "host/module_past.h"
#include "host/service.h"

enum {
    DEFAULT_EVENTS = 100,
    MOST_DIGITS = 18, /* so that a 64-bit integer holds it */
};

static void answer(struct exchange *exchange, const char *json) {
    exchange->response->status = 200;
    response_body(exchange->response, RESPONSE_JSON, json);
    response_header(exchange->response, "Cache-Control", "no-store");
}

/* What a 404 says is for the client here. */
static void fail(struct exchange *exchange, const struct fault *fault) {
    if (fault->kind == FAULT_NOT_FOUND)
        exchange_fail(exchange, fault);
    else
        app_access_fail(exchange, fault);
}

/* ---- Parameters ---- */

/* The one parameter with this name in *found, NULL when there is none. */
static bool find_parameter(const struct query *query, const char *name,
                           const struct query_parameter **found, struct fault *fault) {
    *found = query_first(query, name);
    for (size_t i = 0; i < query->count; i++)
        if (query_is_named(&query->parameters[i], name) && &query->parameters[i] != *found)
            return fault_set(fault, FAULT_INPUT, "The parameter %s is there more than once.", name);
    return true;
}

static bool is_number(const struct query_parameter *parameter) {
    return parameter->value_length > 0 && parameter->value_length <= MOST_DIGITS &&
           strspn(parameter->value, "0123456789") == parameter->value_length;
}

/* Reads how many events are wanted. */
static bool read_limit(const struct query *query, const char **sent, size_t *limit,
                       struct fault *fault) {
    const struct query_parameter *parameter;
    *sent = NULL;
    *limit = DEFAULT_EVENTS;
    if (!find_parameter(query, "limit", &parameter, fault) || parameter == NULL)
        return parameter == NULL;
    *limit = is_number(parameter) ? strtoul(parameter->value, NULL, 10) : 0;
    *sent = parameter->value;
    return (*limit > 0 && *limit <= LIMIT_HISTORY_ANSWER) ||
           fault_set(fault, FAULT_INPUT, "The parameter limit must be a number from 1 to %d.",
                     LIMIT_HISTORY_ANSWER);
}

/* Reads before which event the others are wanted, NULL for the newest. */
static bool read_before(const struct query *query, const char **before, struct fault *fault) {
    const struct query_parameter *parameter;
    *before = NULL;
    if (!find_parameter(query, "before", &parameter, fault) || parameter == NULL)
        return parameter == NULL;
    *before = parameter->value;
    return is_number(parameter) ||
           fault_set(fault, FAULT_INPUT, "The parameter before must be the id of an event.");
}

static bool refuse_moment(struct fault *fault) {
    return fault_set(fault, FAULT_INPUT,
                     "The parameter time must be a moment as in 2026-01-31T12:00:00Z (RFC 3339), "
                     "with %%2B for a plus sign.");
}

static bool read_moment(const struct query *query, const char **moment, struct fault *fault) {
    const struct query_parameter *parameter;
    if (!find_parameter(query, "time", &parameter, fault))
        return false;
    *moment = parameter == NULL ? "" : parameter->value;
    return (parameter != NULL && module_past_is_moment(*moment, parameter->value_length)) ||
           refuse_moment(fault);
}

/* ---- Answers ---- */

/* The link has the parameters that mean something here, without the token, which is good for one
 * request only: the client signs the next one anew. */
static void add_link(struct exchange *exchange, const char *limit, const char *next) {
    const char *path = exchange->target.path;
    struct arena *arena = exchange->request->arena;
    response_header(exchange->response, "Link",
                    limit == NULL ? arena_format(arena, "<%s?before=%s>; rel=\"next\"", path, next)
                                  : arena_format(arena, "<%s?limit=%s&before=%s>; rel=\"next\"",
                                                 path, limit, next));
}

void module_history_events(struct exchange *exchange, const void *caller) {
    const struct service *service = exchange->service;
    const char *limit, *before;
    size_t most;
    struct past_events events;
    struct fault fault;
    if (!read_limit(&exchange->query, &limit, &most, &fault) ||
        !read_before(&exchange->query, &before, &fault) ||
        !module_past_events(service->database, exchange->request->arena, caller, before, most,
                            &events, &fault)) {
        fail(exchange, &fault);
        return;
    }
    answer(exchange, events.json);
    if (events.next != NULL)
        add_link(exchange, limit, events.next);
}

void module_history_set(struct exchange *exchange, const void *caller) {
    const struct service *service = exchange->service;
    const char *moment, *document;
    struct fault fault;
    bool readable = read_moment(&exchange->query, &moment, &fault);
    if (readable && module_past_document(service->database, exchange->request->arena,
                                         service->types, caller, moment, &document, &fault)) {
        answer(exchange, document);
        return;
    }
    if (readable && fault.kind == FAULT_INPUT) /* of a time that PostgreSQL does not know */
        refuse_moment(&fault);
    fail(exchange, &fault);
}

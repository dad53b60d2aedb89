/* The resource for an app's dynamic modules: list, register, remove. */
#include "api/dynamic_modules.h"

#include <string.h>

#include "base/log.h"
#include "connect/module_check.h"
#include "host/app_access.h"
#include "host/registration.h"
#include "host/service.h"
#include "store/store_modules.h"
#include "json/json.h"

/* Whether the If-None-Match list `wanted` contains `tag` or "*", by weak comparison (RFC 9110,
 * 8.8.3.2). */
static bool tag_matches(const char *wanted, const char *tag) {
    while (*(wanted += strspn(wanted, " \t,")) != '\0') {
        if (*wanted == '*')
            return true;
        if (strncmp(wanted, "W/", 2) == 0)
            wanted += 2;
        size_t length = strcspn(wanted, " \t,");
        if (length == strlen(tag) && memcmp(wanted, tag, length) == 0)
            return true;
        wanted += length;
    }
    return false;
}

void dynamic_modules_list(struct exchange *exchange, const void *app) {
    const struct caller *caller = app;
    struct response *response = exchange->response;
    const char *tag =
        arena_format(exchange->request->arena, "\"%s-%s\"", caller->app_id, caller->revision);
    response_header(response, "ETag", tag);
    response_header(response, "Cache-Control", "private, no-cache");
    if (exchange->request->if_none_match != NULL &&
        tag_matches(exchange->request->if_none_match, tag)) {
        response->status = 304;
        return;
    }
    response->status = 200;
    response_body(response, RESPONSE_JSON, caller->document);
}

static bool parse_body(struct exchange *exchange, struct json_object **sent, struct fault *fault) {
    const struct request *request = exchange->request;
    if (request->body_length == 0) {
        /* Apache's LimitRequestBody with mod_fcgid passes an empty body on. */
        log_write(LOG_LEVEL_INFO, "a POST without a body; a size limit of the web server may have "
                                  "removed it");
        return fault_set(fault, FAULT_INPUT, "The body is empty.");
    }
    return json_parse(request->arena, request->body, request->body_length, sent, fault) ||
           fault_set(fault, FAULT_INPUT, "The body cannot be parsed as JSON: %s.", fault->text);
}

static bool register_modules(struct exchange *exchange, const struct caller *caller,
                             struct module_list *list, struct problem_list *problems,
                             struct fault *fault) {
    const struct service *service = exchange->service;
    struct json_object *sent;
    if (!parse_body(exchange, &sent, fault) ||
        !registration_check(exchange->request->arena, service->types, caller, sent, list, problems,
                            fault))
        return false;
    return problems->errors > 0 ||
           registration_store(service->database, caller, list, problems, fault);
}

static void log_warnings(const struct caller *caller, const struct problem_list *problems) {
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_WARNING)
            log_write(LOG_LEVEL_INFO, "a module of %s: %s", caller->app_key,
                      problem_describe(problems->arena, &problems->items[i]));
}

void dynamic_modules_register(struct exchange *exchange, const void *app) {
    const struct caller *caller = app;
    struct problem_list *problems = problem_list_new(exchange->request->arena);
    struct module_list list;
    struct fault fault;
    if (!register_modules(exchange, caller, &list, problems, &fault)) {
        app_access_fail(exchange, &fault);
        return;
    }
    log_warnings(caller, problems);
    if (problems->errors > 0) {
        log_write(LOG_LEVEL_INFO, "400: %s registered nothing, %zu problems", caller->app_key,
                  problems->errors);
        response_error(exchange->response, 400, registration_message(problems));
    } else {
        log_write(LOG_LEVEL_INFO, "%s registered %zu modules", caller->app_key, list.count);
        exchange->response->status = 200;
    }
}

/* Adds the keys in one parameter, which may be several separated by commas, to the JSON array
 * `keys`. Leaves out what is not a valid key, because no module can have it. */
static void add_keys(struct json_object *keys, struct arena *arena,
                     const struct query_parameter *parameter) {
    const char *value = parameter->value;
    while (*value != '\0') {
        size_t length = strcspn(value, ",");
        const char *key = arena_copy(arena, value, length);
        if (module_key_is_valid(key))
            json_object_array_add(keys, json_object_new_string(key));
        value += length + (value[length] == ',');
    }
}

/* Reads what is to be removed from the query: *keys is a JSON array, or NULL for all modules. */
static bool read_keys(struct exchange *exchange, const char **keys, struct fault *fault) {
    const struct query *query = &exchange->query;
    struct arena *arena = exchange->request->arena;
    struct json_object *array = json_keep(arena, json_object_new_array());
    size_t named = 0, others = query->dropped;
    for (size_t i = 0; i < query->count; i++) {
        const struct query_parameter *parameter = &query->parameters[i];
        if (query_is_named(parameter, "moduleKey")) {
            add_keys(array, arena, parameter);
            named++;
        } else if (!query_is_named(parameter, "jwt")) {
            others++;
        }
    }
    *keys = named > 0 ? json_text(array) : NULL;
    /* A typo must not wipe the app. */
    return named > 0 || others == 0 ||
           fault_set(fault, FAULT_INPUT,
                     "The query has parameters but no moduleKey; nothing was removed. Name modules "
                     "as in moduleKey=a&moduleKey=b, or omit the query to remove all of them.");
}

static bool remove_modules(struct exchange *exchange, const struct caller *caller, long *removed,
                           struct fault *fault) {
    const struct service *service = exchange->service;
    const char *keys;
    if (!read_keys(exchange, &keys, fault))
        return false;
    if (store_remove_modules(service->database, caller->app_id, keys, removed, fault))
        return true;
    return strcmp(database_sqlstate(service->database), STORE_APP_NOT_ENABLED) == 0
               ? fault_set(fault, FAULT_REFUSED, "the app was disabled in the meantime")
               : false;
}

void dynamic_modules_remove(struct exchange *exchange, const void *app) {
    const struct caller *caller = app;
    long removed;
    struct fault fault;
    if (!remove_modules(exchange, caller, &removed, &fault)) {
        app_access_fail(exchange, &fault);
        return;
    }
    log_write(LOG_LEVEL_INFO, "%s removed %ld modules", caller->app_key, removed);
    exchange->response->status = 204;
}

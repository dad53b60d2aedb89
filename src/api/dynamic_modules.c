/* The resource for an app's dynamic modules: list, register, replace, remove. */
#include "api/dynamic_modules.h"

#include <string.h>

#include "api/change.h"
#include "api/change_note.h"
#include "api/module_keys.h"
#include "api/problem_details.h"
#include "base/log.h"
#include "host/module_set.h"
#include "host/registration.h"
#include "host/service.h"
#include "http/etag.h"
#include "json/json.h"

void dynamic_modules_list(struct exchange *exchange, const void *caller) {
    const struct app *app = caller;
    struct arena *arena = exchange->request->arena;
    struct response *response = exchange->response;
    struct app_texts keys;
    const char *tag = arena_format(arena, "\"%s\"", app->revision);
    response_header(response, "ETag", tag);
    response_header(response, "Cache-Control", "private, no-cache");
    if (app->document == NULL || etag_matches(exchange->request->if_none_match, tag)) {
        response->status = 304;
        return;
    }
    response->status = 200;
    response_body(response, RESPONSE_JSON,
                  module_keys_read(arena, &exchange->query, &keys)
                      ? module_keys_filter(arena, app->document, &keys)
                      : app->document);
}

static bool parse_body(struct exchange *exchange, struct json_object **sent, struct fault *fault) {
    if (exchange->request->body_length == 0) {
        /* Apache's LimitRequestBody with mod_fcgid passes an empty body on. */
        return fault_set(fault, FAULT_INPUT,
                         "The body is empty; a size limit of the web server may have removed it.");
    }
    return exchange_parse_body(exchange, sent, fault);
}

static void log_warnings(const struct app *app, const struct problem_list *problems) {
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_WARNING)
            log_write(LOG_LEVEL_INFO, "a module of %s: %s", app->key,
                      problem_describe(problems->arena, &problems->items[i]));
}

/* The one answer to modules with problems. */
static void refuse(struct change *change, const struct problem_list *problems) {
    if (!change_meets_terms(change))
        return;
    problem_details_answer(change->exchange->response, problems);
    change_note_problems(change->exchange, problems);
}

static struct json_object *keys_json(const struct app_texts *keys) {
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < keys->count; i++)
        json_object_array_add(list, json_object_new_string(keys->list[i]));
    return list;
}

static struct json_object *warnings_json(const struct problem_list *problems) {
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < problems->count; i++) {
        if (problems->items[i].severity != PROBLEM_WARNING)
            continue;
        struct json_object *warning = json_object_new_object();
        json_set_text(warning, "pointer", problems->items[i].pointer);
        json_set_text(warning, "rule", problems->items[i].rule);
        json_set_text(warning, "text", problems->items[i].text);
        json_object_array_add(list, warning);
    }
    return list;
}

/* What the answer of a POST that was a dry run has. */
static struct json_object *added_json(struct arena *arena, const struct module_list *list,
                                      const struct problem_list *problems) {
    struct json_object *body = json_keep(arena, json_object_new_object());
    struct json_object *keys = json_object_new_array();
    for (size_t i = 0; i < list->count; i++)
        json_object_array_add(keys, json_object_new_string(list->items[i].key));
    json_object_object_add(body, "added", keys);
    json_object_object_add(body, "warnings", warnings_json(problems));
    return body;
}

static struct json_object *replaced_json(const struct change *change,
                                         const struct problem_list *problems) {
    struct arena *arena = change->exchange->request->arena;
    struct json_object *body = json_keep(arena, json_object_new_object());
    json_object_object_add(body, "added", keys_json(&change->done.added));
    json_object_object_add(body, "updated", keys_json(&change->done.updated));
    json_object_object_add(body, "removed", keys_json(&change->done.removed));
    json_object_object_add(body, "unchanged", keys_json(&change->done.unchanged));
    if (change->terms.dry_run)
        json_object_object_add(body, "warnings", warnings_json(problems));
    return body;
}

/* What makes POST and PUT differ. */
struct way {
    enum change_kind kind;
    bool (*check)(struct arena *arena, const struct module_types *types, const struct app *app,
                  struct json_object *sent, struct module_list *list, struct problem_list *problems,
                  struct fault *fault);
    bool (*store)(const struct host *host, const struct app *app, const struct module_list *list,
                  const struct store_terms *terms, struct problem_list *problems,
                  struct store_change *change, struct fault *fault);
};

static void answer(struct change *change, const struct module_list *list,
                   const struct problem_list *problems) {
    struct exchange *exchange = change->exchange;
    struct json_object *body = NULL;
    if (!change->terms.dry_run)
        log_warnings(change->app, problems);
    if (change->kind == CHANGE_REPLACES)
        body = replaced_json(change, problems);
    else if (change->terms.dry_run)
        body = added_json(exchange->request->arena, list, problems);
    change_answer_done(change, body);
    if (change->kind == CHANGE_REPLACES)
        change_note_replaced(exchange, &change->done);
    else
        change_note_added(exchange, list);
}

static void make_change(struct change *change, const struct way *way) {
    struct exchange *exchange = change->exchange;
    const struct service *service = exchange->service;
    const struct host host = service_host(exchange);
    struct problem_list *problems = registration_problems(host.arena, host.config);
    struct json_object *sent;
    struct module_list list;
    struct fault fault;
    bool ok = parse_body(exchange, &sent, &fault) &&
              way->check(host.arena, service->types, change->app, sent, &list, problems, &fault);
    /* Nothing is refused by what is presumed, which lacks the app's other modules; and nothing that
     * is not stored is confirmed. */
    if (exchange->presumed && (!ok || problems->count > 0 || list.count == 0))
        return;
    if (ok && problems->errors == 0)
        ok = way->store(&host, change->app, &list, &change->terms, problems, &change->done, &fault);
    if (!change_confirm(change, problems->errors > 0))
        return;
    if (!ok)
        change_fail(change, &fault);
    else if (problems->errors > 0)
        refuse(change, problems);
    else if (change->done.unexpected)
        change_answer_unexpected(change);
    else
        answer(change, &list, problems);
}

static void change_modules(struct exchange *exchange, const struct app *app,
                           const struct way *way) {
    struct change change;
    if (change_begin(&change, way->kind, exchange, app))
        make_change(&change, way);
    change_end(&change);
}

void dynamic_modules_register(struct exchange *exchange, const void *caller) {
    static const struct way way = {CHANGE_ADDS, registration_check, module_set_add};
    change_modules(exchange, caller, &way);
}

void dynamic_modules_replace(struct exchange *exchange, const void *caller) {
    static const struct way way = {CHANGE_REPLACES, registration_check_replacement,
                                   module_set_replace};
    struct app_texts keys;
    /* Who wants to replace one module must not lose all others. */
    if (module_keys_read(exchange->request->arena, &exchange->query, &keys))
        response_error(exchange->response, 400,
                       "PUT replaces all dynamic modules of the app, whatever moduleKey says; "
                       "nothing was changed. Omit the query.");
    else
        change_modules(exchange, caller, &way);
}

/* Whether the query has anything besides the token. */
static bool has_parameters(const struct query *query) {
    for (size_t i = 0; i < query->count; i++)
        if (!query_is_named(&query->parameters[i], "jwt"))
            return true;
    return query->dropped > 0;
}

/* Reads what is to be removed from the query: *all, or the modules with these keys. */
static bool read_keys(struct exchange *exchange, struct app_texts *keys, bool *all,
                      struct fault *fault) {
    const struct query *query = &exchange->query;
    *all = !module_keys_read(exchange->request->arena, query, keys);
    /* A typo must not wipe the app. */
    return !*all || !has_parameters(query) ||
           fault_set(fault, FAULT_INPUT,
                     "The query has parameters but no moduleKey; nothing was removed. Name modules "
                     "as in moduleKey=a&moduleKey=b, or omit the query to remove all of them.");
}

static void remove_modules(struct change *change) {
    struct exchange *exchange = change->exchange;
    const struct host host = service_host(exchange);
    struct app_texts keys;
    struct fault fault;
    bool all;
    bool ok = read_keys(exchange, &keys, &all, &fault);
    if (exchange->presumed && !ok)
        return; /* as in make_change() */
    ok = ok && module_set_remove(&host, change->app, all ? NULL : &keys, &change->terms,
                                 &change->done, &fault);
    if (!change_confirm(change, false))
        return;
    if (!ok) {
        change_fail(change, &fault);
    } else if (change->done.unexpected) {
        change_answer_unexpected(change);
    } else {
        change_answer_done(change, NULL);
        change_note_removed(exchange, change->done.count, all ? NULL : &keys);
    }
}

void dynamic_modules_remove(struct exchange *exchange, const void *caller) {
    struct change change;
    if (change_begin(&change, CHANGE_REMOVES, exchange, caller))
        remove_modules(&change);
    change_end(&change);
}

/* The resource for an app's dynamic modules: list, register, remove. */
#include "api/dynamic_modules.h"

#include <string.h>

#include "api/module_keys.h"
#include "api/problem_details.h"
#include "base/log.h"
#include "host/app_access.h"
#include "host/registration.h"
#include "host/service.h"
#include "http/etag.h"

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

static bool register_modules(struct exchange *exchange, const struct app *app,
                             struct module_list *list, struct problem_list *problems,
                             struct fault *fault) {
    const struct service *service = exchange->service;
    struct json_object *sent;
    if (!parse_body(exchange, &sent, fault) ||
        !registration_check(exchange->request->arena, service->types, app, sent, list, problems,
                            fault))
        return false;
    return problems->errors > 0 ||
           registration_store(service->database, exchange->site, app, list, problems, fault);
}

static void log_warnings(const struct app *app, const struct problem_list *problems) {
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_WARNING)
            log_write(LOG_LEVEL_INFO, "a module of %s: %s", app->key,
                      problem_describe(problems->arena, &problems->items[i]));
}

/* The first items of a list, for the note of a response. */
struct note {
    struct buffer text;
    size_t items;
};

static void begin_note(struct note *note, const char *text) {
    *note = (struct note){0};
    buffer_init(&note->text, LIMIT_LOG_LINE);
    buffer_add_text(&note->text, text);
}

/* Adds an item unless there are `most` already. */
static void add_item(struct note *note, size_t most, const char *item) {
    static const char *const separators[] = {": ", "; "};
    if (note->items++ >= most)
        return;
    buffer_add_text(&note->text, separators[note->items > 1]);
    buffer_add_escaped(&note->text, item, strlen(item), LIMIT_ECHO);
}

static void end_note(struct note *note, size_t most, struct exchange *exchange) {
    if (note->items > most)
        buffer_add_format(&note->text, "; and %zu more", note->items - most);
    exchange->response->note = buffer_to_arena(&note->text, exchange->request->arena);
}

static const char *count_text(struct arena *arena, const char *verb, size_t count,
                              const char *noun) {
    return arena_format(arena, "%s %zu %s%s", verb, count, noun, count == 1 ? "" : "s");
}

static void note_registered(struct exchange *exchange, const struct module_list *list) {
    struct note note;
    if (!log_shows(LOG_LEVEL_INFO))
        return;
    begin_note(&note, count_text(exchange->request->arena, "registered", list->count, "module"));
    for (size_t i = 0; i < list->count; i++)
        add_item(&note, LIMIT_LOG_ITEMS, list->items[i].key);
    end_note(&note, LIMIT_LOG_ITEMS, exchange);
}

static void note_problems(struct exchange *exchange, const struct problem_list *problems) {
    struct arena *arena = exchange->request->arena;
    struct note note;
    if (!log_shows(LOG_LEVEL_WARNING))
        return;
    begin_note(&note, count_text(arena, "registered nothing for", problems->errors, "reason"));
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_ERROR)
            add_item(&note, LIMIT_LOG_PROBLEMS, problem_describe(arena, &problems->items[i]));
    note.items += problems->more;
    end_note(&note, LIMIT_LOG_PROBLEMS, exchange);
}

/* `keys` are those that were to be removed, NULL for all. */
static void note_removed(struct exchange *exchange, size_t removed, const struct app_texts *keys) {
    struct note note;
    if (!log_shows(LOG_LEVEL_INFO))
        return;
    begin_note(&note, count_text(exchange->request->arena, "removed", removed, "module"));
    if (keys == NULL)
        add_item(&note, 1, "all");
    for (size_t i = 0; keys != NULL && i < keys->count; i++)
        add_item(&note, LIMIT_LOG_ITEMS, keys->list[i]);
    end_note(&note, LIMIT_LOG_ITEMS, exchange);
}

void dynamic_modules_register(struct exchange *exchange, const void *caller) {
    const struct app *app = caller;
    struct problem_list *problems =
        registration_problems(exchange->request->arena, exchange->config);
    struct module_list list;
    struct fault fault;
    if (!register_modules(exchange, app, &list, problems, &fault)) {
        app_access_fail(exchange, &fault);
        return;
    }
    log_warnings(app, problems);
    if (problems->errors > 0) {
        problem_details_answer(exchange->response, problems);
        note_problems(exchange, problems);
    } else {
        exchange->response->status = 200;
        note_registered(exchange, &list);
    }
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

void dynamic_modules_remove(struct exchange *exchange, const void *caller) {
    const struct app *app = caller;
    const struct request *request = exchange->request;
    const struct service *service = exchange->service;
    struct app_texts keys;
    struct fault fault;
    bool all;
    long removed;
    if (!read_keys(exchange, &keys, &all, &fault) ||
        !registration_remove(service->database, request->arena, exchange->site, app,
                             all ? NULL : &keys, &removed, &fault)) {
        app_access_fail(exchange, &fault);
        return;
    }
    exchange->response->status = 204;
    note_removed(exchange, (size_t)removed, all ? NULL : &keys);
}

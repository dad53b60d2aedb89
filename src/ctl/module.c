/* dynmodctl module: the modules of apps. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "ctl/handlers.h"
#include "ctl/listing.h"
#include "ctl/module_change.h"
#include "ctl/moment.h"
#include "ctl/output.h"
#include "host/module_set.h"
#include "host/registration.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_past.h"

/* The app comes first so that it can be left out. */
static const struct output_column columns[] = {
    {"APP", "app"},
    {"TYPE", "type"},
    {"KEY", "key"},
    {"ORIGIN", "origin"},
    {"REGISTERED", "registeredAt"},
    {NULL, NULL},
};

static const struct output_column past_columns[] = {
    {"TYPE", "type"},
    {"KEY", "key"},
    {NULL, NULL},
};

/* The modules of the past as rows of output; definitions that the history has dropped are null. */
static bool past_rows(struct invocation *invocation, const char *app_key, const char *moment,
                      struct json_object **rows, struct fault *fault) {
    struct arena *arena = invocation->arena;
    struct store_past_module *past;
    size_t count;
    if (!store_list_past_modules(invocation->database, arena, invocation_site(invocation), app_key,
                                 moment, STORE_PAST_OPERATOR, &past, &count, fault))
        return false;
    *rows = json_keep(arena, json_object_new_array());
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_new_object(), *definition = NULL;
        json_object_array_add(*rows, row);
        json_set_text(row, "app", app_key);
        json_set_text(row, "type", past[i].type);
        json_set_text(row, "key", past[i].key);
        json_set_text(row, "origin", "dynamic");
        json_set_text(row, "at", moment);
        if (past[i].definition != NULL &&
            !json_parse_stored(arena, past[i].definition, &definition, fault))
            return false;
        json_object_object_add(row, "definition", json_object_get(definition));
    }
    return true;
}

static bool list_past(struct invocation *invocation, struct fault *fault) {
    struct json_object *modules;
    const char *app_key = invocation->values[OPTION_APP], *moment;
    if (app_key == NULL)
        return invocation_misuse(invocation, fault, "--at requires --app");
    if (!moment_read(invocation, &moment, fault) ||
        !past_rows(invocation, app_key, moment, &modules, fault))
        return false;
    if (!invocation_has(invocation, OPTION_JSON))
        printf("the dynamic modules of %s at %s:\n", app_key, moment);
    output_list(invocation, modules, past_columns);
    return true;
}

bool run_module_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *modules;
    const char *app_key = invocation->values[OPTION_APP];
    if (invocation_has(invocation, OPTION_AT))
        return list_past(invocation, fault);
    if (!store_list_modules(invocation->database, invocation->arena, invocation_site(invocation),
                            app_key, &modules, fault))
        return false;
    output_list(invocation, modules, app_key == NULL ? columns : columns + 1);
    return true;
}

/* The database changes modules of enabled apps only. */
static bool check_app(const struct app *app, struct fault *fault) {
    return strcmp(app->state, "enabled") == 0 ||
           fault_set(fault, FAULT_REFUSED,
                     "the app \"%s\" is %s; only the modules of an enabled app can be changed",
                     app->key, app->state);
}

static bool find_for_change(struct invocation *invocation, struct app *app,
                            struct module_types **types, struct fault *fault) {
    return module_change_find_app(invocation, app, types, fault) && check_app(app, fault);
}

static bool refuse(struct invocation *invocation, const struct problem_list *problems,
                   const char *what, struct fault *fault) {
    invocation->problems = problems;
    fprintf(stderr, "%s\n", registration_message(problems));
    return fault_set(fault, FAULT_INPUT, "nothing was %s", what);
}

/* Registers what FILE has for the app, or with `replaces` makes it all that the app has. */
static bool change_by_file(struct invocation *invocation, bool replaces, struct app *app,
                           struct store_change *change, struct fault *fault) {
    const struct store_terms terms = module_change_terms(invocation);
    const struct host host = invocation_host(invocation);
    struct problem_list *problems = registration_problems(invocation->arena, &invocation->config);
    struct module_list list = {0};
    struct module_types *types;
    struct json_object *sent;
    if (!invocation_read_json(invocation, invocation->arguments[0], &sent, fault) ||
        !find_for_change(invocation, app, &types, fault))
        return false;
    sent = listing_to_maps(invocation->arena, types, app->key, sent);
    if (!(replaces ? registration_check_replacement : registration_check)(
            invocation->arena, types, app, sent, &list, problems, fault))
        return false;
    if (problems->errors == 0 && !(replaces ? module_set_replace : module_set_add)(
                                     &host, app, &list, &terms, problems, change, fault))
        return false;
    if (problems->errors > 0)
        return refuse(invocation, problems, replaces ? "replaced" : "registered", fault);
    output_problems(problems, stderr); /* warnings */
    return true;
}

bool run_module_register(struct invocation *invocation, struct fault *fault) {
    struct store_change change;
    struct app app;
    if (!change_by_file(invocation, false, &app, &change, fault))
        return false;
    struct json_object *answer = module_change_answer(invocation, &app);
    json_object_object_add(answer, "registered", json_object_new_int64((int64_t)change.count));
    output_done(invocation, answer, "%s %zu module%s for %s",
                invocation_has(invocation, OPTION_DRY_RUN) ? "would register" : "registered",
                change.count, change.count == 1 ? "" : "s", app.key);
    return true;
}

bool run_module_replace(struct invocation *invocation, struct fault *fault) {
    struct store_change change;
    struct app app;
    if (!change_by_file(invocation, true, &app, &change, fault))
        return false;
    module_change_print(
        invocation, module_change_answer(invocation, &app), &change,
        arena_format(invocation->arena, "%s the dynamic modules of %s",
                     invocation_has(invocation, OPTION_DRY_RUN) ? "would replace" : "replaced",
                     app.key));
    return true;
}

/* Why the app has no dynamic module with this key to remove; NULL if it has one. */
static const char *why_not_removed(const struct app *app, const char *key) {
    for (size_t i = 0; i < app->module_count; i++)
        if (app->modules[i].key != NULL && strcmp(app->modules[i].key, key) == 0)
            return app->modules[i].dynamic
                       ? NULL
                       : "a module of the descriptor, which only an upgrade removes";
    return "no such module";
}

/* The keys that stay, with the reason; `none` becomes whether nothing can be removed. */
static struct json_object *find_not_removed(const struct invocation *invocation,
                                            const struct app *app, bool *none) {
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *reason = why_not_removed(app, invocation->arguments[i]);
        if (reason == NULL)
            continue;
        struct json_object *entry = json_object_new_object();
        json_set_text(entry, "key", invocation->arguments[i]);
        json_set_text(entry, "reason", reason);
        json_object_array_add(list, entry);
    }
    *none = json_object_array_length(list) == invocation->argument_count;
    return list;
}

static bool refuse_removal(const struct invocation *invocation, struct json_object *not_removed,
                           struct fault *fault) {
    struct buffer reasons;
    buffer_init(&reasons, LIMIT_FAULT_TEXT);
    for (size_t i = 0; i < json_object_array_length(not_removed); i++) {
        struct json_object *entry = json_object_array_get_idx(not_removed, i);
        buffer_add_text(&reasons, i == 0 ? "" : "; ");
        buffer_add_text(&reasons, json_member_text(entry, "key"));
        buffer_add_text(&reasons, ": ");
        buffer_add_text(&reasons, json_member_text(entry, "reason"));
    }
    return fault_set(fault, FAULT_NOT_FOUND, "nothing was removed: %s",
                     buffer_to_arena(&reasons, invocation->arena));
}

/* The answer, with a warning for each key that stays. */
static bool print_removed(const struct invocation *invocation, const struct app *app,
                          size_t removed, struct json_object *not_removed) {
    struct json_object *answer = module_change_answer(invocation, app);
    for (size_t i = 0; i < json_object_array_length(not_removed); i++) {
        struct json_object *entry = json_object_array_get_idx(not_removed, i);
        invocation_warn("%s: %s", json_member_text(entry, "key"),
                        json_member_text(entry, "reason"));
    }
    json_object_object_add(answer, "removed", json_object_new_int64((int64_t)removed));
    json_object_object_add(answer, "notRemoved", json_object_get(not_removed));
    output_done(invocation, answer, "%s %zu module%s from %s",
                invocation_has(invocation, OPTION_DRY_RUN) ? "would remove" : "removed", removed,
                removed == 1 ? "" : "s", app->key);
    return true;
}

bool run_module_remove(struct invocation *invocation, struct fault *fault) {
    bool all = invocation_has(invocation, OPTION_ALL), none;
    if (all == (invocation->argument_count > 0))
        return invocation_misuse(invocation, fault,
                                 "\"module remove\" requires either module keys or --all");
    const struct app_texts keys = {invocation->arguments, invocation->argument_count};
    struct app app;
    const struct store_terms terms = module_change_terms(invocation);
    const struct host host = invocation_host(invocation);
    struct module_types *types;
    struct store_change change;
    if (!find_for_change(invocation, &app, &types, fault))
        return false;
    struct json_object *not_removed =
        json_keep(invocation->arena, find_not_removed(invocation, &app, &none));
    if (!all && none)
        return refuse_removal(invocation, not_removed, fault);
    return module_set_remove(&host, &app, all ? NULL : &keys, &terms, &change, fault) &&
           print_removed(invocation, &app, change.count, not_removed);
}

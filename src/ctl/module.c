/* dynmodctl module: the modules of apps. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "ctl/handlers.h"
#include "ctl/listing.h"
#include "ctl/output.h"
#include "host/module_set.h"
#include "host/registration.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_find.h"
#include "store/store_missing.h"

/* The app comes first so that it can be left out. */
static const struct output_column columns[] = {
    {"APP", "app"},
    {"TYPE", "type"},
    {"KEY", "key"},
    {"ORIGIN", "origin"},
    {"REGISTERED", "registeredAt"},
    {NULL, NULL},
};

bool run_module_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *modules;
    const char *app_key = invocation->values[OPTION_APP];
    if (!store_list_modules(invocation->database, invocation->arena, invocation_site(invocation),
                            app_key, &modules, fault))
        return false;
    output_list(invocation, modules, app_key == NULL ? columns : columns + 1);
    return true;
}

/* The database changes modules of enabled apps only. */
static bool check_app(const struct invocation *invocation, const struct app *app,
                      struct fault *fault) {
    if (app->state == NULL)
        return store_missing_app(invocation_site(invocation), app->key, fault);
    if (strcmp(app->state, "enabled") != 0)
        return fault_set(fault, FAULT_REFUSED,
                         "the app \"%s\" is %s; only the modules of an enabled app can be changed",
                         app->key, app->state);
    return true;
}

static bool find_for_change(struct invocation *invocation, struct app *app,
                            struct module_types **types, struct fault *fault) {
    struct store_types stored;
    return store_find_app_for_registration(
               invocation->database, invocation->arena, invocation_site(invocation),
               invocation->values[OPTION_APP], 0, app, &stored, fault) &&
           check_app(invocation, app, fault) &&
           module_types_read_into(invocation->arena, stored.json, types, fault);
}

static bool refuse(const struct problem_list *problems, struct fault *fault) {
    fprintf(stderr, "%s\n", registration_message(problems));
    return fault_set(fault, FAULT_INPUT, "nothing was registered");
}

bool run_module_register(struct invocation *invocation, struct fault *fault) {
    static const struct store_terms terms = {0};
    const struct host host = invocation_host(invocation);
    struct problem_list *problems = registration_problems(invocation->arena, &invocation->config);
    struct store_change change;
    struct module_list list;
    struct app app;
    struct module_types *types;
    struct json_object *sent;
    if (!invocation_read_json(invocation, invocation->arguments[0], &sent, fault) ||
        !find_for_change(invocation, &app, &types, fault) ||
        !registration_check(invocation->arena, types, &app,
                            listing_to_maps(invocation->arena, types, app.key, sent), &list,
                            problems, fault))
        return false;
    if (problems->errors == 0 &&
        !module_set_add(&host, &app, &list, &terms, problems, &change, fault))
        return false;
    invocation->problems = problems->errors > 0 ? problems : NULL;
    if (problems->errors > 0)
        return refuse(problems, fault);
    output_problems(problems, stderr); /* warnings */
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, "app", app.key);
    json_object_object_add(answer, "registered", json_object_new_int64((int64_t)list.count));
    output_done(invocation, answer, "registered %zu module%s for %s", list.count,
                list.count == 1 ? "" : "s", app.key);
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
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    for (size_t i = 0; i < json_object_array_length(not_removed); i++) {
        struct json_object *entry = json_object_array_get_idx(not_removed, i);
        invocation_warn("%s: %s", json_member_text(entry, "key"),
                        json_member_text(entry, "reason"));
    }
    json_set_text(answer, "app", app->key);
    json_object_object_add(answer, "removed", json_object_new_int64((int64_t)removed));
    json_object_object_add(answer, "notRemoved", json_object_get(not_removed));
    output_done(invocation, answer, "removed %zu module%s from %s", removed,
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
    static const struct store_terms terms = {0};
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

/* dynmodctl module: the modules of one app. */
#include <stdio.h>
#include <string.h>

#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/registration.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_find.h"
#include "store/store_missing.h"

static const struct output_column columns[] = {
    {"TYPE", "type"}, {"KEY", "key"}, {"ORIGIN", "origin"}, {"REGISTERED", "registeredAt"},
    {NULL, NULL},
};

bool run_module_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *modules;
    if (!store_list_modules(invocation->database, invocation->arena, invocation_site(invocation),
                            invocation->values[OPTION_APP], &modules, fault))
        return false;
    output_list(invocation, modules, columns);
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

static bool find_for_registration(struct invocation *invocation, struct app *app,
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
    struct problem_list *problems = registration_problems(invocation->arena, &invocation->config);
    struct module_list list;
    struct app app;
    struct module_types *types;
    struct json_object *sent;
    if (!invocation_read_json(invocation, invocation->arguments[0], &sent, fault) ||
        !find_for_registration(invocation, &app, &types, fault) ||
        !registration_check(invocation->arena, types, &app, sent, &list, problems, fault))
        return false;
    if (problems->errors == 0 &&
        !registration_store(invocation->database, invocation_site(invocation), &app, &list,
                            problems, fault))
        return false;
    if (problems->errors > 0)
        return refuse(problems, fault);
    output_problems(problems, stderr); /* warnings */
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "key", json_object_new_string(app.key));
    json_object_object_add(answer, "registered", json_object_new_int64((int64_t)list.count));
    output_done(invocation, answer, "registered %zu module%s for %s", list.count,
                list.count == 1 ? "" : "s", app.key);
    return true;
}

bool run_module_remove(struct invocation *invocation, struct fault *fault) {
    if (invocation_has(invocation, OPTION_ALL) == (invocation->argument_count > 0))
        return invocation_misuse(invocation, fault,
                                 "\"module remove\" requires either module keys or --all");
    const struct app_texts keys = {invocation->arguments, invocation->argument_count};
    const char *site = invocation_site(invocation);
    struct app app;
    long removed;
    if (!store_find_app(invocation->database, invocation->arena, site,
                        invocation->values[OPTION_APP], &app, fault) ||
        !check_app(invocation, &app, fault) ||
        !registration_remove(invocation->database, invocation->arena, site, &app,
                             invocation_has(invocation, OPTION_ALL) ? NULL : &keys, &removed,
                             fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "key", json_object_new_string(app.key));
    json_object_object_add(answer, "removed", json_object_new_int64(removed));
    output_done(invocation, answer, "removed %ld module%s from %s", removed,
                removed == 1 ? "" : "s", app.key);
    return true;
}

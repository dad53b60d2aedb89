/* dynmodctl module: the modules of one app. */
#include <stdio.h>
#include <string.h>

#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/registration.h"
#include "store/store_app.h"
#include "store/store_caller.h"
#include "store/store_modules.h"
#include "json/json.h"

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
static bool check_app(const struct invocation *invocation, const struct caller *caller,
                      struct fault *fault) {
    if (caller->app_id == NULL)
        return invocation_unknown_app(invocation, fault);
    if (strcmp(caller->state, "enabled") != 0)
        return fault_set(fault, FAULT_REFUSED,
                         "the app \"%s\" is %s; only the modules of an enabled app can be changed",
                         caller->app_key, caller->state);
    return true;
}

static bool find_for_registration(struct invocation *invocation, struct caller *caller,
                                  struct module_types **types, struct fault *fault) {
    return store_find_caller_for_registration(invocation->database, invocation->arena,
                                              invocation_site(invocation),
                                              invocation->values[OPTION_APP], 0, caller, fault) &&
           check_app(invocation, caller, fault) &&
           module_types_read_into(invocation->arena, caller->types, types, fault);
}

static bool refuse(const struct problem_list *problems, struct fault *fault) {
    fprintf(stderr, "%s\n", registration_message(problems));
    return fault_set(fault, FAULT_INPUT, "nothing was registered");
}

bool run_module_register(struct invocation *invocation, struct fault *fault) {
    struct problem_list *problems = problem_list_new(invocation->arena);
    struct module_list list;
    struct caller caller;
    struct module_types *types;
    struct json_object *sent;
    if (!invocation_read_json(invocation, invocation->arguments[0], &sent, fault) ||
        !find_for_registration(invocation, &caller, &types, fault) ||
        !registration_check(invocation->arena, types, &caller, sent, &list, problems, fault))
        return false;
    if (problems->errors == 0 &&
        !registration_store(invocation->database, &caller, &list, problems, fault))
        return false;
    if (problems->errors > 0)
        return refuse(problems, fault);
    output_problems(problems, stderr); /* warnings */
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "key", json_object_new_string(caller.app_key));
    json_object_object_add(answer, "registered", json_object_new_int64((int64_t)list.count));
    output_done(invocation, answer, "registered %zu module%s for %s", list.count,
                list.count == 1 ? "" : "s", caller.app_key);
    return true;
}

/* The keys on the command line as a JSON array; NULL for all. */
static const char *keys_to_remove(struct invocation *invocation) {
    if (invocation_has(invocation, OPTION_ALL))
        return NULL;
    struct json_object *keys = json_keep(invocation->arena, json_object_new_array());
    for (size_t i = 0; i < invocation->argument_count; i++)
        json_object_array_add(keys, json_object_new_string(invocation->arguments[i]));
    return json_text(keys);
}

bool run_module_remove(struct invocation *invocation, struct fault *fault) {
    if (invocation_has(invocation, OPTION_ALL) == (invocation->argument_count > 0))
        return invocation_misuse(invocation, fault,
                                 "\"module remove\" requires either module keys or --all");
    struct caller caller;
    long removed;
    if (!store_find_caller(invocation->database, invocation->arena, invocation_site(invocation),
                           invocation->values[OPTION_APP], &caller, fault) ||
        !check_app(invocation, &caller, fault) ||
        !store_remove_modules(invocation->database, caller.app_id, keys_to_remove(invocation),
                              &removed, fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "key", json_object_new_string(caller.app_key));
    json_object_object_add(answer, "removed", json_object_new_int64(removed));
    output_done(invocation, answer, "removed %ld module%s from %s", removed,
                removed == 1 ? "" : "s", caller.app_key);
    return true;
}

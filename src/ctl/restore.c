/* dynmodctl module restore: the dynamic modules of an app as they were at a moment. */
#include <stdio.h>

#include "ctl/handlers.h"
#include "ctl/module_change.h"
#include "ctl/moment.h"
#include "ctl/output.h"
#include "host/module_set.h"
#include "host/registration.h"
#include "json/json.h"
#include "store/store_past.h"

static bool read_moment(struct invocation *invocation, const char **moment, struct fault *fault) {
    const char *event = invocation->values[OPTION_EVENT];
    return event == NULL ? moment_read(invocation, moment, fault)
                         : store_moment_after(invocation->database, invocation->arena,
                                              invocation_site(invocation),
                                              invocation->values[OPTION_APP], event, moment, fault);
}

/* Adds a module of the past to the list, with its type and key as its place, if it can be there. */
static bool add_module(struct arena *arena, const struct module_types *types,
                       const struct store_past_module *past, struct module_list *list,
                       struct problem_list *problems, struct fault *fault) {
    struct module module = {
        .type = module_types_find(types, past->type),
        .key = past->key,
        .pointer = problem_pointer(arena, problem_pointer(arena, "", past->type), past->key),
    };
    if (past->definition == NULL)
        problem_add(problems, PROBLEM_ERROR, module.pointer, "history",
                    "the history does not have the definition any more");
    else if (module.type == NULL)
        problem_add(problems, PROBLEM_ERROR, module.pointer, "moduleType",
                    "the module type no longer exists");
    else if (!json_parse_stored(arena, past->definition, &module.definition, fault))
        return false;
    else
        list->items[list->count++] = module;
    return true;
}

/* Checks the modules that the app had as if they were to replace those that it has. */
static bool check(struct invocation *invocation, const struct app *app,
                  const struct module_types *types, const char *moment,
                  struct problem_list *problems, struct fault *fault) {
    struct arena *arena = invocation->arena;
    struct store_past_module *past;
    size_t count;
    if (!store_list_past_modules(invocation->database, arena, invocation_site(invocation), app->key,
                                 moment, STORE_PAST_OPERATOR, &past, &count, fault))
        return false;
    struct module_list list = {.items = arena_alloc(arena, count * sizeof *list.items)};
    for (size_t i = 0; i < count; i++)
        if (!add_module(arena, types, &past[i], &list, problems, fault))
            return false;
    return registration_check_set(arena, types, app, &list, problems, fault);
}

static bool refuse(struct invocation *invocation, const struct app *app, const char *moment,
                   const struct problem_list *problems, struct fault *fault) {
    invocation->problems = problems;
    output_problems(problems, stderr);
    return fault_set(fault, FAULT_INPUT,
                     "the modules of %s cannot be restored to %s, for %zu reason%s; nothing was "
                     "changed",
                     app->key, moment, problems->errors, problems->errors == 1 ? "" : "s");
}

static void print_restored(const struct invocation *invocation, const struct app *app,
                           const char *moment, const struct store_change *change) {
    struct json_object *answer = module_change_answer(invocation, app);
    json_set_text(answer, "at", moment);
    module_change_print(
        invocation, answer, change,
        arena_format(invocation->arena, "%s the modules of %s to %s",
                     invocation_has(invocation, OPTION_DRY_RUN) ? "would restore" : "restored",
                     app->key, moment));
}

bool run_module_restore(struct invocation *invocation, struct fault *fault) {
    struct problem_list *problems = registration_problems(invocation->arena, &invocation->config);
    const struct store_terms terms = module_change_terms(invocation);
    const struct host host = invocation_host(invocation);
    struct module_types *types;
    struct store_change change;
    struct app app;
    const char *moment;
    if (invocation_has(invocation, OPTION_AT) == invocation_has(invocation, OPTION_EVENT))
        return invocation_misuse(invocation, fault,
                                 "\"module restore\" requires either --at or --event");
    if (!module_change_find_app(invocation, &app, &types, fault) ||
        !read_moment(invocation, &moment, fault) ||
        !check(invocation, &app, types, moment, problems, fault))
        return false;
    if (problems->errors == 0 &&
        !module_set_restore(&host, &app, moment, &terms, problems, &change, fault))
        return false;
    if (problems->errors > 0)
        return refuse(invocation, &app, moment, problems, fault);
    output_problems(problems, stderr); /* warnings */
    print_restored(invocation, &app, moment, &change);
    return true;
}

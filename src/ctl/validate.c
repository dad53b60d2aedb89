/* dynmodctl validate: checks modules or a descriptor without a database. */
#include <stdio.h>
#include <string.h>

#include "connect/builtin_types.h"
#include "connect/descriptor.h"
#include "connect/own_type.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/registration.h"
#include "json/json.h"

enum { DEFAULT_MODULE_LIMIT = 100 };

/* Whether it has members that a map of modules never has. */
static bool is_descriptor(struct json_object *sent) {
    return json_member(sent, "baseUrl") != NULL ||
           (json_member(sent, "key") != NULL && json_member(sent, "modules") != NULL);
}

/* Checks a map as if it were registered by an app with every scope and no other modules. */
static bool check_modules(struct arena *arena, const struct module_types *types,
                          struct json_object *sent, struct problem_list *problems,
                          struct fault *fault) {
    struct module_list list;
    static const char *every_scope[] = {"ADMIN"};
    const struct app app = {
        .key = "of this file",
        .scopes = {every_scope, 1},
        .module_limit = DEFAULT_MODULE_LIMIT,
    };
    return registration_check(arena, types, &app, sent, &list, problems, fault);
}

/* The built-in types and those of --types. */
static bool read_types(struct invocation *invocation, struct module_types **types,
                       struct fault *fault) {
    struct arena *arena = invocation->arena;
    const char *path = invocation->values[OPTION_TYPES];
    struct json_object *own;
    if (path == NULL)
        return module_types_read_into(arena, builtin_types_json, types, fault);
    return invocation_check_input(invocation, OPTION_TYPES, fault) &&
           invocation_read_json(invocation, path, &own, fault) &&
           (own_types_add(arena, builtin_types_json, own, types, fault) ||
            invocation_blame(path, fault->text, fault));
}

static bool check_file(struct invocation *invocation, struct problem_list *problems,
                       struct fault *fault) {
    struct arena *arena = invocation->arena;
    struct module_types *types;
    struct json_object *sent;
    struct descriptor descriptor;
    if (!read_types(invocation, &types, fault) ||
        !invocation_read_json(invocation, invocation->arguments[0], &sent, fault))
        return false;
    return is_descriptor(sent) ? descriptor_read(arena, types, sent, &descriptor, problems, fault)
                               : check_modules(arena, types, sent, problems, fault);
}

static void print_json(const struct problem_list *problems, size_t warnings) {
    struct json_object *answer = json_keep(problems->arena, json_object_new_object());
    json_object_object_add(answer, "errors", json_object_new_int64((int64_t)problems->errors));
    json_object_object_add(answer, "warnings", json_object_new_int64((int64_t)warnings));
    json_object_object_add(answer, "problems", output_problem_list(problems));
    puts(json_text(answer));
}

bool run_validate(struct invocation *invocation, struct fault *fault) {
    struct problem_list *problems = problem_list_new(invocation->arena);
    size_t warnings = 0;
    if (!check_file(invocation, problems, fault))
        return false;
    for (size_t i = 0; i < problems->count; i++)
        warnings += problems->items[i].severity == PROBLEM_WARNING;
    invocation->reported = true;
    if (invocation_has(invocation, OPTION_JSON)) {
        print_json(problems, warnings);
    } else {
        output_problems(problems, stdout);
        printf("%zu error%s, %zu warning%s\n", problems->errors, problems->errors == 1 ? "" : "s",
               warnings, warnings == 1 ? "" : "s");
    }
    bool strict = invocation_has(invocation, OPTION_STRICT);
    return (problems->errors == 0 && !(strict && warnings > 0)) ||
           fault_set(fault, FAULT_INPUT, "%s is not valid", invocation->arguments[0]);
}

/* What a module must be like, whoever sends it and however. */
#include "connect/module_check.h"

#include <string.h>

#include "base/limits.h"
#include "json/json.h"

bool module_key_is_valid(const char *key) {
    size_t length = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    return length >= 1 && length <= LIMIT_MODULE_KEY && key[length] == '\0';
}

static void check_key(const struct module *module, bool dynamic, struct problem_list *problems) {
    struct json_object *key = NULL;
    if (!json_object_object_get_ex(module->definition, "key", &key)) {
        if (dynamic)
            problem_add(problems, PROBLEM_ERROR, module->pointer, "required",
                        "the required property \"key\" is missing");
        return;
    }
    if (module->key != NULL && module_key_is_valid(module->key))
        return;
    const char *place = problem_pointer(problems->arena, module->pointer, "key");
    if (module->key == NULL)
        problem_add(problems, PROBLEM_ERROR, place, "type", "a module key must be a string");
    else
        problem_add(problems, PROBLEM_ERROR, place, "pattern",
                    "%s is not a valid module key: expected 1 to %d letters, digits or \"-\"",
                    problem_quote(problems->arena, module->key), LIMIT_MODULE_KEY);
}

/* Whether check_key() has reported it already, and better. */
static bool is_about_key(const struct schema_violation *violation, bool dynamic) {
    return strcmp(violation->pointer, "/key") == 0 ||
           (dynamic && violation->pointer[0] == '\0' &&
            strcmp(violation->keyword, "required") == 0 && strcmp(violation->member, "key") == 0);
}

static void check_schema(const struct schema *schema, const struct module *module, bool dynamic,
                         struct problem_list *problems) {
    struct schema_violations violations;
    if (schema_validate(schema, module->definition, problems->arena, problem_list_room(problems),
                        &violations))
        return;
    for (size_t i = 0; i < violations.count; i++) {
        const struct schema_violation *violation = &violations.list[i];
        if (!is_about_key(violation, dynamic))
            problem_add(problems, PROBLEM_ERROR,
                        arena_format(problems->arena, "%s%s", module->pointer, violation->pointer),
                        violation->keyword, "%s", violation->text);
    }
    problem_count_more(problems, violations.total - violations.count);
}

bool module_check(const struct module_types *types, const struct module_list *list, bool dynamic,
                  struct problem_list *problems, struct fault *fault) {
    for (size_t i = 0; i < list->count; i++) {
        const struct module *module = &list->items[i];
        const struct schema *schema = module_types_schema(types, module->type, fault);
        if (schema == NULL)
            return false;
        check_key(module, dynamic, problems);
        check_schema(schema, module, dynamic, problems);
    }
    return true;
}

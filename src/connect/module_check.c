/* What a module must be like, whoever brings it and in whatever way. */
#include "connect/module_check.h"

#include <string.h>

#include "base/limits.h"
#include "http/json.h"

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
    const char *place = problem_pointer(problems->arena, module->pointer, "key");
    if (module->key == NULL)
        problem_add(problems, PROBLEM_ERROR, place, "type", "a module key must be a string");
    else if (!module_key_is_valid(module->key))
        problem_add(problems, PROBLEM_ERROR, place, "pattern",
                    "%s is no module key: 1 to %d letters, digits and \"-\"",
                    problem_quote(problems->arena, module->key), LIMIT_MODULE_KEY);
}

void module_check(const struct module_list *list, bool dynamic, struct problem_list *problems) {
    for (size_t i = 0; i < list->count; i++)
        check_key(&list->items[i], dynamic, problems);
}

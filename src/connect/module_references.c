/* References from one module to another of the same app. */
#include "connect/module_references.h"

#include <string.h>
#include <strings.h>

#include "json/json.h"

/* Names of module types; NULL after the last. */
typedef const char *const type_names[];

static bool is_among(const char *type, type_names types) {
    for (; *types != NULL; types++)
        if (strcmp(type, *types) == 0)
            return true;
    return false;
}

static bool has_module(const struct app *app, const char *key, type_names types) {
    for (size_t i = 0; i < app->module_count; i++) {
        const struct app_module *module = &app->modules[i];
        if (module->key != NULL && strcmp(module->key, key) == 0 && is_among(module->type, types))
            return true;
    }
    return false;
}

static bool exists(const struct module_surroundings *surroundings, const char *key,
                   type_names types) {
    for (size_t i = 0; i < surroundings->list->count; i++) {
        const struct module *module = &surroundings->list->items[i];
        if (module->key != NULL && strcmp(module->key, key) == 0 &&
            is_among(module->type->name, types))
            return true;
    }
    return has_module(surroundings->app, key, types);
}

/* Checks that the string at `path` within the module is the key of a module of one of the types. */
static void check_reference(const struct module_rule *rule, const struct module *module,
                            const struct module_surroundings *surroundings,
                            struct problem_list *problems, const char *path, const char *what,
                            type_names types) {
    struct json_object *value = NULL;
    if (json_pointer_get(module->definition, path, &value) != 0 ||
        !json_object_is_type(value, json_type_string))
        return;
    const char *key = json_object_get_string(value);
    if (!exists(surroundings, key, types))
        problem_add(problems, rule->severity,
                    arena_format(problems->arena, "%s%s", module->pointer, path), rule->name,
                    "the app has no %s with the key %s", what, problem_quote(problems->arena, key));
}

void module_references_admin_page(const struct module_rule *rule, const struct module *module,
                                  const struct module_surroundings *surroundings,
                                  struct problem_list *problems) {
    static type_names types = {"adminPages", NULL};
    check_reference(rule, module, surroundings, problems, "/adminPageKey", "admin page", types);
}

void module_references_shortcut(const struct module_rule *rule, const struct module *module,
                                const struct module_surroundings *surroundings,
                                struct problem_list *problems) {
    static type_names types = {"generalPages", "dialogs", "webItems", NULL};
    check_reference(rule, module, surroundings, problems, "/target/key",
                    "general page, dialog or web item", types);
}

void module_references_dialog(const struct module_rule *rule, const struct module *module,
                              const struct module_surroundings *surroundings,
                              struct problem_list *problems) {
    static type_names types = {"dialogs", NULL};
    const char *target = json_member_text(json_member(module->definition, "target"), "type");
    if (target != NULL && strcasecmp(target, "dialogmodule") == 0)
        check_reference(rule, module, surroundings, problems, "/target/options/key", "dialog",
                        types);
}

void module_references_queue_group(const struct module_rule *rule, const struct module *module,
                                   const struct module_surroundings *surroundings,
                                   struct problem_list *problems) {
    static type_names types = {"serviceDeskQueueGroups", NULL};
    check_reference(rule, module, surroundings, problems, "/group", "queue group", types);
}

void module_references_report_group(const struct module_rule *rule, const struct module *module,
                                    const struct module_surroundings *surroundings,
                                    struct problem_list *problems) {
    static type_names types = {"serviceDeskReportGroups", NULL};
    check_reference(rule, module, surroundings, problems, "/group", "report group", types);
}

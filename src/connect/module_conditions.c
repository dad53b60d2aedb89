/* The conditions under which a module is shown. */
#include "connect/module_conditions.h"

#include <string.h>

#include "json/json.h"

static const char *const context_free[] = {
    "addon_property_exists",
    "addon_property_equal_to",
    "addon_property_equal_to_context",
    "addon_property_contains_any",
    "addon_property_contains_all",
    "addon_property_contains_context",
    "addon_property_contains_any_user_group",
    "user_is_admin",
    "user_is_logged_in",
    "user_is_sysadmin",
    "addon_is_licensed",
    "feature_flag",
    "entity_property_exists",
    "entity_property_equal_to",
    "entity_property_equal_to_context",
    "entity_property_contains_any",
    "entity_property_contains_all",
    "entity_property_contains_context",
    "entity_property_contains_any_user_group",
    "can_use_application",
    "project_type",
    "has_global_permission",
    NULL,
};

static const char *const context_bound[] = {
    "can_attach_file_to_issue",
    "can_manage_attachments",
    "has_issue_permission",
    "has_project_permission",
    "has_selected_project",
    "has_sub_tasks_available",
    "has_voted_for_issue",
    "is_admin_mode",
    "is_issue_assigned_to_current_user",
    "is_issue_editable",
    "is_issue_reported_by_current_user",
    "is_issue_unresolved",
    "is_sub_task",
    "is_watching_issue",
    "linking_enabled",
    "sub_tasks_enabled",
    "time_tracking_enabled",
    "jira_tracking_provider_enabled",
    "addon_time_tracking_provider_enabled",
    "user_has_issue_history",
    "user_is_project_admin",
    "user_is_the_logged_in_user",
    "voting_enabled",
    "watching_enabled",
    NULL,
};

/* Seen in apps, or old; it is not known whether they need a context. */
static const char *const others[] = {
    "jira_expression",
    "feature_flag_service_flag",
    "can_attach_screenshot_to_issue",
    "is_issue_unassigned",
    NULL,
};

static bool is_among(const char *name, const char *const *names) {
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_known(const char *name) {
    return is_among(name, context_free) || is_among(name, context_bound) || is_among(name, others);
}

/* Returns what is wrong with the name of a condition, or NULL. */
typedef const char *complaint(const char *name);

static const char *complain_unknown(const char *name) {
    return is_known(name) ? NULL : "is not a known condition";
}

static const char *complain_context(const char *name) {
    return is_among(name, context_bound) ? "needs an issue or a project, which a page does not have"
                                         : NULL;
}

struct visit {
    const struct module_rule *rule;
    complaint *complain;
    struct problem_list *problems;
};

static void visit_list(const struct visit *visit, struct json_object *list, const char *pointer);

/* A single condition, or one of the three spellings of several: and, or, conditions. */
static void visit_entry(const struct visit *visit, struct json_object *entry, const char *pointer) {
    static const char *const lists[] = {"and", "or", "conditions"};
    const char *name = json_member_text(entry, "condition");
    const char *text = name == NULL ? NULL : visit->complain(name);
    struct arena *arena = visit->problems->arena;
    if (text != NULL)
        problem_add(visit->problems, visit->rule->severity,
                    problem_pointer(arena, pointer, "condition"), visit->rule->name, "%s %s",
                    problem_quote(arena, name), text);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        visit_list(visit, json_member(entry, lists[i]), problem_pointer(arena, pointer, lists[i]));
}

static void visit_list(const struct visit *visit, struct json_object *list, const char *pointer) {
    if (!json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        visit_entry(visit, json_object_array_get_idx(list, i),
                    problem_pointer_index(visit->problems->arena, pointer, i));
}

static void visit_module(const struct visit *visit, const struct module *module) {
    static const char *const members[] = {"conditions", "contentPresentConditions"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        visit_list(visit, json_member(module->definition, members[i]),
                   problem_pointer(visit->problems->arena, module->pointer, members[i]));
}

void module_conditions_known(const struct module_rule *rule, const struct module *module,
                             const struct module_surroundings *surroundings,
                             struct problem_list *problems) {
    (void)surroundings;
    visit_module(&(struct visit){rule, complain_unknown, problems}, module);
}

void module_conditions_context_free(const struct module_rule *rule, const struct module *module,
                                    const struct module_surroundings *surroundings,
                                    struct problem_list *problems) {
    (void)surroundings;
    visit_module(&(struct visit){rule, complain_context, problems}, module);
}

/* The conditions under which a module is shown. */
#include "connect/module_conditions.h"

#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/json.h"
#include "json/json_pointer.h"

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
    struct buffer pointer; /* to where the visit is: only a problem gets a copy */
};

static void visit_list(struct visit *visit, struct json_object *parent, const char *name);

/* A single condition, or one of the three spellings of several: and, or, conditions. */
static void visit_entry(struct visit *visit, struct json_object *entry) {
    const char *name = json_member_text(entry, "condition");
    const char *text = name == NULL ? NULL : visit->complain(name);
    struct arena *arena = visit->problems->arena;
    if (text != NULL)
        problem_add(visit->problems, visit->rule->severity,
                    problem_pointer(arena, buffer_text(&visit->pointer), "condition"),
                    visit->rule->name, "%s %s", problem_quote(arena, name), text);
    visit_list(visit, entry, "and");
    visit_list(visit, entry, "or");
    visit_list(visit, entry, "conditions");
}

static void visit_list(struct visit *visit, struct json_object *parent, const char *name) {
    struct json_object *list = json_member(parent, name);
    if (!json_object_is_type(list, json_type_array))
        return;
    size_t length = visit->pointer.length;
    json_pointer_add_name(&visit->pointer, name);
    size_t list_length = visit->pointer.length;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_pointer_add_index(&visit->pointer, i);
        visit_entry(visit, json_object_array_get_idx(list, i));
        buffer_cut(&visit->pointer, list_length);
    }
    buffer_cut(&visit->pointer, length);
}

static void visit_module(const struct module_rule *rule, const struct module *module,
                         complaint *complain, struct problem_list *problems) {
    struct visit visit = {rule, complain, problems, {0}};
    buffer_init(&visit.pointer, LIMIT_MESSAGE);
    buffer_add_text(&visit.pointer, module->pointer);
    visit_list(&visit, module->definition, "conditions");
    visit_list(&visit, module->definition, "contentPresentConditions");
    buffer_free(&visit.pointer);
}

void module_conditions_known(const struct module_rule *rule, const struct module *module,
                             const struct module_surroundings *surroundings,
                             struct problem_list *problems) {
    (void)surroundings;
    visit_module(rule, module, complain_unknown, problems);
}

void module_conditions_context_free(const struct module_rule *rule, const struct module *module,
                                    const struct module_surroundings *surroundings,
                                    struct problem_list *problems) {
    (void)surroundings;
    visit_module(rule, module, complain_context, problems);
}

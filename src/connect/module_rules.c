/* The rules for modules that a JSON Schema cannot express. */
#include "connect/module_rules.h"

#include <string.h>
#include <strings.h>

#include "connect/module_conditions.h"
#include "connect/module_references.h"
#include "connect/module_urls.h"
#include "connect/module_webhooks.h"
#include "connect/scope.h"
#include "json/json.h"

#define CHECK(name)                                                                                \
    static void name(const struct module_rule *rule, const struct module *module,                  \
                     const struct module_surroundings *surroundings,                               \
                     struct problem_list *problems)

static const char *below(struct problem_list *problems, const struct module *module,
                         const char *path) {
    return arena_format(problems->arena, "%s%s", module->pointer, path);
}

static bool has(const struct module *module, const char *name) {
    return json_object_object_get_ex(module->definition, name, NULL);
}

/* Compares case-insensitively, as enumerations are written in lower or in upper case. */
static bool is_one_of(const char *text, const char *const *words) {
    for (; *words != NULL; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

CHECK(check_scope) {
    const char *scope = module->type->required_scope;
    if (scope == NULL || scope_grants(&surroundings->app->scopes, scope))
        return;
    for (const struct module *other = surroundings->list->items; other < module; other++)
        if (other->type == module->type)
            return; /* once is enough */
    problem_add(problems, rule->severity, module->pointer, rule->name,
                "the app defines features that require the %s scope, but does not request the %s "
                "scope in its descriptor",
                scope, scope);
}

CHECK(check_deprecated) {
    (void)surroundings;
    if (module->type->deprecated)
        problem_add(problems, rule->severity, module->pointer, rule->name,
                    "the module type %s is deprecated", module->type->name);
}

CHECK(check_field_property) {
    (void)surroundings;
    const char *type = json_member_text(module->definition, "type");
    if (type == NULL)
        return;
    bool read_only = strcasecmp(type, "read_only") == 0;
    if (read_only && !has(module, "property"))
        problem_add(problems, rule->severity, module->pointer, rule->name,
                    "a field of type read_only needs \"property\"");
    else if (!read_only && has(module, "property"))
        problem_add(problems, rule->severity, below(problems, module, "/property"), rule->name,
                    "only a field of type read_only may have \"property\"");
}

CHECK(check_field_select) {
    (void)surroundings;
    static const char *const selects[] = {"single_select", "multi_select", NULL};
    static const char *const names[] = {"extractions", "template"};
    const char *type = json_member_text(module->definition, "type");
    if (type == NULL || is_one_of(type, selects))
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (has(module, names[i]))
            problem_add(problems, rule->severity,
                        problem_pointer(problems->arena, module->pointer, names[i]), rule->name,
                        "only a field of type single_select or multi_select may have \"%s\"",
                        names[i]);
}

CHECK(check_link_url) {
    (void)surroundings;
    const char *target = json_member_text(json_member(module->definition, "target"), "type");
    if (!has(module, "url") && (target == NULL || strcasecmp(target, "dialogmodule") != 0))
        problem_add(problems, rule->severity, module->pointer, rule->name,
                    "\"url\" may be omitted only if the target is of type dialogmodule");
}

CHECK(check_panel_location) {
    (void)surroundings;
    const char *location = json_member_text(module->definition, "location");
    if (location != NULL && strcmp(location, "atl.header.after.scripts") == 0)
        problem_add(problems, rule->severity, below(problems, module, "/location"), rule->name,
                    "the location %s is not supported", location);
}

CHECK(check_panel_native) {
    (void)surroundings;
    static const char *const places[] = {"atl.jira.view.issue.right.context",
                                         "atl.jira.view.issue.left.context", NULL};
    const char *location = json_member_text(module->definition, "location");
    if (json_object_get_boolean(json_member(module->definition, "supportsNative")) &&
        location != NULL && !is_one_of(location, places))
        problem_add(problems, rule->severity, below(problems, module, "/supportsNative"),
                    rule->name, "\"supportsNative\" has an effect only in the locations %s and %s",
                    places[0], places[1]);
}

CHECK(check_extractions) {
    (void)surroundings;
    struct json_object *list = json_member(module->definition, "keyConfigurations");
    if (!json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *extractions =
            json_member(json_object_array_get_idx(list, i), "extractions");
        if (json_object_is_type(extractions, json_type_array) &&
            json_object_array_length(extractions) == 0)
            problem_add(problems, rule->severity,
                        arena_format(problems->arena, "%s/keyConfigurations/%zu/extractions",
                                     module->pointer, i),
                        rule->name, "at least one extraction is required");
    }
}

CHECK(check_function_arguments) {
    (void)surroundings;
    struct json_object *list = json_member(module->definition, "arguments");
    bool optional = false;
    if (!json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *required = json_member(json_object_array_get_idx(list, i), "required");
        if (!json_object_is_type(required, json_type_boolean))
            continue;
        if (optional && json_object_get_boolean(required))
            problem_add(problems, rule->severity,
                        arena_format(problems->arena, "%s/arguments/%zu", module->pointer, i),
                        rule->name, "a required argument follows an optional one");
        optional = optional || !json_object_get_boolean(required);
    }
}

CHECK(check_action_ids) {
    (void)surroundings;
    struct json_object *list = json_member(module->definition, "actions");
    if (!json_object_is_type(list, json_type_array))
        return;
    struct json_object *seen = json_keep(problems->arena, json_object_new_object());
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *id = json_member_text(json_object_array_get_idx(list, i), "actionId");
        if (id == NULL)
            continue;
        if (json_object_object_get_ex(seen, id, NULL))
            problem_add(
                problems, rule->severity,
                arena_format(problems->arena, "%s/actions/%zu/actionId", module->pointer, i),
                rule->name, "the actionId %s appears twice", problem_quote(problems->arena, id));
        json_object_object_add(seen, id, NULL);
    }
}

static const struct module_rule rules[] = {
    {"scope", PROBLEM_ERROR, NULL, check_scope},
    {"fieldProperty", PROBLEM_ERROR, "jiraIssueFields", check_field_property},
    {"linkUrl", PROBLEM_ERROR, "webItems", check_link_url},
    {"extractions", PROBLEM_ERROR, "jiraEntityProperties", check_extractions},
    {"argumentOrder", PROBLEM_ERROR, "jiraJqlFunctions", check_function_arguments},
    {"adminPageKey", PROBLEM_ERROR, "jiraTimeTrackingProviders", module_references_admin_page},
    {"location", PROBLEM_ERROR, "webPanels", check_panel_location},
    {"deprecated", PROBLEM_WARNING, NULL, check_deprecated},
    {"fieldSelect", PROBLEM_WARNING, "jiraIssueFields", check_field_select},
    {"linkUrl", PROBLEM_WARNING, "serviceDeskOrganizationActions", check_link_url},
    {"supportsNative", PROBLEM_WARNING, "webPanels", check_panel_native},
    {"actionId", PROBLEM_WARNING, "jiraRemoteLinkInfoProvider", check_action_ids},
    {"shortcutTarget", PROBLEM_WARNING, "keyboardShortcuts", module_references_shortcut},
    {"dialogKey", PROBLEM_WARNING, "webItems", module_references_dialog},
    {"dialogKey", PROBLEM_WARNING, "serviceDeskOrganizationActions", module_references_dialog},
    {"group", PROBLEM_WARNING, "serviceDeskQueues", module_references_queue_group},
    {"group", PROBLEM_WARNING, "serviceDeskReports", module_references_report_group},
    {"condition", PROBLEM_WARNING, NULL, module_conditions_known},
    {"pageCondition", PROBLEM_WARNING, "generalPages", module_conditions_context_free},
    {"pageCondition", PROBLEM_WARNING, "adminPages", module_conditions_context_free},
    {"pageCondition", PROBLEM_WARNING, "configurePage", module_conditions_context_free},
    {"pageCondition", PROBLEM_WARNING, "postInstallPage", module_conditions_context_free},
    {MODULE_URLS_RULE, PROBLEM_WARNING, NULL, module_urls_scheme},
    {"event", PROBLEM_WARNING, "webhooks", module_webhooks_event},
    {"filter", PROBLEM_WARNING, "webhooks", module_webhooks_filter},
};

enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

const struct module_rule *module_rule(size_t index) {
    return index < RULE_COUNT ? &rules[index] : NULL;
}

void module_rules_check(const struct module_surroundings *surroundings,
                        struct problem_list *problems) {
    for (size_t i = 0; i < surroundings->list->count; i++) {
        const struct module *module = &surroundings->list->items[i];
        if (surroundings->dynamic && !module->type->dynamic && !module->kept)
            continue; /* refused, whatever the rules say */
        for (size_t r = 0; r < RULE_COUNT; r++)
            if (rules[r].type == NULL || strcmp(rules[r].type, module->type->name) == 0)
                rules[r].check(&rules[r], module, surroundings, problems);
    }
}

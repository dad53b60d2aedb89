/* The events that webhooks listen to. */
#include "connect/module_webhooks.h"

#include <string.h>

#include "json/json.h"

static const struct {
    const char *name;
    bool takes_filter;
} events[] = {
    {"jira:issue_created", true},
    {"jira:issue_deleted", true},
    {"jira:issue_updated", true},
    {"comment_created", true},
    {"comment_updated", true},
    {"comment_deleted", true},
    {"connect_addon_disabled", false},
    {"connect_addon_enabled", false},
    {"jira:version_created", false},
    {"jira:version_deleted", false},
    {"jira:version_merged", false},
    {"jira:version_updated", false},
    {"jira:version_moved", false},
    {"jira:version_released", false},
    {"jira:version_unreleased", false},
    {"project_created", false},
    {"project_updated", false},
    {"project_deleted", false},
    {"user_created", false},
    {"user_deleted", false},
    {"user_updated", false},
    {"option_voting_changed", false},
    {"option_watching_changed", false},
    {"option_unassigned_issues_changed", false},
    {"option_subtasks_changed", false},
    {"option_attachments_changed", false},
    {"option_issuelinks_changed", false},
    {"option_timetracking_changed", false},
    {"worklog_created", false},
    {"worklog_updated", false},
    {"worklog_deleted", false},
    {"issuelink_created", false},
    {"issuelink_deleted", false},
    {"attachment_created", false},
    {"attachment_deleted", false},
    {"board_created", false},
    {"board_updated", false},
    {"board_deleted", false},
    {"board_configuration_changed", false},
    {"sprint_created", false},
    {"sprint_updated", false},
    {"sprint_deleted", false},
    {"sprint_started", false},
    {"sprint_closed", false},
    {"issue_property_set", false},
    {"issue_property_deleted", false},
};

enum { EVENT_COUNT = sizeof events / sizeof events[0] };

/* The index of the event in the table, or EVENT_COUNT when it is unknown. */
static size_t find_event(const char *name) {
    size_t at = 0;
    while (at < EVENT_COUNT && strcmp(events[at].name, name) != 0)
        at++;
    return at;
}

void module_webhooks_event(const struct module_rule *rule, const struct module *module,
                           const struct module_surroundings *surroundings,
                           struct problem_list *problems) {
    (void)surroundings;
    const char *event = json_member_text(module->definition, "event");
    if (event != NULL && find_event(event) == EVENT_COUNT)
        problem_add(problems, rule->severity,
                    problem_pointer(problems->arena, module->pointer, "event"), rule->name,
                    "%s is not a known event", problem_quote(problems->arena, event));
}

void module_webhooks_filter(const struct module_rule *rule, const struct module *module,
                            const struct module_surroundings *surroundings,
                            struct problem_list *problems) {
    (void)surroundings;
    const char *event = json_member_text(module->definition, "event");
    const char *filter = json_member_text(module->definition, "filter");
    size_t at = event == NULL ? EVENT_COUNT : find_event(event);
    if (filter != NULL && filter[0] != '\0' && at < EVENT_COUNT && !events[at].takes_filter)
        problem_add(problems, rule->severity,
                    problem_pointer(problems->arena, module->pointer, "filter"), rule->name,
                    "the event %s takes no filter", events[at].name);
}

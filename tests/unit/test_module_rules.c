/* The rules that a schema cannot say: each broken once, and kept once. */
#include "connect/module_rules.h"
#include "unit_connect.h"

static const char *const plain_types[] = {
    "jiraIssueFields",   "webItems",
    "jiraJqlFunctions",  "jiraEntityProperties",
    "adminPages",        "jiraTimeTrackingProviders",
    "webPanels",         "serviceDeskOrganizationActions",
    "keyboardShortcuts", "jiraRemoteLinkInfoProvider",
    "serviceDeskQueues", "serviceDeskQueueGroups",
    "dialogs",           "serviceDeskReports",
    "generalPages",      "configurePage",
    "postInstallPage",
};

static struct module_types *plain_and_special_types(struct arena *arena) {
    const char *plain = "";
    for (size_t i = 0; i < ARRAY_LENGTH(plain_types); i++)
        plain = arena_format(arena, "%s{'name':'%s','container':'list'},", plain, plain_types[i]);
    return unit_types(arena, arena_format(arena,
                                          "{'types':[%s{'name':'webhooks','container':'list',"
                                          "'requiredScope':'READ'},{'name':'jiraProjectTabPanels',"
                                          "'container':'list','deprecated':true}]}",
                                          plain));
}

/* What one map of modules gives: the problems, one in a line as "severity rule pointer". */
struct rule_case {
    const char *modules, *expected;
};

static const struct rule_case cases[] = {
    /* errors */
    {"{'webhooks':[{'event':'jira:issue_created'},{'event':'jira:issue_created'}]}",
     "error scope /webhooks/0\n"},
    {"{'jiraIssueFields':[{'type':'read_only'},{'type':'READ_ONLY','property':{}},"
     "{'type':'string','property':{}},{'type':'string'},{}]}",
     "error fieldProperty /jiraIssueFields/0\nerror fieldProperty /jiraIssueFields/2/property\n"},
    {"{'webItems':[{},{'url':'/x'},{'target':{'type':'DIALOGMODULE','options':{'key':'there'}}},"
     "{'target':{'type':'dialog'}}]}",
     "error linkUrl /webItems/0\nerror linkUrl /webItems/3\n"},
    {"{'jiraEntityProperties':[{'keyConfigurations':[{'extractions':[]},{'extractions':[1]},7]},"
     "{'keyConfigurations':[]}]}",
     "error extractions /jiraEntityProperties/0/keyConfigurations/0/extractions\n"},
    {"{'jiraJqlFunctions':[{'arguments':[{'required':true},{'required':false},{'required':true},"
     "{'required':true}]},{'arguments':[{'required':true},{'required':false}]}]}",
     "error argumentOrder /jiraJqlFunctions/0/arguments/2\n"
     "error argumentOrder /jiraJqlFunctions/0/arguments/3\n"},
    {"{'jiraTimeTrackingProviders':[{'adminPageKey':'new'},{'adminPageKey':'old'},"
     "{'adminPageKey':'there'},{}],'adminPages':[{'key':'new'}]}",
     "error adminPageKey /jiraTimeTrackingProviders/2/adminPageKey\n"},
    {"{'webPanels':[{'location':'atl.header.after.scripts'},{'location':'anywhere'}]}",
     "error location /webPanels/0/location\n"},
    /* warnings */
    {"{'webPanels':[{'url':'javascript:alert(1)'},{'url':' \\tJaVa\\nScRiPt\\r:x'},"
     "{'url':'https://h/javascript:x'},{'url':'/data:x'},{'url':'javascriptx:y'},{'url':7},"
     "{'icon':{'url':'data:text/html,x'}},{'a':[{'templateUrl':'vbscript:x'}]},"
     "{'text':'javascript:x'},{'url':''},{'URL':'data'}]}",
     "warning urlScheme /webPanels/0/url\nwarning urlScheme /webPanels/1/url\n"
     "warning urlScheme /webPanels/6/icon/url\nwarning urlScheme /webPanels/7/a/0/templateUrl\n"},
    {"{'jiraProjectTabPanels':[{}]}", "warning deprecated /jiraProjectTabPanels/0\n"},
    {"{'jiraIssueFields':[{'type':'number','template':{},'extractions':[]},"
     "{'type':'MULTI_SELECT','template':{}}]}",
     "warning fieldSelect /jiraIssueFields/0/extractions\n"
     "warning fieldSelect /jiraIssueFields/0/template\n"},
    {"{'serviceDeskOrganizationActions':[{},{'url':''}]}",
     "warning linkUrl /serviceDeskOrganizationActions/0\n"},
    {"{'webPanels':[{'location':'x','supportsNative':true},"
     "{'location':'atl.jira.view.issue.left.context','supportsNative':true}]}",
     "warning supportsNative /webPanels/0/supportsNative\n"},
    {"{'jiraRemoteLinkInfoProvider':[{'actions':[{'actionId':'a'},{'actionId':'b'},"
     "{'actionId':'a'},7]},{'actions':{}}]}",
     "warning actionId /jiraRemoteLinkInfoProvider/0/actions/2/actionId\n"},
    {"{'keyboardShortcuts':[{'target':{'key':'nowhere'}},{'target':{'key':'there'}},{}]}",
     "warning shortcutTarget /keyboardShortcuts/0/target/key\n"},
    {"{'webItems':[{'target':{'type':'dialogmodule','options':{'key':'old'}}},"
     "{'url':'','target':{'type':'page','options':{'key':'old'}}}]}",
     "warning dialogKey /webItems/0/target/options/key\n"},
    {"{'serviceDeskOrganizationActions':[{'target':{'type':'dialogmodule','options':"
     "{'key':'nope'}}}]}",
     "warning dialogKey /serviceDeskOrganizationActions/0/target/options/key\n"},
    {"{'serviceDeskQueues':[{'group':'g'},{'group':'h'}],'serviceDeskQueueGroups':[{'key':'g'}]}",
     "warning group /serviceDeskQueues/1/group\n"},
    {"{'serviceDeskReports':[{'group':'g'}]}", "warning group /serviceDeskReports/0/group\n"},
    {"{'dialogs':[{'conditions':[{'condition':'user_is_admin'},{'condition':'nonsense'},"
     "{'or':[{'condition':'x'},{'and':[{'condition':'y'}]}]},"
     "{'conditions':[{'condition':'z'}],'type':'AND'},7,{}]}]}",
     "warning condition /dialogs/0/conditions/1/condition\n"
     "warning condition /dialogs/0/conditions/2/or/0/condition\n"
     "warning condition /dialogs/0/conditions/2/or/1/and/0/condition\n"
     "warning condition /dialogs/0/conditions/3/conditions/0/condition\n"},
    {"{'generalPages':[{'conditions':[{'condition':'is_sub_task'},"
     "{'condition':'user_is_admin'}]}],'adminPages':[{'conditions':[{'condition':"
     "'voting_enabled'}]}],'configurePage':[{'conditions':[{'condition':'is_sub_task'}]}],"
     "'postInstallPage':[{'conditions':[{'condition':'is_sub_task'}]}],"
     "'dialogs':[{'conditions':[{'condition':'is_sub_task'}]}]}",
     "warning pageCondition /adminPages/0/conditions/0/condition\n"
     "warning pageCondition /configurePage/0/conditions/0/condition\n"
     "warning pageCondition /generalPages/0/conditions/0/condition\n"
     "warning pageCondition /postInstallPage/0/conditions/0/condition\n"},
    {"{'webPanels':[{'contentPresentConditions':[{'condition':'q'}]}]}",
     "warning condition /webPanels/0/contentPresentConditions/0/condition\n"},
    {"[{'webhooks':[{'event':'nonsense','filter':'x'}]}]",
     "error scope /0/webhooks/0\nwarning event /0/webhooks/0/event\n"},
    {"[{'webhooks':[{'event':'user_created','filter':'x'},{'event':'user_created','filter':''},"
     "{'event':'comment_created','filter':'x'}]}]",
     "error scope /0/webhooks/0\nwarning filter /0/webhooks/0/filter\n"},
};

static const char *run_rules(struct arena *arena, const struct module_types *types,
                             const char *modules, const char *scopes, bool dynamic) {
    struct problem_list *problems = problem_list_new(arena);
    struct module_list list;
    module_list_read(arena, types, unit_json(arena, modules), &list, problems);
    static struct app_module present[] = {
        {"dialogs", "there", true}, {"webhooks", NULL, false}, {"adminPages", "old", false}};
    struct app app = {.modules = present, .module_count = ARRAY_LENGTH(present)};
    app.scopes.list = json_strings(arena, unit_json(arena, scopes), &app.scopes.count);
    const struct module_surroundings surroundings = {
        .list = &list, .app = &app, .dynamic = dynamic};
    module_rules_check(&surroundings, problems);
    problem_list_sort(problems);
    return unit_problem_lines(arena, problems);
}

static void every_rule_is_kept(void **state) {
    const struct module_types *types = plain_and_special_types(*state);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(run_rules(*state, types, cases[i].modules, "[]", false),
                            cases[i].expected);
    assert_string_equal(
        run_rules(*state, types, "{'webhooks':[{'event':'user_created'}]}", "['admin']", false),
        "");
}

static void types_that_may_not_be_dynamic_are_left_alone(void **state) {
    const struct module_types *types = plain_and_special_types(*state);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(run_rules(*state, types, cases[i].modules, "[]", true), "");
}

static void every_rule_of_the_table_has_a_case(void **state) {
    const struct module_rule *rule;
    size_t count = 0;
    for (; (rule = module_rule(count)) != NULL; count++) {
        const char *severity = rule->severity == PROBLEM_ERROR ? "error" : "warning";
        const char *wanted = arena_format(*state, "%s %s /%s", severity, rule->name,
                                          rule->type == NULL ? "" : rule->type);
        const char *within = arena_format(*state, "%s %s /0/%s", severity, rule->name,
                                          rule->type == NULL ? "" : rule->type);
        bool found = false;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
            found = found || strstr(cases[i].expected, wanted) != NULL ||
                    strstr(cases[i].expected, within) != NULL;
        if (!found)
            fail_msg("the rule %s of %s has no case", rule->name, rule->type);
    }
    assert_true(count > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_rule_is_kept),
        UNIT_TEST(types_that_may_not_be_dynamic_are_left_alone),
        UNIT_TEST(every_rule_of_the_table_has_a_case),
    };
    return UNIT_RUN(tests);
}

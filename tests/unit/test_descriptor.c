/* Descriptors: each rule broken once and kept once, all mistakes of one named together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "connect/descriptor.h"
#include "connect/shared_secret.h"
#include "json/json.h"

static const char types_json[] =
    "{'types':[{'name':'webPanels','container':'list','dynamic':true,"
    "'schema':{'required':['location']}},"
    "{'name':'generalPages','container':'list','dynamic':false,'schema':true},"
    "{'name':'configurePage','container':'single','dynamic':false,'schema':true},"
    "{'name':'webhooks','container':'list','dynamic':true,'requiredScope':'READ','schema':true}]}";

/* A descriptor, and the problems as lines "severity rule pointer" in order. */
struct descriptor_case {
    const char *descriptor, *expected;
};

#define KEY "'key':'com.example.notes'"
#define URL "'baseUrl':'https://notes.example.com/a'"
#define JWT "'authentication':{'type':'jwt'},'lifecycle':{'installed':'/installed'}"
#define GOOD KEY "," URL "," JWT

static const struct descriptor_case cases[] = {
    {"{" GOOD "}", ""},
    {"{" GOOD ",'name':'Notes','description':'d','vendor':{'name':'v','url':'u'},"
     "'links':{'self':'/'},'scopes':['read','ACT_AS_USER'],'apiVersion':2,'enableLicensing':false,"
     "'apiMigrations':{'gdpr':true},'translations':{'paths':{'de-DE':'/de'}},'version':'1',"
     "'regionBaseUrls':{},'dataResidency':{},'cloudAppMigration':{},'editionsEnabled':true}",
     ""},
    {"[]", "error type \n"},
    {"null", "error type \n"},
    {"{}", "error required \nerror required \nerror required /lifecycle\n"},

    {"{'key':7," URL "," JWT "}", "error type /key\n"},
    {"{'key':''," URL "," JWT "}", "error pattern /key\n"},
    {"{'key':'a b'," URL "," JWT "}", "error pattern /key\n"},
    {"{'key':'Az0-._'," URL "," JWT "}", ""},
    {"{'key':'1234567890123456789012345678901234567890123456789012345678901234'," URL "," JWT "}",
     ""},
    {"{'key':'12345678901234567890123456789012345678901234567890123456789012345'," URL "," JWT "}",
     "error pattern /key\n"},

    {"{" KEY ",'baseUrl':'HTTP://localhost:3000'," JWT "}", ""},
    {"{" KEY ",'baseUrl':'notes.example.com'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':'ftp://notes.example.com'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':'https://'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':'https:///path'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':'https://a b'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':'https://a?b'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':'https://a#b'," JWT "}", "error format /baseUrl\n"},
    {"{" KEY ",'baseUrl':null," JWT "}", "error type /baseUrl\n"},

    {"{" KEY "," URL ",'authentication':{'type':'NONE'}}", ""},
    {"{" KEY "," URL ",'authentication':{'type':'JWT'}}", "error required /lifecycle\n"},
    {"{" KEY "," URL ",'authentication':{},'lifecycle':{'enabled':'/e'}}",
     "error required /lifecycle\n"},
    {"{" KEY "," URL ",'authentication':{'type':'oauth'}}", "error enum /authentication/type\n"},
    {"{" KEY "," URL ",'authentication':{'type':1}}", "error type /authentication/type\n"},
    {"{" KEY "," URL ",'authentication':'jwt','lifecycle':{'installed':'/i'}}",
     "error type /authentication\n"},
    {"{" KEY "," URL ",'lifecycle':{'installed':5}}", "error type /lifecycle/installed\n"},

    {"{" GOOD ",'name':1,'description':[],'vendor':[],'links':{'a':1},'apiVersion':1.5,"
     "'enableLicensing':'no','apiMigrations':{'gdpr':'yes'},'translations':{'paths':[]},"
     "'version':{}}",
     "error type /apiMigrations/gdpr\nerror type /apiVersion\nerror type /description\n"
     "error type /enableLicensing\nerror type /links/a\nerror type /name\n"
     "error type /translations/paths\nerror type /vendor\nerror type /version\n"},
    {"{" GOOD ",'colour':'red','a/b':1}",
     "warning unknownMember /a~1b\nwarning unknownMember /colour\n"},

    {"{" GOOD ",'scopes':'read'}", "error type /scopes\n"},
    {"{" GOOD ",'scopes':['READ','fly',3]}", "error enum /scopes/1\nerror type /scopes/2\n"},

    {"{" GOOD ",'modules':[]}", "error type /modules\n"},
    {"{" GOOD ",'modules':{'webPanels':[{'key':'a','location':'l'}],'generalPages':[{'key':'b'},"
     "{'key':'c'}],'configurePage':{'key':'d'}}}",
     ""},
    {"{" GOOD ",'modules':{'nonsense':[],'webPanels':{},'configurePage':[],'generalPages':[7]}}",
     "error container /modules/configurePage\nerror type /modules/generalPages/0\n"
     "error moduleType /modules/nonsense\nerror container /modules/webPanels\n"},
    {"{" GOOD ",'modules':{'webPanels':[{'key':'a_b','location':'l'},{'key':'ok'}]}}",
     "error pattern /modules/webPanels/0/key\nerror required /modules/webPanels/1\n"},
    {"{" GOOD ",'modules':{'generalPages':[{'key':'a'},{'key':'a'}],'configurePage':{'key':'a'}}}",
     "error duplicateKey /modules/configurePage/key\n"
     "error duplicateKey /modules/generalPages/1/key\n"},
    {"{" GOOD ",'scopes':['write'],'modules':{'webhooks':[{'event':'user_created'},"
     "{'event':'user_created'}]}}",
     ""},
    {"{" GOOD ",'scopes':['none'],'modules':{'webhooks':[{'event':'user_created'}]}}",
     "error scope /modules/webhooks/0\n"},
    {"{'key':'a b','baseUrl':'x','authentication':{'type':'x'},'scopes':['x'],'x':1,"
     "'modules':{'x':[]}}",
     "error enum /authentication/type\nerror format /baseUrl\nerror pattern /key\n"
     "error moduleType /modules/x\nerror enum /scopes/0\nwarning unknownMember /x\n"},
};

/* Quotes are single ones above, for the eye. */
static char *quoted(struct arena *arena, const char *text) {
    char *copy = arena_text(arena, text);
    for (char *at = copy; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

static void setup(struct arena **arena, struct module_types **types) {
    struct fault fault = {0};
    *arena = arena_new();
    if (!module_types_read(quoted(*arena, types_json), 1, types, &fault))
        fail_msg("%s", fault.text);
}

static void read_text(struct arena *arena, const struct module_types *types, const char *text,
                      struct descriptor *descriptor, struct problem_list *problems) {
    struct json_object *json;
    struct fault fault = {0};
    const char *sent = quoted(arena, text);
    if (!json_parse(arena, sent, strlen(sent), &json, &fault) ||
        !descriptor_read(arena, types, json, descriptor, problems, &fault))
        fail_msg("%s: %s", text, fault.text);
}

static void every_rule_is_kept(void **state) {
    (void)state;
    struct arena *arena;
    struct module_types *types;
    setup(&arena, &types);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct problem_list *problems = problem_list_new(arena);
        struct descriptor descriptor;
        const char *lines = "";
        read_text(arena, types, cases[i].descriptor, &descriptor, problems);
        for (size_t at = 0; at < problems->count; at++)
            lines =
                arena_format(arena, "%s%s %s %s\n", lines,
                             problems->items[at].severity == PROBLEM_ERROR ? "error" : "warning",
                             problems->items[at].rule, problems->items[at].pointer);
        if (strcmp(lines, cases[i].expected) != 0)
            fail_msg("%s\ngives\n%sand not\n%s", cases[i].descriptor, lines, cases[i].expected);
    }
    module_types_free(types);
    arena_free(arena);
}

static void what_an_installation_needs_is_read(void **state) {
    (void)state;
    struct arena *arena;
    struct module_types *types;
    struct descriptor descriptor;
    setup(&arena, &types);
    struct problem_list *problems = problem_list_new(arena);
    read_text(arena, types,
              "{" GOOD ",'scopes':['read'],'modules':{'configurePage':{'key':'c'},"
              "'webPanels':[{'key':'p','location':'l'}],'webhooks':[{'event':'user_created'}]}}",
              &descriptor, problems);
    assert_int_equal(problems->errors, 0);
    assert_string_equal(descriptor.key, "com.example.notes");
    assert_int_equal(json_object_array_length(descriptor.scopes), 1);
    assert_int_equal(descriptor.modules.count, 3);
    assert_string_equal(descriptor.modules.items[0].type->name, "configurePage");
    assert_string_equal(descriptor.modules.items[1].key, "p");
    assert_string_equal(descriptor.modules.items[1].pointer, "/modules/webPanels/0");
    assert_null(descriptor.modules.items[2].key);
    module_types_free(types);
    arena_free(arena);
}

static void untrusted_text_is_cut_and_escaped(void **state) {
    (void)state;
    struct arena *arena;
    struct module_types *types;
    struct descriptor descriptor;
    char key[1000];
    setup(&arena, &types);
    struct problem_list *problems = problem_list_new(arena);
    memset(key, 'x', sizeof key);
    key[sizeof key - 1] = '\0';
    read_text(arena, types, arena_format(arena, "{'key':'\\u001b%s'," URL "," JWT "}", key),
              &descriptor, problems);
    assert_int_equal(problems->count, 1);
    assert_null(strchr(problems->items[0].text, '\x1b'));
    assert_true(strlen(problems->items[0].text) < 300);
    module_types_free(types);
    arena_free(arena);
}

static void new_secrets_are_long_and_differ(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct fault fault;
    const char *one = shared_secret_new(arena);
    const char *other = shared_secret_new(arena);
    assert_int_equal(strlen(one), 43);
    assert_int_equal(
        strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
    assert_string_not_equal(one, other);
    assert_true(shared_secret_check(one, &fault));
    arena_free(arena);
}

static void secrets_are_checked_and_not_repeated(void **state) {
    (void)state;
    struct fault fault;
    assert_true(shared_secret_check("abcdefghijklmnopqrstuvwxyz!~0123", &fault));
    assert_false(shared_secret_check("abcdefghijklmnopqrstuvwxyz!~012", &fault));
    assert_null(strstr(fault.text, "abc"));
    assert_false(shared_secret_check("abcdefghijklmnopqrstuvwxyz !~0123", &fault));
    assert_false(shared_secret_check("abcdefghijklmnopqrstuvwxyz\xc3\xa4!~0123", &fault));
    assert_null(strstr(fault.text, "abc"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_kept),
        cmocka_unit_test(what_an_installation_needs_is_read),
        cmocka_unit_test(untrusted_text_is_cut_and_escaped),
        cmocka_unit_test(new_secrets_are_long_and_differ),
        cmocka_unit_test(secrets_are_checked_and_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Descriptors: each rule broken once and kept once, all mistakes of one named together. */
#include "connect/descriptor.h"
#include "connect/shared_secret.h"
#include "unit_connect.h"

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

static struct problem_list *read_text(struct arena *arena, const char *text,
                                      struct descriptor *descriptor) {
    struct problem_list *problems = problem_list_new(arena);
    struct fault fault = {0};
    if (!descriptor_read(arena, unit_types(arena, types_json), unit_json(arena, text), descriptor,
                         problems, &fault))
        fail_msg("%s: %s", text, fault.text);
    return problems;
}

static void every_rule_is_kept(void **state) {
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct descriptor descriptor;
        const struct problem_list *problems = read_text(*state, cases[i].descriptor, &descriptor);
        const char *lines = unit_problem_lines(*state, problems);
        if (strcmp(lines, cases[i].expected) != 0)
            fail_msg("%s\ngives\n%sand not\n%s", cases[i].descriptor, lines, cases[i].expected);
    }
}

static void what_an_installation_needs_is_read(void **state) {
    struct descriptor descriptor;
    const struct problem_list *problems = read_text(
        *state,
        "{" GOOD ",'scopes':['read'],'modules':{'configurePage':{'key':'c'},"
        "'webPanels':[{'key':'p','location':'l'}],'webhooks':[{'event':'user_created'}]}}",
        &descriptor);
    assert_int_equal(problems->errors, 0);
    assert_string_equal(descriptor.key, "com.example.notes");
    assert_int_equal(json_object_array_length(descriptor.scopes), 1);
    assert_int_equal(descriptor.modules.count, 3);
    assert_string_equal(descriptor.modules.items[0].type->name, "configurePage");
    assert_string_equal(descriptor.modules.items[1].key, "p");
    assert_string_equal(descriptor.modules.items[1].pointer, "/modules/webPanels/0");
    assert_null(descriptor.modules.items[2].key);
}

static void untrusted_text_is_cut_and_escaped(void **state) {
    struct descriptor descriptor;
    const char *key = unit_repeat(*state, "x", 1000);
    const struct problem_list *problems = read_text(
        *state, arena_format(*state, "{'key':'\\u001b%s'," URL "," JWT "}", key), &descriptor);
    assert_int_equal(problems->count, 1);
    assert_null(strchr(problems->items[0].text, '\x1b'));
    assert_true(strlen(problems->items[0].text) < 300);
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
        UNIT_TEST(every_rule_is_kept),
        UNIT_TEST(what_an_installation_needs_is_read),
        UNIT_TEST(untrusted_text_is_cut_and_escaped),
        UNIT_TEST(secrets_are_checked_and_not_repeated),
    };
    return UNIT_RUN(tests);
}

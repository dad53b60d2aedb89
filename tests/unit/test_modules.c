/* Module lists, their checks, and the message that names every problem. */
#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "connect/scope.h"
#include "host/registration.h"
#include "unit_connect.h"

static const char types_json[] =
    "{\"definitions\":{},\"types\":["
    "{\"name\":\"webPanels\",\"container\":\"list\",\"dynamic\":true,\"requiredScope\":null,"
    "\"schema\":true},"
    "{\"name\":\"webhooks\",\"container\":\"list\",\"dynamic\":true,\"requiredScope\":\"READ\","
    "\"schema\":true},"
    "{\"name\":\"dialogs\",\"container\":\"list\",\"dynamic\":false,\"requiredScope\":null,"
    "\"schema\":true},"
    "{\"name\":\"configurePage\",\"container\":\"single\",\"dynamic\":true,"
    "\"requiredScope\":null,\"schema\":true}]}";

struct fixture {
    struct arena *arena;
    struct module_types *types;
    struct app app;
    bool replaces; /* the modules are to replace those of the app */
};

static struct fixture fixture;

static const char *write_scope[] = {"WRITE"};
static struct app_module present_modules[] = {{"dialogs", "static", false},
                                              {"webPanels", "there", true}};

static int set_up(void **state) {
    unit_set_up(state);
    fixture.replaces = false;
    fixture.arena = *state;
    fixture.types = unit_types(*state, types_json);
    fixture.app = (struct app){
        .key = "my-app",
        .scopes = {write_scope, 1},
        .modules = present_modules,
        .module_count = ARRAY_LENGTH(present_modules),
        .module_limit = 100,
    };
    return 0;
}

/* The message that a request with the body `text` gets; NULL when its modules are all right. */
static const char *message_for(const char *text, struct module_list *list) {
    struct fault fault = {0};
    struct problem_list *problems = problem_list_new(fixture.arena);
    struct json_object *sent = unit_json(fixture.arena, text);
    assert_true((fixture.replaces ? registration_check_replacement : registration_check)(
        fixture.arena, fixture.types, &fixture.app, sent, list, problems, &fault));
    return problems->errors == 0 ? NULL : registration_message(problems);
}

static void assert_message(const char *text, const char *expected) {
    struct module_list list;
    const char *message = message_for(text, &list);
    if (message == NULL)
        fail_msg("%s was accepted", text);
    else
        assert_string_equal(message, expected);
}

static void assert_accepted(const char *text, size_t count, const char *last_pointer) {
    struct module_list list;
    const char *message = message_for(text, &list);
    if (message != NULL)
        fail_msg("%s: %s", text, message);
    assert_int_equal(list.count, count);
    if (count > 0)
        assert_string_equal(list.items[count - 1].pointer, last_pointer);
}

static void every_shape_is_read(void **state) {
    (void)state;
    assert_accepted("{}", 0, NULL);
    assert_accepted("[]", 0, NULL);
    assert_accepted("{\"modules\":{}}", 0, NULL);
    assert_accepted("{\"modules\":[]}", 0, NULL);
    assert_accepted("{\"webPanels\":[]}", 0, NULL);
    assert_accepted("{\"webPanels\":[{\"key\":\"a\"},{\"key\":\"b\"}]}", 2, "/webPanels/1");
    assert_accepted("{\"modules\":{\"webPanels\":[{\"key\":\"a\"}]}}", 1, "/modules/webPanels/0");
    assert_accepted("{\"modules\":[{\"webPanels\":[{\"key\":\"a\"}]},{\"webPanels\":"
                    "[{\"key\":\"b\"}]}]}",
                    2, "/modules/1/webPanels/0");
    assert_accepted("[{\"webPanels\":[{\"key\":\"a\"}]},{\"webhooks\":[{\"key\":\"b\"}]}]", 2,
                    "/1/webhooks/0");
    assert_accepted("{\"configurePage\":{\"key\":\"c\"}}", 1, "/configurePage");
}

static void wrong_shapes_are_explained(void **state) {
    (void)state;
    assert_message("null", "expected an object that maps module types to modules");
    assert_message("\"x\"", "expected an object that maps module types to modules");
    assert_message("{\"key\":\"a\",\"name\":{}}",
                   "this is a module without its module type; send {\"<module type>\": [...]}");
    assert_message("{\"modules\":[{\"key\":\"a\"}]}",
                   "The modules were not registered, for 1 reason:\n/modules/0: this is a module "
                   "without its module type; send {\"<module type>\": [...]}");
    assert_message("{\"webPanels\":{\"key\":\"a\"}}",
                   "The modules were not registered, for 1 reason:\n/webPanels: webPanels takes an "
                   "array of modules");
    assert_message("{\"configurePage\":[{\"key\":\"a\"}]}",
                   "The modules were not registered, for 1 reason:\n/configurePage: configurePage "
                   "takes one module, not an array");
    assert_message("{\"webPanels\":[1]}", "The modules were not registered, for 1 reason:\n"
                                          "/webPanels/0: a module must be an object");
}

static void all_problems_are_named_sorted_by_place(void **state) {
    (void)state;
    assert_message(
        "{\"webPanels\":[{},{\"key\":\"a_b\"},{\"key\":1},{\"key\":\"ok\"},{\"key\":\"ok\"}],"
        "\"nope\":[],\"dialogs\":[{\"key\":\"d\"}]}",
        "The modules were not registered, for 6 reasons:\n"
        "Installation failed. The app my-app has duplicate module keys: [ok]. Please contact the "
        "app vendor.\n"
        "/dialogs/0: modules of type dialogs cannot be registered dynamically\n"
        "/nope: \"nope\" is an unknown module type\n"
        "/webPanels/0: the required property \"key\" is missing\n"
        "/webPanels/1/key: \"a_b\" is not a valid module key: expected 1 to 100 letters, digits or "
        "\"-\"\n"
        "/webPanels/2/key: a module key must be a string");
}

static void duplicates_have_the_documented_text(void **state) {
    (void)state;
    static const char expected[] = "Installation failed. The app my-app has duplicate module keys: "
                                   "[there, b, static]. Please contact the app vendor.";
    assert_message("{\"webPanels\":[{\"key\":\"there\"},{\"key\":\"b\"},{\"key\":\"b\"},"
                   "{\"key\":\"b\"},{\"key\":\"static\"},{\"key\":\"there\"}]}",
                   expected);
}

static void the_limit_counts_dynamic_modules_only(void **state) {
    (void)state;
    fixture.app.module_limit = 2;
    assert_accepted("{\"webPanels\":[{\"key\":\"a\"}]}", 1, "/webPanels/0");
    assert_message("{\"webPanels\":[{\"key\":\"a\"},{\"key\":\"b\"}]}",
                   "the app my-app may have 2 dynamic modules on this site; it has 1, and 2 more "
                   "were sent");
}

static void a_replacement_counts_without_what_it_replaces(void **state) {
    (void)state;
    fixture.replaces = true;
    fixture.app.module_limit = 2;
    assert_accepted("{}", 0, NULL);
    assert_accepted("{\"webPanels\":[{\"key\":\"there\"},{\"key\":\"b\"}]}", 2, "/webPanels/1");
    assert_accepted("{\"webhooks\":[{\"key\":\"there\"}]}", 1, "/webhooks/0");
    assert_message("{\"webPanels\":[{\"key\":\"there\"},{\"key\":\"a\"},{\"key\":\"b\"}]}",
                   "the app my-app may have 2 dynamic modules on this site; 3 were sent");
    assert_message("{\"webPanels\":[{\"key\":\"a\"},{\"key\":\"static\"}]}",
                   "Installation failed. The app my-app has duplicate module keys: [static]. "
                   "Please contact the app vendor.");
    assert_message("[{\"webPanels\":[{\"key\":\"there\"}]},{\"webhooks\":[{\"key\":\"there\"}]}]",
                   "Installation failed. The app my-app has duplicate module keys: [there]. "
                   "Please contact the app vendor.");
}

static void a_module_may_stay_when_its_type_is_no_longer_dynamic(void **state) {
    (void)state;
    static struct app_module modules[] = {
        {"dialogs", "static", false}, {"dialogs", "old", true}, {"configurePage", "page", true}};
    static const char refused[] =
        "The modules were not replaced, for 1 reason:\n/dialogs/1: modules of type dialogs "
        "cannot be registered dynamically";
    fixture.app.modules = modules;
    fixture.app.module_count = ARRAY_LENGTH(modules);
    fixture.replaces = true;
    assert_accepted("{\"dialogs\":[{\"key\":\"old\"}]}", 1, "/dialogs/0");
    assert_accepted("{\"configurePage\":{\"key\":\"other\"}}", 1, "/configurePage");
    assert_message("{\"dialogs\":[{\"key\":\"old\"},{\"key\":\"new\"},{\"key\":\"newer\"}]}",
                   refused);
    fixture.replaces = false;
    assert_message("{\"configurePage\":{\"key\":\"other\"}}",
                   "The modules were not registered, for 1 reason:\n/configurePage: an app can "
                   "have only one configurePage");
}

static void scopes_imply_lower_ones(void **state) {
    (void)state;
    struct module_list list;
    assert_accepted("{\"webhooks\":[{\"key\":\"h\"}]}", 1, "/webhooks/0");
    static const char *unrelated[] = {"ACT_AS_USER", "none"};
    fixture.app.scopes = (struct app_texts){unrelated, ARRAY_LENGTH(unrelated)};
    const char *message = message_for("{\"webhooks\":[{\"key\":\"h\"}]}", &list);
    assert_contains(message, "require the READ scope");
    static const char *project_admin[] = {"project_admin"};
    const struct app_texts scopes = {project_admin, 1}, none = {NULL, 0};
    assert_true(scope_grants(&scopes, "DELETE"));
    assert_false(scope_grants(&scopes, "SPACE_ADMIN"));
    assert_false(scope_grants(&scopes, "ADMIN"));
    assert_false(scope_grants(&none, "READ"));
    assert_true(scope_is_known("admin"));
    assert_false(scope_is_known("ROOT"));
}

static void a_single_type_has_one_module(void **state) {
    (void)state;
    assert_message("[{\"configurePage\":{\"key\":\"a\"}},{\"configurePage\":{\"key\":\"b\"}}]",
                   "The modules were not registered, for 1 reason:\n/1/configurePage: an app can "
                   "have only one configurePage");
}

static void too_many_problems_are_counted(void **state) {
    (void)state;
    struct module_list list;
    const char *ones = unit_repeat(fixture.arena, "1,", LIMIT_PROBLEMS + 6);
    const char *message =
        message_for(arena_format(fixture.arena, "{'webPanels':[%s1]}", ones), &list);
    assert_contains(message, "for 1007 reasons:");
    assert_contains(message, "\nand 7 more");
}

/* It was once cut in the middle of a line, and lost the number of what it left out. */
static void a_long_message_ends_with_a_number(void **state) {
    (void)state;
    struct module_list list;
    struct buffer text;
    size_t lines = 0, more = 0;
    const char *long_name = unit_repeat(fixture.arena, "\xc3\xa9", 150);
    buffer_init(&text, 1 << 20);
    for (int i = 0; i < LIMIT_PROBLEMS; i++)
        buffer_add_format(&text, "%s\"%03d%s\":[]", i == 0 ? "{" : ",", i, long_name);
    buffer_add_byte(&text, '}');
    const char *message = message_for(buffer_to_arena(&text, fixture.arena), &list);
    assert_in_range(strlen(message), LIMIT_MESSAGE - 1000, LIMIT_MESSAGE);
    for (const char *at = message; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    const char *end = strrchr(message, '\n');
    assert_int_equal(sscanf(end, "\nand %zu more", &more), 1);
    assert_int_equal(lines - 1 + more, LIMIT_PROBLEMS);
    assert_int_equal(utf8_valid_prefix(message, strlen(message)), strlen(message));
}

/* What is only a warning must not push out what is refused. */
static void warnings_leave_room_for_errors(void **state) {
    (void)state;
    struct problem_list *list = problem_list_new(fixture.arena);
    for (int i = 0; i < 2 * LIMIT_PROBLEMS; i++)
        problem_add(list, PROBLEM_WARNING, "/w", "rule", "text");
    assert_int_equal(list->count, LIMIT_WARNINGS);
    assert_int_equal(problem_list_room(list), LIMIT_PROBLEMS);
    for (int i = 0; i < LIMIT_PROBLEMS + 7; i++)
        problem_add(list, PROBLEM_ERROR, "/e", "rule", "text");
    assert_int_equal(list->count, LIMIT_WARNINGS + LIMIT_PROBLEMS);
    assert_int_equal(list->errors, LIMIT_PROBLEMS + 7);
    assert_int_equal(list->more, 7);
    assert_int_equal(problem_list_room(list), 0);
}

static void a_warning_can_be_made_an_error(void **state) {
    (void)state;
    struct problem_list *list = problem_list_new(fixture.arena);
    problem_list_treat_as_error(list, "one");
    problem_add(list, PROBLEM_WARNING, "/a", "one", "text");
    problem_add(list, PROBLEM_WARNING, "/b", "other", "text");
    assert_int_equal(list->errors, 1);
    assert_int_equal(list->items[0].severity, PROBLEM_ERROR);
    assert_int_equal(list->items[1].severity, PROBLEM_WARNING);
}

static void a_request_has_a_largest_number_of_modules(void **state) {
    (void)state;
    struct buffer text;
    struct module_list list;
    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, "{\"webPanels\":[{\"key\":\"k\"}");
    for (int i = 1; i < LIMIT_MODULES + 5; i++)
        buffer_add_format(&text, ",{\"key\":\"k%d\"}", i);
    buffer_add_text(&text, "]}");
    const char *message = message_for(buffer_text(&text), &list);
    assert_contains(message, "/webPanels/1000: no more than 1000 modules are allowed at once");
    assert_int_equal(list.count, LIMIT_MODULES);
    buffer_free(&text);
}

static void pointers_are_escaped_and_sorted_by_number(void **state) {
    (void)state;
    assert_string_equal(problem_pointer(fixture.arena, "/a", "b/c~d"), "/a/b~1c~0d");
    struct problem_list *list = problem_list_new(fixture.arena);
    static const char *const sorted[] = {"", "/a", "/a/2", "/a/2/x", "/a/10", "/ab", "/b"};
    for (size_t i = 7; i > 0; i--)
        problem_add(list, PROBLEM_WARNING, sorted[i - 1], "rule", "text");
    problem_list_sort(list);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(list->items[i].pointer, sorted[i]);
    assert_int_equal(list->errors, 0);
}

static void input_is_quoted_escaped_and_cut(void **state) {
    (void)state;
    assert_string_equal(problem_quote(fixture.arena, "a\nb"), "\"a\\x0ab\"");
    const char *longer = unit_repeat(fixture.arena, "x", 400);
    assert_int_equal(strlen(problem_quote(fixture.arena, longer)), LIMIT_ECHO + 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST_WITH(set_up, every_shape_is_read),
        UNIT_TEST_WITH(set_up, wrong_shapes_are_explained),
        UNIT_TEST_WITH(set_up, all_problems_are_named_sorted_by_place),
        UNIT_TEST_WITH(set_up, duplicates_have_the_documented_text),
        UNIT_TEST_WITH(set_up, the_limit_counts_dynamic_modules_only),
        UNIT_TEST_WITH(set_up, a_replacement_counts_without_what_it_replaces),
        UNIT_TEST_WITH(set_up, a_module_may_stay_when_its_type_is_no_longer_dynamic),
        UNIT_TEST_WITH(set_up, scopes_imply_lower_ones),
        UNIT_TEST_WITH(set_up, a_single_type_has_one_module),
        UNIT_TEST_WITH(set_up, too_many_problems_are_counted),
        UNIT_TEST_WITH(set_up, a_long_message_ends_with_a_number),
        UNIT_TEST_WITH(set_up, a_warning_can_be_made_an_error),
        UNIT_TEST_WITH(set_up, warnings_leave_room_for_errors),
        UNIT_TEST_WITH(set_up, a_request_has_a_largest_number_of_modules),
        UNIT_TEST_WITH(set_up, pointers_are_escaped_and_sorted_by_number),
        UNIT_TEST_WITH(set_up, input_is_quoted_escaped_and_cut),
    };
    return UNIT_RUN(tests);
}

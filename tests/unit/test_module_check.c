/* The check of single modules, by a type whose schema asks for more than a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "connect/module_check.h"
#include "json/json.h"

static const char types_json[] =
    "{\"definitions\":{},\"types\":[{\"name\":\"doors\",\"container\":\"list\",\"dynamic\":true,"
    "\"requiredScope\":null,\"schema\":{\"required\":[\"key\",\"a \\\"key\\\" to it\"]}}]}";

/* What is wrong with a dynamic module, one problem a line. */
static const char *problems_of(struct arena *arena, const char *module) {
    struct module_types *types;
    struct module_list list;
    struct json_object *sent;
    struct fault fault;
    struct buffer text;
    const char *map = arena_format(arena, "{\"doors\":[%s]}", module);
    struct problem_list *problems = problem_list_new(arena);
    buffer_init(&text, 1000);
    assert_true(module_types_read(types_json, 1, &types, &fault));
    assert_true(json_parse(arena, map, strlen(map), &sent, &fault));
    module_list_read(arena, types, sent, &list, problems);
    assert_true(module_check(types, &list, true, problems, &fault));
    for (size_t i = 0; i < problems->count; i++) {
        problem_describe(&problems->items[i], &text);
        buffer_add_byte(&text, '\n');
    }
    module_types_free(types);
    return buffer_to_arena(&text, arena);
}

static void a_missing_key_is_told_once(void **state) {
    assert_string_equal(problems_of(*state, "{\"a \\\"key\\\" to it\":1}"),
                        "/doors/0: the required property \"key\" is missing\n");
}

/* It was left out as if it were the key, and the module taken. */
static void a_name_that_quotes_key_is_another(void **state) {
    assert_string_equal(problems_of(*state, "{\"key\":\"front\"}"),
                        "/doors/0: the required property \"a \"key\" to it\" is missing\n");
}

static int set_up(void **state) {
    *state = arena_new();
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_key_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_quotes_key_is_another, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

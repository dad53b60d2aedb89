/* The check of single modules, by a type whose schema asks for more than a key. */
#include "connect/module_check.h"
#include "unit.h"
#include "unit_connect.h"

static const char types_json[] =
    "{'definitions':{},'types':[{'name':'doors','container':'list','dynamic':true,"
    "'requiredScope':null,'schema':{'required':['key','a \\'key\\' to it']}}]}";

/* What is wrong with a dynamic module, one problem a line. */
static const char *problems_of(struct arena *arena, const char *module) {
    struct module_list list;
    struct fault fault;
    const char *lines = "";
    const struct module_types *types = unit_types(arena, types_json);
    struct problem_list *problems = problem_list_new(arena);
    module_list_read(arena, types, unit_json(arena, arena_format(arena, "{'doors':[%s]}", module)),
                     &list, problems);
    assert_true(module_check(types, &list, true, problems, &fault));
    for (size_t i = 0; i < problems->count; i++)
        lines = arena_format(arena, "%s%s\n", lines, problem_describe(arena, &problems->items[i]));
    return lines;
}

static void a_missing_key_is_told_once(void **state) {
    assert_string_equal(problems_of(*state, "{'a \\'key\\' to it':1}"),
                        "/doors/0: the required property \"key\" is missing\n");
}

/* It was left out as if it were the key, and the module taken. */
static void a_name_that_quotes_key_is_another(void **state) {
    assert_string_equal(problems_of(*state, "{'key':'front'}"),
                        "/doors/0: the required property \"a \"key\" to it\" is missing\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_missing_key_is_told_once),
        UNIT_TEST(a_name_that_quotes_key_is_another),
    };
    return UNIT_RUN(tests);
}

/* The 58 module types: what must be accepted is, and each rule of each schema refuses what breaks
 * it, at the right place. The refused modules come from tests/lib/module_cases.pl. */
#include <stdio.h>
#include <stdlib.h>

#include "connect/builtin_types.h"
#include "connect/module_check.h"
#include "connect/module_rules.h"
#include "unit_connect.h"

enum { TYPES = 58, MOST_VIOLATIONS = 50 };

static struct module_types *types;

static int set_up(void **state) {
    (void)state;
    struct fault fault;
    return module_types_read(builtin_types_json, 1, &types, &fault) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    module_types_free(types);
    return 0;
}

static const struct schema *schema_of(const struct module_type *type) {
    struct fault fault = {0};
    const struct schema *schema = module_types_schema(types, type, &fault);
    if (schema == NULL)
        fail_msg("%s: %s", type->name, fault.text);
    return schema;
}

static void assert_accepted(struct arena *arena, const struct module_type *type, const char *which,
                            struct json_object *module) {
    struct schema_violations violations;
    assert_true(json_object_is_type(module, json_type_object));
    if (!schema_validate(schema_of(type), module, arena, MOST_VIOLATIONS, &violations))
        fail_msg("%s %s: %s: %s", type->name, which, violations.list[0].pointer,
                 violations.list[0].text);
}

static void minimal_and_maximal_modules_are_accepted(void **state) {
    struct arena *arena = *state;
    size_t accepted = 0;
    for (size_t i = 0; i < module_types_count(types); i++) {
        const struct module_type *type = module_types_get(types, i);
        const char *path = arena_format(arena, "tests/data/module_types/%s.json", type->name);
        struct json_object *file = unit_json_file(arena, path);
        assert_accepted(arena, type, "minimal", json_member(file, "minimal"));
        assert_accepted(arena, type, "maximal", json_member(file, "maximal"));
        struct json_object *variants = json_member(file, "variants");
        for (size_t v = 0; variants != NULL && v < json_object_array_length(variants);
             v++, accepted++)
            assert_accepted(arena, type, "variant", json_object_array_get_idx(variants, v));
        accepted += 2;
    }
    assert_int_equal(module_types_count(types), TYPES);
    print_message("# %zu modules of %zu types accepted\n", accepted, module_types_count(types));
}

/* Of several shapes of which none comes closer, the violation names the choice itself. */
static bool reports(const struct schema_violations *violations, const char *pointer,
                    const char *keyword) {
    for (size_t i = 0; i < violations->count; i++)
        if (strcmp(violations->list[i].pointer, pointer) == 0 &&
            (strcmp(violations->list[i].keyword, keyword) == 0 ||
             strcmp(violations->list[i].keyword, "anyOf") == 0))
            return true;
    return false;
}

/* One line of the generator: {"type", "case", "pointer", "keyword", "module"}. */
static void refuse_line(const char *line) {
    struct arena *arena = arena_new();
    struct schema_violations violations;
    struct json_object *refused = json_keep(arena, json_tokener_parse(line));
    const char *name = json_member_text(refused, "type");
    const struct module_type *type = name == NULL ? NULL : module_types_find(types, name);
    assert_non_null(type);
    if (schema_validate(schema_of(type), json_member(refused, "module"), arena, MOST_VIOLATIONS,
                        &violations))
        fail_msg("%s%s was accepted", name, json_member_text(refused, "case"));
    if (!reports(&violations, json_member_text(refused, "pointer"),
                 json_member_text(refused, "keyword")))
        fail_msg("%s%s: got %s at %s: %s", name, json_member_text(refused, "case"),
                 violations.list[0].keyword, violations.list[0].pointer, violations.list[0].text);
    assert_true(strlen(violations.list[0].text) > 8);
    arena_free(arena);
}

static void every_rule_of_every_schema_refuses(void **state) {
    (void)state;
    FILE *file = fopen("build/generated/module_cases.jsonl", "r");
    char *line = NULL;
    size_t size = 0, count = 0;
    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        refuse_line(line);
        count++;
    }
    free(line);
    fclose(file);
    assert_true(count > 3000);
    print_message("# %zu modules refused, each at the expected place\n", count);
}

static void broken_schemas_are_named(void **state) {
    struct fault fault = {0};
    struct module_types *broken =
        unit_types(*state, "{'types':[{'name':'t','container':'list',"
                           "'schema':{'properties':{'a':{'type':'sting'}}}}]}");
    assert_null(module_types_schema(broken, module_types_find(broken, "t"), &fault));
    assert_int_equal(fault.kind, FAULT_UNAVAILABLE);
    assert_contains(fault.text, "the schema of the module type t is broken: ");
    assert_contains(fault.text, "/properties/a/type");
}

/* A key is explained once, by the rule for keys and not by the schema as well. */
static void a_wrong_key_is_named_once(void **state) {
    static const char *const expected[] = {"/webPanels/0/key", "/webPanels/1", "/webPanels/1",
                                           "/webPanels/1", "/webPanels/1"};
    struct arena *arena = *state;
    struct problem_list *problems = problem_list_new(arena);
    struct json_object *sent = unit_json(
        arena, "{'webPanels':[{'key':'a b','location':'l','url':'u','name':{'value':'n'}},{}]}");
    struct module_list list;
    struct fault fault;
    module_list_read(arena, types, sent, &list, problems);
    assert_true(module_check(types, &list, true, problems, &fault));
    problem_list_sort(problems);
    assert_int_equal(problems->count, 5);
    for (size_t i = 0; i < problems->count; i++)
        assert_string_equal(problems->items[i].pointer, expected[i]);
    struct problem_list *static_problems = problem_list_new(arena);
    assert_true(module_check(types, &list, false, static_problems, &fault));
    assert_int_equal(static_problems->count, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(minimal_and_maximal_modules_are_accepted),
        UNIT_TEST(every_rule_of_every_schema_refuses),
        UNIT_TEST(broken_schemas_are_named),
        UNIT_TEST(a_wrong_key_is_named_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Validates by the cases in tests/data/schema, all written for this repository. A file is an
 * array of groups: a "schema" with other "documents" by URI, and either "refused", the fault of
 * compiling it, or values: "accepts", "refuses", and "tests" with all "violations" expected: the
 * pointer, the keyword, the text and the member, if there is one. */
#include <stdio.h>

#include "schema/schema.h"
#include "unit.h"

enum { MOST_DOCUMENTS = 12, MOST_VIOLATIONS = 100 };

static struct json_object *member(struct json_object *object, const char *name) {
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value;
}

static size_t length_of(struct json_object *array) {
    return array == NULL ? 0 : json_object_array_length(array);
}

static bool compile(struct json_object *group, struct schema **schema, struct fault *fault) {
    struct schema_document documents[MOST_DOCUMENTS];
    struct json_object *given = member(group, "documents");
    size_t count = 0;
    if (given != NULL) {
        json_object_object_foreach(given, uri, root) {
            assert_true(count < MOST_DOCUMENTS);
            documents[count++] = (struct schema_document){uri, root};
        }
    }
    return schema_compile(member(group, "schema"), documents, count, schema, fault);
}

static const char *expected_part(struct json_object *expected, size_t index, size_t part) {
    struct json_object *violation = json_object_array_get_idx(expected, index);
    return json_object_get_string(json_object_array_get_idx(violation, part));
}

/* Whether the text is that of the part, or NULL if the violation has no such part. */
static bool is_part(struct json_object *expected, size_t index, size_t part, const char *text) {
    const char *wanted = expected_part(expected, index, part);
    return wanted == NULL || text == NULL ? wanted == text : strcmp(text, wanted) == 0;
}

static bool is_expected(const struct schema_violations *found, struct json_object *expected) {
    if (found->count != found->total || found->total != length_of(expected))
        return false;
    for (size_t i = 0; i < found->count; i++)
        if (!is_part(expected, i, 0, found->list[i].pointer) ||
            !is_part(expected, i, 1, found->list[i].keyword) ||
            !is_part(expected, i, 2, found->list[i].text) ||
            !is_part(expected, i, 3, found->list[i].member))
            return false;
    return true;
}

static void print_case(const char *name, struct json_object *value,
                       const struct schema_violations *found) {
    printf("# %s: %s\n", name, value == NULL ? "null" : json_object_to_json_string(value));
    for (size_t i = 0; i < found->count; i++)
        printf("#   found %s [%s] %s (%s)\n", found->list[i].pointer, found->list[i].keyword,
               found->list[i].text,
               found->list[i].member == NULL ? "no member" : found->list[i].member);
}

/* Without `exact` only whether the value is valid counts, as `expected` is empty or not. */
static size_t check_value(const char *name, const struct schema *schema, struct json_object *value,
                          bool exact, struct json_object *expected, bool expect_valid) {
    struct arena *arena = arena_new();
    struct schema_violations found;
    bool valid = schema_validate(schema, value, arena, MOST_VIOLATIONS, &found);
    bool right = valid == expect_valid && valid == (found.total == 0) &&
                 (!exact || is_expected(&found, expected));
    if (!right)
        print_case(name, value, &found);
    arena_free(arena);
    return right ? 0 : 1;
}

static size_t check_values(const char *name, const struct schema *schema,
                           struct json_object *values, bool expect_valid) {
    size_t wrong = 0;
    for (size_t i = 0; i < length_of(values); i++)
        wrong += check_value(name, schema, json_object_array_get_idx(values, i), false, NULL,
                             expect_valid);
    return wrong;
}

static size_t check_group(struct json_object *group) {
    struct schema *schema = NULL;
    struct fault fault = {.text = ""};
    const char *name = json_object_get_string(member(group, "description"));
    struct json_object *refused = member(group, "refused"), *tests = member(group, "tests");
    if (!compile(group, &schema, &fault) || refused != NULL) {
        bool right = refused != NULL && schema == NULL &&
                     strcmp(fault.text, json_object_get_string(refused)) == 0;
        if (!right)
            printf("# %s: %s\n", name, fault.text);
        schema_free(schema);
        return right ? 0 : 1;
    }
    size_t wrong = check_values(name, schema, member(group, "accepts"), true) +
                   check_values(name, schema, member(group, "refuses"), false);
    for (size_t i = 0; i < length_of(tests); i++) {
        struct json_object *test = json_object_array_get_idx(tests, i);
        struct json_object *expected = member(test, "violations");
        wrong += check_value(name, schema, member(test, "data"), true, expected,
                             length_of(expected) == 0);
    }
    schema_free(schema);
    return wrong;
}

static void all_cases_hold(void **state) {
    const char *name = *state;
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "tests/data/schema/%s.json", name);
    struct json_object *groups = unit_json_file(arena, path);
    size_t wrong = 0;
    for (size_t i = 0; i < json_object_array_length(groups); i++)
        wrong += check_group(json_object_array_get_idx(groups, i));
    assert_true(json_object_array_length(groups) > 0);
    arena_free(arena);
    assert_int_equal(wrong, 0);
}

#define FILE_TEST(name)                                                                            \
    {                                                                                              \
        name, all_cases_hold, NULL, NULL, (char[]) {                                               \
            name                                                                                   \
        }                                                                                          \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        FILE_TEST("general"),  FILE_TEST("numbers"),      FILE_TEST("strings"),
        FILE_TEST("patterns"), FILE_TEST("formats"),      FILE_TEST("arrays"),
        FILE_TEST("objects"),  FILE_TEST("combinations"), FILE_TEST("references"),
        FILE_TEST("broken"),
    };
    return UNIT_RUN(tests);
}

/* Validates what is too big, too deep, too slow or not JSON at all: the validator stays bounded. */
#include <math.h>
#include <time.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "schema/schema.h"
#include "unit.h"

enum { SLOW = 2000 }; /* milliseconds of the processor */

struct fixture {
    struct arena *arena;
    struct schema *schema;
    struct schema_violations found;
    struct fault fault;
};

static int set_up(void **state) {
    struct fixture *fixture = memory_alloc(sizeof *fixture);
    fixture->arena = arena_new();
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    schema_free(fixture->schema);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static int64_t milliseconds(void) {
    return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

static struct json_object *parse(const char *text) {
    struct json_tokener *tokener = json_tokener_new_ex(100 * 1000);
    struct json_object *value = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success)
        fail_msg("%.100s", text);
    json_tokener_free(tokener);
    return value;
}

/* Gives up its own reference, so that the schema has to keep one. */
static bool compile(struct fixture *fixture, const char *text) {
    struct json_object *root = parse(text);
    schema_free(fixture->schema);
    fixture->schema = NULL;
    bool done = schema_compile(root, NULL, 0, &fixture->schema, &fixture->fault);
    json_object_put(root);
    return done;
}

static bool validate_object(struct fixture *fixture, struct json_object *value, size_t maximum) {
    bool valid = schema_validate(fixture->schema, value, fixture->arena, maximum, &fixture->found);
    assert_int_equal(valid, fixture->found.total == 0);
    json_object_put(value);
    return valid;
}

static bool validate(struct fixture *fixture, const char *text) {
    return validate_object(fixture, parse(text), 100);
}

/* `count` times `text` between `before` and `after`. */
static char *repeat(struct fixture *fixture, const char *before, const char *text, size_t count,
                    const char *after) {
    struct arena *arena = fixture->arena;
    return arena_format(arena, "%s%s%s", before, unit_repeat(arena, text, count), after);
}

static void assert_only(const struct fixture *fixture, const char *pointer, const char *keyword,
                        const char *text) {
    assert_int_equal(fixture->found.total, 1);
    assert_string_equal(fixture->found.list[0].pointer, pointer);
    assert_string_equal(fixture->found.list[0].keyword, keyword);
    assert_string_equal(fixture->found.list[0].text, text);
}

static void a_schema_keeps_its_documents(void **state) {
    struct fixture *fixture = *state;
    struct json_object *root = parse("{\"$ref\":\"x:y#/z\"}");
    struct json_object *other = parse("{\"z\":{\"enum\":[\"kept\"],\"required\":[\"a\"]}}");
    char uri[] = "x:y";
    struct schema_document document = {uri, other};
    assert_true(schema_compile(root, &document, 1, &fixture->schema, &fixture->fault));
    json_object_put(root);
    json_object_put(other);
    memset(uri, 'q', sizeof uri - 1);
    assert_true(validate(fixture, "\"kept\""));
    assert_false(validate(fixture, "\"lost\""));
    assert_only(fixture, "", "enum", "must be \"kept\", but is \"lost\"");
    schema_free(NULL);
}

static void the_list_is_capped(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"items\":{\"type\":\"string\"}}"));
    char *many = repeat(fixture, "[", "1,", 4999, "1]");
    static const size_t maxima[] = {0, 1, 7, 8, 9, 64, 1000};
    for (size_t i = 0; i < ARRAY_LENGTH(maxima); i++) {
        assert_false(validate_object(fixture, parse(many), maxima[i]));
        assert_int_equal(fixture->found.count, maxima[i] == 0 ? 1 : maxima[i]);
        assert_int_equal(fixture->found.total, 5000);
        struct schema_violation *last = &fixture->found.list[fixture->found.count - 1];
        const char *pointer = arena_format(fixture->arena, "/%zu", fixture->found.count - 1);
        assert_string_equal(last->pointer, pointer);
        assert_string_equal(last->text, "must be a string, but is 1");
    }
    assert_true(validate(fixture, "[]"));
    assert_null(fixture->found.list);
}

static void little_is_echoed(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"additionalProperties\":{\"const\":0}}"));
    char *text = repeat(fixture, "{\"", "n\\u001b", 1000, "\":\"");
    text = repeat(fixture, text, "v\\n", 1000, "\"}");
    assert_false(validate(fixture, text));
    char *pointer = repeat(fixture, "/n\\x1b", "n\\x1b", 98, "n\\x1b...");
    pointer[strlen(pointer) - strlen("\\x1b...")] = '\0'; /* "/" and 199 bytes of the name */
    char *value = repeat(fixture, "must be 0, but is \"", "v\\x0a", 100, "...\"");
    assert_only(fixture, arena_format(fixture->arena, "%s...", pointer), "const", value);
}

static void long_names_are_cut(void **state) {
    struct fixture *fixture = *state;
    assert_true(
        compile(fixture, "{\"additionalProperties\":{\"$ref\":\"#\"},\"maxProperties\":1}"));
    char *inner = repeat(fixture, "{\"a\":0,\"b\":0,\"", "~/", 50 * 1000, "\":{\"c\":0,\"d\":0}}");
    assert_false(validate(fixture, inner));
    assert_int_equal(fixture->found.total, 2);
    assert_true(strlen(fixture->found.list[1].pointer) <= LIMIT_ECHO + strlen("..."));
}

/* It once took seconds: every pointer was written to its end, far beyond what is kept of it. */
static void long_names_are_not_written_to_their_end(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"additionalProperties\":{\"items\":{\"type\":\"string\"}}}"));
    char *text = repeat(fixture, "{\"", "~/", 450 * 1000, "\":[");
    text = repeat(fixture, text, "1,", 999, "1]}");
    int64_t start = milliseconds();
    assert_false(validate_object(fixture, parse(text), 1000));
    assert_int_equal(fixture->found.count, 1000);
    assert_true(milliseconds() - start < SLOW);
}

static void patterns_cannot_hang(void **state) {
    static const char *const patterns[] = {
        "(a+)+$",      "^(a|a)*$",          "^(a|aa)+$",       "(.*a){20}b", "a*a*a*a*a*a*b",
        "(?=(a+)+$)b", "^(?:a?){40}a{40}b", "^((a*)*)*b$",     "(a*)*\\1b",  "[a-z]*!",
        "a+b",         "(?<!b)a*c",         "^(?:(?:a*)?)*?b",
    };
    struct fixture *fixture = *state;
    char *subject = repeat(fixture, "[\"", "a", 100 * 1000, "!!\"]");
    for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++) {
        struct json_object *schema = json_object_new_object(), *items = json_object_new_object();
        json_object_object_add(schema, "items", items);
        json_object_object_add(items, "pattern", json_object_new_string(patterns[i]));
        assert_true(compile(fixture, json_object_to_json_string(schema)));
        json_object_put(schema);
        int64_t start = milliseconds();
        bool valid = validate(fixture, subject);
        assert_true(milliseconds() - start < SLOW);
        if (strcmp(patterns[i], "[a-z]*!") == 0)
            assert_true(valid);
        else
            assert_false(valid);
        if (i == 0)
            assert_only(fixture, "/0", "pattern",
                        "cannot be checked: the pattern takes too many steps");
    }
}

/* A back reference compares half of the subject in vain at each of many places. */
static void back_references_cannot_hang(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"pattern\":\"^(a*c).*?\\\\1d\"}"));
    char *subject = repeat(fixture, "\"", "a", 150 * 1000, "c");
    subject = repeat(fixture, subject, "a", 300 * 1000, "b\"");
    int64_t start = milliseconds();
    assert_false(validate(fixture, subject));
    assert_true(milliseconds() - start < SLOW);
    assert_true(validate(fixture, "\"aacaaacd\""));
}

static void steps_are_counted_once(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"items\":{\"pattern\":\"^(a+)+$\"}}"));
    char *subject = repeat(fixture, "[", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\",", 1000, "\"a\"]");
    int64_t start = milliseconds();
    assert_false(validate(fixture, subject));
    assert_true(milliseconds() - start < SLOW);
    assert_int_equal(fixture->found.total, 1001); /* nothing is left for the last one either */
}

static void undecided_is_never_valid(void **state) {
    struct fixture *fixture = *state;
    char *subject = repeat(fixture, "\"", "a", 100, "!\"");
    static const char *const schemas[] = {
        "{\"not\":{\"pattern\":\"^(a+)+$\"}}",
        "{\"anyOf\":[{\"pattern\":\"^(a+)+$\"},{}]}",
        "{\"if\":{\"pattern\":\"^(a+)+$\"}}",
        "{\"oneOf\":[{\"pattern\":\"^(a+)+$\"},{}]}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(schemas); i++) {
        assert_true(compile(fixture, schemas[i]));
        assert_false(validate(fixture, subject));
        assert_only(fixture, "", "limit", "cannot be checked: the pattern takes too many steps");
    }
}

static void long_texts_are_fine(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"pattern\":\"^[^<>]*$\",\"minLength\":1000000}"));
    assert_true(validate(fixture, repeat(fixture, "\"", "é", 1000 * 1000, "\"")));
}

static void too_long_patterns_are_refused(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, repeat(fixture, "{\"pattern\":\"", "a", LIMIT_PATTERN, "\"}")));
    assert_false(
        compile(fixture, repeat(fixture, "{\"pattern\":\"", "a", LIMIT_PATTERN + 1, "\"}")));
    assert_string_equal(
        fixture->fault.text,
        "#/pattern: is not a valid regular expression: it is too long (after 0 bytes)");
    char *groups = repeat(fixture, "{\"pattern\":\"", "(", LIMIT_PATTERN_GROUPS, "");
    assert_true(compile(fixture, repeat(fixture, groups, ")", LIMIT_PATTERN_GROUPS, "\"}")));
    groups = repeat(fixture, groups, "(", 1, "");
    assert_false(compile(fixture, repeat(fixture, groups, ")", LIMIT_PATTERN_GROUPS + 1, "\"}")));
}

static void deep_values_are_not_valid(void **state) {
    struct fixture *fixture = *state;
    char *deep = repeat(fixture, "", "[", 5000, "");
    deep = repeat(fixture, deep, "]", 5000, "");
    assert_true(compile(fixture, "{\"items\":{\"$ref\":\"#\"}}"));
    assert_false(validate(fixture, deep));
    assert_int_equal(fixture->found.total, 1);
    assert_string_equal(fixture->found.list[0].keyword, "limit");
    assert_string_equal(fixture->found.list[0].text, "cannot be checked: it is nested too deeply");
    assert_true(compile(fixture, "{\"items\":{\"const\":[[]]},\"uniqueItems\":true}"));
    assert_false(validate(fixture, arena_format(fixture->arena, "[[[]],%s]", deep)));
    assert_int_equal(fixture->found.total, 2);
    assert_string_equal(fixture->found.list[0].text, "cannot be checked: it is nested too deeply");
    assert_string_equal(fixture->found.list[1].pointer, "/1");
    assert_true(compile(fixture, "{\"type\":\"array\"}"));
    assert_true(validate(fixture, deep));
    deep = repeat(fixture, "[1,", "{\"a\":", 5000, "0");
    assert_true(compile(fixture, "{\"uniqueItems\":true}"));
    assert_false(validate(fixture, repeat(fixture, deep, "}", 5000, "]")));
}

static void deep_schemas_are_refused(void **state) {
    struct fixture *fixture = *state;
    char *deep = repeat(fixture, "", "{\"items\":", 5000, "true");
    assert_false(compile(fixture, repeat(fixture, deep, "}", 5000, "")));
    assert_non_null(strstr(fixture->fault.text, ": is nested too deeply"));
    deep = repeat(fixture, "", "{\"allOf\":[", LIMIT_SCHEMA_DEPTH, "true");
    assert_false(compile(fixture, repeat(fixture, deep, "]}", LIMIT_SCHEMA_DEPTH, "")));
    deep = repeat(fixture, "", "{\"not\":", LIMIT_SCHEMA_DEPTH - 1, "true");
    assert_true(compile(fixture, repeat(fixture, deep, "}", LIMIT_SCHEMA_DEPTH - 1, "")));
    deep = repeat(fixture, "{\"const\":", "[", 5000, "");
    assert_false(compile(fixture, repeat(fixture, deep, "]", 5000, "}")));
    assert_string_equal(fixture->fault.text, "#/const: is nested too deeply");
}

/* Definitions d0 to d`count`, each of which is `form` with two references to the next. */
static char *chain(struct fixture *fixture, const char *form, int count) {
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    buffer_add_text(&buffer, "{\"$ref\":\"#/definitions/d0\",\"definitions\":{");
    for (int i = 0; i < count; i++)
        buffer_add_format(&buffer,
                          "\"d%d\":{\"%s\":[{\"$ref\":\"#/definitions/d%d\"},"
                          "{\"$ref\":\"#/definitions/d%d\"}]},",
                          i, form, i + 1, i + 1);
    buffer_add_format(&buffer, "\"d%d\":{\"type\":\"string\"}}}", count);
    return buffer_to_arena(&buffer, fixture->arena);
}

static void exponential_schemas_are_given_up(void **state) {
    static const char *const forms[] = {"allOf", "anyOf", "oneOf"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        assert_true(compile(fixture, chain(fixture, forms[i], 30)));
        int64_t start = milliseconds();
        assert_false(validate(fixture, "1"));
        assert_true(milliseconds() - start < SLOW);
        struct schema_violation *last = &fixture->found.list[fixture->found.count - 1];
        if (fixture->found.count == fixture->found.total)
            assert_string_equal(last->text,
                                "cannot be checked completely: it takes too many steps");
    }
    assert_true(compile(fixture, chain(fixture, "allOf", 10)));
    assert_true(validate(fixture, "\"a\""));
}

static void long_chains_are_refused(void **state) {
    struct fixture *fixture = *state;
    assert_false(compile(fixture, chain(fixture, "anyOf", LIMIT_SCHEMA_CHAIN)));
    assert_non_null(strstr(fixture->fault.text, ": is reached through more than 100 schemas"));
    assert_true(compile(fixture, chain(fixture, "anyOf", LIMIT_SCHEMA_CHAIN / 3)));
}

static void many_elements_are_compared_quickly(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"uniqueItems\":true,\"items\":{\"maximum\":300000}}"));
    struct json_object *array = json_object_new_array();
    for (int i = 0; i < 200 * 1000; i++)
        json_object_array_add(array, json_object_new_int(i));
    json_object_get(array);
    int64_t start = milliseconds();
    assert_true(validate_object(fixture, array, 1));
    assert_true(milliseconds() - start < 2 * SLOW);
    json_object_array_add(array, json_object_new_double(77777.0));
    assert_false(validate_object(fixture, array, 1));
    assert_only(
        fixture, "", "uniqueItems",
        "must not have equal elements, but elements 77777 and 200000 (counting from 0) are equal");
}

static void what_is_not_a_number_is_within_no_bound(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"maximum\":5,\"type\":\"number\"}"));
    assert_false(validate_object(fixture, json_object_new_double(NAN), 9));
    assert_only(fixture, "", "maximum", "must be at most 5, but is NaN");
    assert_false(validate_object(fixture, json_object_new_double(-INFINITY), 9));
    assert_only(fixture, "", "maximum", "must be at most 5, but is -Infinity");
    assert_true(compile(fixture, "{\"type\":\"integer\"}"));
    assert_false(validate_object(fixture, json_object_new_double(INFINITY), 9));
    assert_true(validate_object(fixture, json_object_new_double(-3.0), 9));
    assert_false(validate_object(fixture, json_object_new_double(0.5), 9));
    assert_true(compile(fixture, "{\"multipleOf\":0.5}"));
    assert_false(validate_object(fixture, json_object_new_double(NAN), 9));
    assert_true(compile(fixture, "{\"uniqueItems\":true}"));
    struct json_object *array = json_object_new_array();
    json_object_array_add(array, json_object_new_double(NAN));
    json_object_array_add(array, json_object_new_double(1e308));
    json_object_array_add(array, json_object_new_double(INFINITY));
    assert_false(validate_object(fixture, array, 9));
    struct json_object *schema = json_object_new_object();
    json_object_object_add(schema, "minimum", json_object_new_double(NAN));
    struct schema *none = NULL;
    assert_false(schema_compile(schema, NULL, 0, &none, &fixture->fault));
    assert_string_equal(fixture->fault.text, "#/minimum: must be a number");
    json_object_put(schema);
}

static void huge_numbers_are_exact(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"multipleOf\":3,\"maximum\":1e400,\"not\":{\"const\":1}}"));
    assert_true(validate(fixture, repeat(fixture, "0.", "0", 100 * 1000, "e5")));
    assert_true(validate(fixture, repeat(fixture, "3", "3", 350, ".0")));
    assert_false(validate(fixture, repeat(fixture, "1", "3", 350, ".0")));
    assert_false(validate(fixture, "3e999999999999999999999"));
    assert_false(validate(fixture, "-3e-999999999999999999999"));
    assert_true(validate(fixture, "0e999999999999999999999"));
    assert_false(validate(fixture, repeat(fixture, "3.", "3", 1000, "")));
    char *text = repeat(fixture, "must be a multiple of 3, but is 3.", "3", LIMIT_ECHO - 2, "...");
    assert_only(fixture, "", "multipleOf", text);
}

static void malformed_utf8_does_no_harm(void **state) {
    struct fixture *fixture = *state;
    assert_true(compile(fixture, "{\"pattern\":\"a\",\"maxLength\":2}"));
    assert_false(validate_object(fixture, json_object_new_string("a\xff"), 9));
    assert_only(fixture, "", "pattern", "must match the pattern \"a\", but is \"a\\xff\"");
    assert_true(validate_object(fixture, json_object_new_string_len("a\0", 2), 9));
    struct json_object *schema = json_object_new_object();
    json_object_object_add(schema, "pattern", json_object_new_string("\xc3"));
    struct schema *none = NULL;
    assert_false(schema_compile(schema, NULL, 0, &none, &fixture->fault));
    assert_string_equal(fixture->fault.text, "#/pattern: is not a valid regular expression: it is "
                                             "not well-formed UTF-8 (after 0 bytes)");
    json_object_put(schema);
}

static void faults_are_short(void **state) {
    struct fixture *fixture = *state;
    char *name = repeat(fixture, "{\"properties\":{\"", "\\u0007n", 10 * 1000, "\":{\"$ref\":\"");
    assert_false(compile(fixture, repeat(fixture, name, "\\u0001x", 10 * 1000, "\"}}}")));
    assert_true(strlen(fixture->fault.text) < LIMIT_FAULT_TEXT);
    assert_non_null(strstr(fixture->fault.text, "\\x07n"));
    for (const char *at = fixture->fault.text; *at != '\0'; at++)
        assert_true(*at >= ' ');
}

#define LIMIT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        LIMIT_TEST(a_schema_keeps_its_documents),
        LIMIT_TEST(the_list_is_capped),
        LIMIT_TEST(little_is_echoed),
        LIMIT_TEST(long_names_are_cut),
        LIMIT_TEST(long_names_are_not_written_to_their_end),
        LIMIT_TEST(patterns_cannot_hang),
        LIMIT_TEST(back_references_cannot_hang),
        LIMIT_TEST(steps_are_counted_once),
        LIMIT_TEST(undecided_is_never_valid),
        LIMIT_TEST(long_texts_are_fine),
        LIMIT_TEST(too_long_patterns_are_refused),
        LIMIT_TEST(deep_values_are_not_valid),
        LIMIT_TEST(deep_schemas_are_refused),
        LIMIT_TEST(exponential_schemas_are_given_up),
        LIMIT_TEST(long_chains_are_refused),
        LIMIT_TEST(many_elements_are_compared_quickly),
        LIMIT_TEST(what_is_not_a_number_is_within_no_bound),
        LIMIT_TEST(huge_numbers_are_exact),
        LIMIT_TEST(malformed_utf8_does_no_harm),
        LIMIT_TEST(faults_are_short),
    };
    return UNIT_RUN(tests);
}

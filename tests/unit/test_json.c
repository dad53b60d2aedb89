/* JSON intake: what is refused, with its place, and what comes back unchanged. */
#include "base/limits.h"
#include "json/json.h"
#include "unit.h"

static void what_is_json_comes_back(void **state) {
    static const char *const texts[] = {
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.50",
        "1e2",
        "1E+2",
        "-0.0e-1",
        "\"\"",
        "9223372036854775807",
        "18446744073709551615",
        "-9223372036854775808",
        "0.1000000000000000055511151231257827",
        "1.7e99",
        "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"",
        "{\"a\":[1,{\"b\":null}],\"A\":\"x\"}",
        "\"a/b\"",
        "\"\\\"\\\\\\b\\f\\n\\r\\t\"",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct json_object *value;
        struct fault fault = {0};
        if (!json_parse(*state, texts[i], strlen(texts[i]), &value, &fault))
            fail_msg("%s: %s", texts[i], fault.text);
        assert_string_equal(json_text(value), texts[i]);
    }
}

static void white_space_and_escapes_are_read(void **state) {
    static const char text[] = " \t\r\n{ \"\\u0061\\ud83d\\ude00\" : [ 1 , 2 ] } \n";
    struct json_object *value;
    struct fault fault;
    assert_true(json_parse(*state, text, sizeof text - 1, &value, &fault));
    assert_string_equal(json_text(value), "{\"a\xf0\x9f\x98\x80\":[1,2]}");
}

static void refuse(struct arena *arena, const char *text, size_t length, const char *expected) {
    struct json_object *value;
    struct fault fault = {0};
    if (json_parse(arena, text, length, &value, &fault))
        fail_msg("%s was taken", text);
    assert_int_equal(fault.kind, FAULT_INPUT);
    if (strstr(fault.text, expected) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", text, fault.text, expected);
}

static void what_is_not_json_is_refused_with_its_place(void **state) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", "line 1, column 1: unexpected end of the text"},
        {"{", "line 1, column 2"},
        {"[1,]", "line 1, column 4: expected a value"},
        {"{\"a\":1,}", "line 1, column 8: expected a string"},
        {"{a:1}", "line 1, column 2: expected a string"},
        {"{'a':1}", "line 1, column 2: expected a string"},
        {"[1 2]", "line 1, column 4"},
        {"{\"a\" 1}", "expected \":\""},
        {"nul", "expected a value"},
        {"NaN", "expected a value"},
        {"Infinity", "expected a value"},
        {"-Infinity", "expected a value"},
        {"True", "expected a value"},
        {"01", "unexpected text after the value"},
        {"1.", "unexpected end"},
        {".5", "expected a value"},
        {"+1", "expected a value"},
        {"1e", "unexpected end"},
        {"-", "unexpected end"},
        {"[1]x", "line 1, column 4: unexpected text after the value"},
        {"{}{}", "unexpected text after the value"},
        {"\n\n  [1,\n\xc3\xa9]", "line 4, column 1"},
        {"\"\xc3\xa9\x01\"", "line 1, column 3: control characters"},
        {"\"a\tb\"", "control characters"},
        {"\"\\x\"", "unknown escape sequence"},
        {"\"\\u12g4\"", "four hexadecimal digits"},
        {"\"\\u0000\"", "\\u0000 is not allowed"},
        {"{\"a\\u0000b\":1}", "\\u0000 is not allowed"},
        {"\"\\ud800\"", "unpaired surrogate"},
        {"\"\\ud800\\u0041\"", "unpaired surrogate"},
        {"\"\\udc00\"", "unpaired surrogate"},
        {"\"\xff\"", "line 1, column 2: the text is not valid UTF-8"},
        {"\"\xed\xa0\x80\"", "the text is not valid UTF-8"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "column 14: the name \"a\" appears twice"},
        {"{\"a\":1,\"\\u0061\":3}", "the name \"a\" appears twice"},
        {"[{\"a\":1},{\"b\":[{\"a\":{},\"a\":{}}]}]", "column 24: the name \"a\" appears twice"},
        {"{\"a\":{\"b\":1,\"c\":2},\"a\":3}", "column 20: the name \"a\" appears twice"},
        {"{\"a\":1,\"a\":2,}", "column 8: the name \"a\" appears twice"},
        {"18446744073709551616", "out of range"},
        {"-9223372036854775809", "out of range"},
        {"1e999", "out of range"},
        {"1e-999", "out of range"},
        {"/* */1", "expected a value"},
        {"\"open", "unexpected end"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        refuse(*state, cases[i].text, strlen(cases[i].text), cases[i].expected);
    refuse(*state, "[1]\0", 4, "unexpected text after the value");
    refuse(*state, "\"\\ud8", 5, "four hexadecimal digits");
}

/* `depth` arrays in each other. */
static size_t nest(char *text, size_t depth) {
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return 2 * depth;
}

static void nesting_has_a_limit(void **state) {
    char text[2 * LIMIT_JSON_DEPTH + 2];
    struct json_object *value;
    struct fault fault;
    assert_true(json_parse(*state, text, nest(text, LIMIT_JSON_DEPTH), &value, &fault));
    refuse(*state, text, nest(text, LIMIT_JSON_DEPTH + 1), "nested too deep");
}

/* json-c takes up to 800 bytes for the two of an empty object. */
static void values_and_containers_are_counted(void **state) {
    static const struct {
        const char *unit;
        size_t most;
        const char *problem;
    } cases[] = {
        {"{},", LIMIT_JSON_CONTAINERS - 1, "too many arrays and objects"},
        {"[],", LIMIT_JSON_CONTAINERS - 1, "too many arrays and objects"},
        {"1,", LIMIT_JSON_VALUES - 1, "too many values"},
        {"\"\",", LIMIT_JSON_VALUES - 1, "too many values"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct json_object *value;
        struct fault fault;
        const char *units = unit_repeat(*state, cases[i].unit, cases[i].most - 1);
        int length = (int)strlen(cases[i].unit) - 1;
        const char *last = arena_format(*state, "%.*s", length, cases[i].unit);
        const char *most = arena_format(*state, "[%s%s]", units, last);
        assert_true(json_parse(*state, most, strlen(most), &value, &fault));
        const char *more = arena_format(*state, "[%s%s%s]", units, cases[i].unit, last);
        refuse(*state, more, strlen(more), cases[i].problem);
    }
}

static void numbers_have_a_longest_text(void **state) {
    const char *digits = unit_repeat(*state, "1", LIMIT_JSON_NUMBER - strlen("0."));
    const char *longest = arena_format(*state, "0.%s", digits);
    const char *longer = arena_format(*state, "0.%s1", digits);
    struct json_object *value;
    struct fault fault;
    assert_true(json_parse(*state, longest, LIMIT_JSON_NUMBER, &value, &fault));
    refuse(*state, longer, LIMIT_JSON_NUMBER + 1, "too long");
}

/* A number of nine bytes took 16,000 in the database. */
static void numbers_have_a_longest_text_without_exponent(void **state) {
    static const char *const fitting[] = {
        "1e99",      "-1e98",   "0e-98",   "-0e-97",     "1e-98", "1.5e-97",
        "0.001e102", "0e99999", "1.50e98", "0.0000e-94", "10e98",
    };
    static const char *const longer[] = {
        "1e100",   "-1e99",    "0e-99",      "-0e-98",           "1e-99", "1.5e-98", "0.001e103",
        "1.7e308", "0e-16000", "0.0000e-95", "0e-9999999999999", "10e99",
    };
    struct json_object *value;
    struct fault fault;
    for (size_t i = 0; i < ARRAY_LENGTH(fitting); i++)
        if (!json_parse(*state, fitting[i], strlen(fitting[i]), &value, &fault))
            fail_msg("%s: %s", fitting[i], fault.text);
    for (size_t i = 0; i < ARRAY_LENGTH(longer); i++)
        refuse(*state, longer[i], strlen(longer[i]), "column 1: the number is too long without");
}

static void a_long_repeated_name_is_not_echoed_whole(void **state) {
    const char *name = unit_repeat(*state, "n", 600);
    const char *text = arena_format(*state, "{\"%s\":1,\"%s\":2}", name, name);
    struct json_object *value;
    struct fault fault;
    assert_false(json_parse(*state, text, strlen(text), &value, &fault));
    assert_true(strlen(fault.text) < LIMIT_ECHO + 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_is_json_comes_back),
        UNIT_TEST(white_space_and_escapes_are_read),
        UNIT_TEST(what_is_not_json_is_refused_with_its_place),
        UNIT_TEST(nesting_has_a_limit),
        UNIT_TEST(values_and_containers_are_counted),
        UNIT_TEST(numbers_have_a_longest_text),
        UNIT_TEST(numbers_have_a_longest_text_without_exponent),
        UNIT_TEST(a_long_repeated_name_is_not_echoed_whole),
    };
    return UNIT_RUN(tests);
}

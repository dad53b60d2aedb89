/* The parameters of a query. */
#include "base/limits.h"
#include "http/query.h"
#include "unit.h"

static struct query parse(void **state, const char *text) {
    struct query query;
    struct fault fault;
    assert_true(query_parse(*state, text, &query, &fault));
    return query;
}

/* Writes the parameters as [name=value] or, when there was no "=", [name]. */
static const char *written(void **state, const char *text) {
    struct query query = parse(state, text);
    const char *all = "";
    for (size_t i = 0; i < query.count; i++) {
        const struct query_parameter *parameter = &query.parameters[i];
        assert_int_equal(strlen(parameter->name), parameter->name_length);
        assert_int_equal(strlen(parameter->value), parameter->value_length);
        all = arena_format(*state, "%s[%s%s%s]", all, parameter->name,
                           parameter->has_equals ? "=" : "", parameter->value);
    }
    return all;
}

static void parameters_are_read_in_order(void **state) {
    static const struct {
        const char *text, *parameters;
    } cases[] = {
        {NULL, ""},
        {"", ""},
        {"&", ""},
        {"a=1", "[a=1]"},
        {"a=1&&b=2&", "[a=1][b=2]"},
        {"a", "[a]"},
        {"a=", "[a=]"},
        {"=a&b", "[b]"},
        {"=&==", ""},
        {"a=b=c", "[a=b=c]"},
        {"b=2&a=1&b=3", "[b=2][a=1][b=3]"},
        {"a+b=c+d", "[a b=c d]"},
        {"a%2Bb=%26%3D", "[a+b=&=]"},
        {"a=b;c=d", "[a=b;c=d]"},
        {"k%65y=1", "[key=1]"},
        {"a=%zz&b=1", "[b=1]"},
        {"%zz=a&b=1", "[b=1]"},
        {"a=%2&b=%", ""},
        {"a%=1", ""},
        {"a=%252F", "[a=%2F]"},
        {"a?b=c#d", "[a?b=c#d]"},
        {"+=1", "[ =1]"},
        {"a[]=1", "[a[]=1]"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(written(state, cases[i].text), cases[i].parameters);
}

#define FFFD "\xef\xbf\xbd"

/* The number of replacements was compared with Java 17's decoder. */
static void what_is_not_utf8_is_replaced(void **state) {
    static const struct {
        const char *text, *parameters;
    } cases[] = {
        {"a=%C3%A9%E2%82%AC%F0%9F%98%80", "[a=\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80]"},
        {"a=%FF", "[a=" FFFD "]"},
        {"%FF=a", "[" FFFD "=a]"},
        {"a=\xff", "[a=" FFFD "]"},
        {"a=x%80y", "[a=x" FFFD "y]"},
        {"a=%E2%82", "[a=" FFFD "]"},
        {"a=%E2%82x", "[a=" FFFD "x]"},
        {"a=%E2x%82", "[a=" FFFD "x" FFFD "]"},
        {"a=%F0%9F%98x", "[a=" FFFD "x]"},
        {"a=%F0%9F%98", "[a=" FFFD "]"},
        {"a=%C0%AF", "[a=" FFFD FFFD "]"},
        {"a=%E0%80%80", "[a=" FFFD FFFD FFFD "]"},
        {"a=%E0%9F%80", "[a=" FFFD FFFD FFFD "]"},
        {"a=%F0%80%80%80", "[a=" FFFD FFFD FFFD FFFD "]"},
        {"a=%F4%90%80%80", "[a=" FFFD FFFD FFFD FFFD "]"},
        {"a=%F5%80", "[a=" FFFD FFFD "]"},
        {"a=%ED%A0%80x", "[a=" FFFD "x]"}, /* a surrogate is one */
        {"a=%ED%A0x", "[a=" FFFD "x]"},
        {"a=%C3%C3%A9", "[a=" FFFD "\xc3\xa9]"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(written(state, cases[i].text), cases[i].parameters);
}

static void nul_bytes_are_kept(void **state) {
    struct query query = parse(state, "jwt%00a=b%00c&d=%00%FF");
    assert_int_equal(query.count, 2);
    assert_int_equal(query.parameters[0].name_length, 5);
    assert_memory_equal(query.parameters[0].name, "jwt\0a", 6);
    assert_int_equal(query.parameters[0].value_length, 3);
    assert_memory_equal(query.parameters[0].value, "b\0c", 4);
    assert_int_equal(query.parameters[1].value_length, 4);
    assert_memory_equal(query.parameters[1].value, "\0" FFFD, 5);
    assert_null(query_first(&query, "jwt"));
}

static void what_is_left_out_is_counted(void **state) {
    static const struct {
        const char *text;
        size_t count, dropped;
    } cases[] = {
        {NULL, 0, 0},    {"", 0, 0},     {"&&", 0, 0},           {"a=1&b", 2, 0},
        {"a=%zz", 0, 1}, {"=a&=", 0, 2}, {"a=1&%&b=%4&c", 2, 2}, {"a=%FF", 1, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct query query = parse(state, cases[i].text);
        assert_int_equal(query.count, cases[i].count);
        assert_int_equal(query.dropped, cases[i].dropped);
    }
}

static void parameters_are_found_by_name(void **state) {
    struct query query = parse(state, "a=1&b=2&a&ab=3&a=4");
    const struct query_parameter *found = query_first(&query, "a");
    assert_string_equal(found->value, "1");
    assert_true(found->has_equals);
    static const bool named_a[] = {true, false, true, false, true};
    assert_int_equal(query.count, 5);
    for (size_t i = 0; i < query.count; i++)
        assert_int_equal(query_is_named(&query.parameters[i], "a"), named_a[i]);
    assert_false(query.parameters[2].has_equals);
    assert_string_equal(query.parameters[4].value, "4");
    assert_null(query_first(&query, "A"));
    assert_null(query_first(&query, ""));
    query = parse(state, NULL);
    assert_null(query_first(&query, "a"));
}

static void the_number_of_parameters_has_a_limit(void **state) {
    char text[2 * LIMIT_QUERY_PARAMETERS + 2];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 == 0 ? 'a' : '&';
    struct query query;
    struct fault fault;
    text[2 * LIMIT_QUERY_PARAMETERS - 1] = '\0';
    assert_true(query_parse(*state, text, &query, &fault));
    assert_int_equal(query.count, LIMIT_QUERY_PARAMETERS);
    text[2 * LIMIT_QUERY_PARAMETERS - 1] = '&';
    text[2 * LIMIT_QUERY_PARAMETERS + 1] = '\0';
    assert_false(query_parse(*state, text, &query, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_contains(fault.text, "2048");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(parameters_are_read_in_order), UNIT_TEST(what_is_not_utf8_is_replaced),
        UNIT_TEST(nul_bytes_are_kept),           UNIT_TEST(what_is_left_out_is_counted),
        UNIT_TEST(parameters_are_found_by_name), UNIT_TEST(the_number_of_parameters_has_a_limit),
    };
    return UNIT_RUN(tests);
}

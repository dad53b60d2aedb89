/* Entity tags in lists, as clients send them back. */
#include "http/etag.h"
#include "unit.h"

static void tags_match_by_weak_comparison(void **state) {
    (void)state;
    static const char *const matching[] = {
        "\"7\"", "W/\"7\"", "\"1\", \"7\"", "\"1\",W/\"7\" ,\"9\"", " \t\"7\"", "*", "\"1\", *",
    };
    static const char *const others[] = {"",   "\"70\"",  "7",     "\"7",
                                         "W/", "w/\"7\"", "\"1\"", "\"1\"\"7\""};
    for (size_t i = 0; i < ARRAY_LENGTH(matching); i++)
        if (!etag_matches(matching[i], "\"7\""))
            fail_msg("%s does not match", matching[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        if (etag_matches(others[i], "\"7\""))
            fail_msg("%s matches", others[i]);
    assert_false(etag_matches(NULL, "\"7\""));
}

static void numbers_are_found_among_tags(void **state) {
    size_t count;
    const char **numbers = etag_numbers(
        *state, "\"x\", \"7\",W/\"123456789012345678\" \"0\", \"07\", \"-1\", 5, \"\"", &count);
    assert_int_equal(count, 2);
    assert_string_equal(numbers[0], "7");
    assert_string_equal(numbers[1], "123456789012345678");
    numbers = etag_numbers(*state, "*, \"1234567890123456789\", \"1\"x, \"1,2\", \"", &count);
    assert_int_equal(count, 0);
    numbers = etag_numbers(*state, NULL, &count);
    assert_int_equal(count, 0);
}

static void a_list_is_read_strictly(void **state) {
    static const struct {
        const char *text, *numbers;
    } lists[] = {
        {"*", "*"},
        {" *\t", "*"},
        {"\"7\"", "7 "},
        {"\"7\", \"8\"", "7 8 "},
        {" ,, \"7\" ,\t\"8\",", "7 8 "},
        {"W/\"7\"", ""},
        {"W/\"7\",\"8\"", "8 "},
        {"\"x\", \"\", \"07\", \"*\"", ""},
        {"\"7,8\", \"a,\xc3\xa9\",\"9\"", "9 "},
        {"\"1234567890123456789\"", ""},
    };
    static const char *const malformed[] = {
        "",           " ",       ",",        "7",       "\"7",       "7\"",
        "w/\"7\"",    "W/",      "W/ \"7\"", "*, *",    "\"7\",*",   "\"7\" \"8\"",
        "\"7\"\"8\"", "\"a b\"", "\"7\"x",   "\"7\";x", "\"a\x7f\"", "'7'",
    };
    struct etag_list list;
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (!etag_list_read(*state, lists[i].text, &list))
            fail_msg("%s is refused", lists[i].text);
        const char *found = list.any ? "*" : "";
        for (size_t at = 0; at < list.count; at++)
            found = arena_format(*state, "%s%s ", found, list.numbers[at]);
        assert_string_equal(found, lists[i].numbers);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++)
        if (etag_list_read(*state, malformed[i], &list))
            fail_msg("%s is accepted", malformed[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(tags_match_by_weak_comparison),
        UNIT_TEST(numbers_are_found_among_tags),
        UNIT_TEST(a_list_is_read_strictly),
    };
    return UNIT_RUN(tests);
}

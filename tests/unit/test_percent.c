/* Percent-encoding. */
#include "base/percent.h"
#include "unit.h"

static void the_unreserved_characters_are_those_of_rfc_3986(void **state) {
    (void)state;
    static const char unreserved[] =
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
    size_t found = 0;
    for (int byte = 0; byte < 256; byte++)
        if (percent_is_unreserved((char)byte)) {
            assert_non_null(strchr(unreserved, byte));
            assert_int_not_equal(byte, 0);
            found++;
        }
    assert_int_equal(found, sizeof unreserved - 1);
}

static void reserved_bytes_are_encoded(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *encoded;
    } cases[] = {
        {"", 0, ""},
        {"A-z_0.9~", 8, "A-z_0.9~"},
        {"a b+c*!'()", 10, "a%20b%2Bc%2A%21%27%28%29"},
        {"\xc3\xa9/\xff", 4, "%C3%A9%2F%FF"},
        {"a\0b", 3, "a%00b"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct buffer out;
        buffer_init(&out, 100);
        percent_encode(&out, cases[i].bytes, cases[i].length);
        assert_string_equal(buffer_text(&out), cases[i].encoded);
        buffer_free(&out);
    }
}

static void escapes_are_decoded_once(void **state) {
    static const struct {
        const char *text;
        const char *decoded;
        size_t length;
    } cases[] = {
        {"", "", 0},        {"a+b", "a+b", 3},   {"%41%7e%7E", "A~~", 3}, {"%c3%A9", "\xc3\xa9", 2},
        {"%00x", "\0x", 2}, {"%2541", "%41", 3}, /* once, not twice */
        {"%ff", "\xff", 1},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        size_t length = 99;
        char *decoded = percent_decode(*state, cases[i].text, strlen(cases[i].text), &length);
        assert_non_null(decoded);
        assert_int_equal(length, cases[i].length);
        assert_memory_equal(decoded, cases[i].decoded, length + 1);
    }
}

static void bad_escapes_are_refused(void **state) {
    static const char *const bad[] = {"%", "a%", "%4", "%zz", "%4g", "%g4", "%%41", "% 1", "%-1"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        size_t length;
        assert_null(percent_decode(*state, bad[i], strlen(bad[i]), &length));
        assert_null(percent_decode_query(*state, bad[i], strlen(bad[i]), &length));
    }
    /* the length counts, not the NUL after it */
    size_t length;
    assert_null(percent_decode(*state, "%41", 2, &length));
}

static void a_plus_is_a_space_in_a_query(void **state) {
    size_t length = 0;
    char *decoded = percent_decode_query(*state, "a+b%2Bc%20", 10, &length);
    assert_string_equal(decoded, "a b+c ");
    assert_int_equal(length, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_unreserved_characters_are_those_of_rfc_3986),
        UNIT_TEST(reserved_bytes_are_encoded),
        UNIT_TEST(escapes_are_decoded_once),
        UNIT_TEST(bad_escapes_are_refused),
        UNIT_TEST(a_plus_is_a_space_in_a_query),
    };
    return UNIT_RUN(tests);
}

/* UTF-8 by RFC 3629. */
#include <stdbool.h>

#include "base/utf8.h"
#include "unit.h"

/* An encoder of its own, from the table in RFC 3629, 3. */
static size_t encode(uint32_t point, char *bytes) {
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    bytes[0] = (char)(marks[size] | point);
    return size;
}

static void every_code_point_is_read_back(void **state) {
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char bytes[4];
        size_t size = encode(point, bytes);
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        if (utf8_character(bytes, size) != (surrogate ? 0 : size))
            fail_msg("U+%04X", point);
        if (utf8_code_point(bytes, size) != point)
            fail_msg("U+%04X decoded", point);
        for (size_t cut = 0; cut < size; cut++)
            if (utf8_character(bytes, cut) != 0)
                fail_msg("U+%04X cut to %zu bytes", point, cut);
    }
}

/* Of all texts of up to three bytes exactly the characters of that many bytes are accepted. */
static void no_other_short_text_is_a_character(void **state) {
    (void)state;
    size_t accepted[5] = {0};
    for (uint32_t value = 0; value < 0x1000000; value++) {
        const char bytes[] = {(char)(value >> 16), (char)(value >> 8), (char)value};
        accepted[utf8_character(bytes, sizeof bytes)]++;
    }
    assert_int_equal(accepted[1], 0x80 * 0x10000);
    assert_int_equal(accepted[2], (0x800 - 0x80) * 0x100);
    assert_int_equal(accepted[3], 0x10000 - 0x800 - 0x800);
    assert_int_equal(accepted[4], 0);
}

static void bad_sequences_of_four_bytes_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80",
        "\xf0\x9f\x98\x41", "\xf0\x9f\x41\x80", "\xf0\x41\x98\x80", "\xff\xbf\xbf\xbf",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(utf8_character(bad[i], 4), 0);
    assert_int_equal(utf8_character("\xf4\x8f\xbf\xbf", 4), 4);
    assert_int_equal(utf8_character("\xf0\x90\x80\x80", 4), 4);
}

static void the_valid_prefix_ends_at_the_first_error(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length, valid;
    } cases[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"a\0b", 3, 3},
        {"\xc3\xa9\xe2\x82\xac", 5, 5},
        {"\xc3\xa9\xe2\x82", 4, 2},
        {"a\xff"
         "b",
         3, 1},
        {"\x80", 1, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(utf8_valid_prefix(cases[i].bytes, cases[i].length), cases[i].valid);
}

static void characters_are_counted(void **state) {
    (void)state;
    assert_int_equal(utf8_count("", 0), 0);
    assert_int_equal(utf8_count("a\0b", 3), 3);
    assert_int_equal(utf8_count("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", 10), 4);
}

static void a_part_keeps_its_last_character_whole(void **state) {
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const size_t parts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    (void)state;
    for (size_t most = 0; most < ARRAY_LENGTH(parts); most++)
        assert_int_equal(utf8_fitting(text, sizeof text - 1, most), parts[most]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_code_point_is_read_back),
        UNIT_TEST(no_other_short_text_is_a_character),
        UNIT_TEST(bad_sequences_of_four_bytes_are_refused),
        UNIT_TEST(the_valid_prefix_ends_at_the_first_error),
        UNIT_TEST(characters_are_counted),
        UNIT_TEST(a_part_keeps_its_last_character_whole),
    };
    return UNIT_RUN(tests);
}

/* Growing byte strings. */
#include "base/buffer.h"
#include "unit.h"

static void assert_content(const struct buffer *buffer, const char *bytes, size_t length) {
    assert_int_equal(buffer->length, length);
    assert_memory_equal(buffer_text(buffer), bytes, length + 1);
}

static void an_empty_buffer_is_an_empty_text(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_clear(&buffer);
    buffer_add(&buffer, NULL, 0);
    assert_content(&buffer, "", 0);
    assert_false(buffer.overflow);
    buffer_free(&buffer);
    buffer_free(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
}

static void bytes_and_texts_are_appended(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_add(&buffer, "a\0b", 3);
    buffer_add_text(&buffer, "cd");
    buffer_add_byte(&buffer, 'e');
    buffer_add_format(&buffer, "%d%s", 12, "f");
    buffer_add_format(&buffer, "%s", "");
    assert_content(&buffer, "a\0bcde12f", 9);
    buffer_clear(&buffer);
    assert_content(&buffer, "", 0);
    buffer_add_text(&buffer, "again");
    assert_content(&buffer, "again", 5);
    buffer_free(&buffer);
    buffer_add_text(&buffer, "anew");
    assert_content(&buffer, "anew", 4);
    buffer_free(&buffer);
}

static void a_buffer_grows(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    for (size_t i = 0; i < 70000; i++)
        buffer_add_byte(&buffer, (char)('a' + i % 26));
    assert_int_equal(buffer.length, 70000);
    assert_false(buffer.overflow);
    for (size_t i = 0; i < 70000; i++)
        assert_int_equal(buffer.bytes[i], 'a' + i % 26);
    assert_int_equal(buffer.bytes[70000], '\0');
    buffer_free(&buffer);
}

static void what_exceeds_the_maximum_is_cut_off(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    buffer_add_text(&buffer, "abcde");
    assert_false(buffer.overflow);
    buffer_add_text(&buffer, "");
    assert_false(buffer.overflow);
    buffer_add_byte(&buffer, 'f');
    assert_true(buffer.overflow);
    assert_content(&buffer, "abcde", 5);
    buffer_clear(&buffer);
    assert_false(buffer.overflow);
    buffer_add_text(&buffer, "ab");
    buffer_add_format(&buffer, "%d", 123456);
    assert_true(buffer.overflow);
    assert_content(&buffer, "ab123", 5);
    buffer_free(&buffer);
    buffer_init(&buffer, 0);
    buffer_add_text(&buffer, "a");
    assert_true(buffer.overflow);
    assert_content(&buffer, "", 0);
    buffer_free(&buffer);
}

static void an_arena_takes_the_text_over(void **state) {
    struct buffer buffer;
    buffer_init(&buffer, 5);
    const char *empty = buffer_to_arena(&buffer, *state);
    buffer_add_text(&buffer, "ab");
    const char *text = buffer_to_arena(&buffer, *state);
    assert_content(&buffer, "", 0);
    buffer_add_text(&buffer, "abcdef");
    assert_content(&buffer, "abcde", 5);
    assert_string_equal(empty, "");
    assert_string_equal(text, "ab");
    buffer_free(&buffer);
}

static void untrusted_text_is_escaped_and_cut(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length, most;
        const char *escaped;
    } cases[] = {
        {"", 0, 0, ""},
        {"plain \"text\" \\", 14, 100, "plain \"text\" \\"},
        {"a\nb\tc\0d\x7f", 8, 100, "a\\x0ab\\x09c\\x00d\\x7f"},
        {"\x1b[31m", 5, 100, "\\x1b[31m"},
        {"\xc3\xa9\xf0\x9f\x98\x80", 6, 100, "\xc3\xa9\xf0\x9f\x98\x80"},
        {"\xff\xc3", 2, 100, "\\xff\\xc3"},
        {"\xed\xa0\x80", 3, 100, "\\xed\\xa0\\x80"},
        {"abc", 3, 3, "abc"},
        {"abcd", 4, 3, "abc..."},
        {"ab\xc3\xa9", 4, 3, "ab..."}, /* not within the character */
        {"ab\xc3\xa9", 4, 4, "ab\xc3\xa9"},
        {"\n\n", 2, 1, "\\x0a..."},
        {"a", 1, 0, "..."},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct buffer buffer;
        buffer_init(&buffer, 100);
        buffer_add_escaped(&buffer, cases[i].bytes, cases[i].length, cases[i].most);
        assert_string_equal(buffer_text(&buffer), cases[i].escaped);
        buffer_free(&buffer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_empty_buffer_is_an_empty_text),
        UNIT_TEST(bytes_and_texts_are_appended),
        UNIT_TEST(a_buffer_grows),
        UNIT_TEST(what_exceeds_the_maximum_is_cut_off),
        UNIT_TEST(untrusted_text_is_escaped_and_cut),
        UNIT_TEST(an_arena_takes_the_text_over),
    };
    return UNIT_RUN(tests);
}

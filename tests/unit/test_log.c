/* The log, and the faults whose texts it shows. */
#include <unistd.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "json/json.h"
#include "unit.h"

static struct buffer seen; /* all that the sink was given */
static size_t lines;

static void sink(void *context, const char *line, size_t length) {
    assert_ptr_equal(context, &seen);
    assert_int_equal(line[length - 1], '\n');
    assert_null(memchr(line, '\n', length - 1));
    assert_int_equal(utf8_valid_prefix(line, length), length);
    assert_true(length < 8192); /* more Apache would cut off */
    buffer_add(&seen, line, length);
    lines++;
}

static void restore_log(void *buffer) {
    log_to(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    log_set_format(LOG_FORMAT_TEXT);
    log_set_request("");
    buffer_free(buffer);
}

static int set_up(void **state) {
    unit_set_up(state);
    buffer_init(&seen, 100000);
    lines = 0;
    log_to(sink, &seen);
    arena_keep(*state, restore_log, &seen);
    return 0;
}

/* Compares what the sink was given with a line that has this process's number in it. */
static void assert_seen(const char *format) {
    struct buffer expected;
    buffer_init(&expected, 1000);
    buffer_add_format(&expected, "dynmod[%ld] %s", (long)getpid(), format);
    assert_string_equal(buffer_text(&seen), buffer_text(&expected));
    buffer_free(&expected);
}

static void a_line_names_process_and_level(void **state) {
    (void)state;
    log_write(LOG_LEVEL_WARNING, "%s %d", "number", 5);
    assert_seen("warning: number 5\n");
}

static void a_line_names_the_request(void **state) {
    (void)state;
    log_set_request("r1");
    log_write(LOG_LEVEL_ERROR, "text");
    assert_seen("error r1: text\n");
    log_set_request("");
    buffer_clear(&seen);
    log_write(LOG_LEVEL_INFO, "text");
    assert_seen("info: text\n");
}

static void lines_below_the_level_are_dropped(void **state) {
    (void)state;
    log_write(LOG_LEVEL_DEBUG, "dropped");
    assert_int_equal(lines, 0);
    log_write(LOG_LEVEL_INFO, "kept");
    assert_int_equal(lines, 1);
    log_set_level(LOG_LEVEL_ERROR);
    log_write(LOG_LEVEL_WARNING, "dropped");
    assert_int_equal(lines, 1);
    log_write(LOG_LEVEL_ERROR, "kept");
    assert_int_equal(lines, 2);
    log_set_level(LOG_LEVEL_DEBUG);
    log_write(LOG_LEVEL_DEBUG, "kept");
    assert_int_equal(lines, 3);
}

static void control_characters_are_escaped(void **state) {
    (void)state;
    log_write(LOG_LEVEL_INFO, "%s", "a\nerror: forged\r\x1b[0m\xff\xc3\xa9");
    assert_seen("info: a error: forged \\x1b[0m\\xff\xc3\xa9\n");
    assert_int_equal(lines, 1);
}

static void lines_within_a_text_become_one(void **state) {
    (void)state;
    log_write(LOG_LEVEL_INFO, "%s", "no connection: \n\t Is it running?\r\n\n");
    assert_seen("info: no connection: Is it running?\n");
}

static const struct log_field fields[] = {
    {"status", "401", true},
    {"client", NULL, false},
    {"app", "a b\n\"=\\\xff", false},
};

static void fields_have_no_spaces(void **state) {
    (void)state;
    log_write_fields(LOG_LEVEL_WARNING, fields, ARRAY_LENGTH(fields), "two words");
    assert_seen("warning: status=401 app=a\\x20b\\x20\"=\\\\xff: two words\n");
    buffer_clear(&seen);
    log_write_fields(LOG_LEVEL_WARNING, fields, 1, NULL);
    assert_seen("warning: status=401\n");
}

/* Returns the object in the line that was seen last. */
static struct json_object *seen_object(struct arena *arena) {
    struct json_object *object;
    struct fault fault;
    assert_int_equal(lines, 1);
    assert_true(json_parse(arena, buffer_text(&seen), seen.length, &object, &fault));
    return object;
}

static void lines_may_be_json(void **state) {
    log_set_format(LOG_FORMAT_JSON);
    log_set_request("r\"1");
    log_write_fields(LOG_LEVEL_WARNING, fields, ARRAY_LENGTH(fields), "a\n\"b\"");
    struct json_object *object = seen_object(*state);
    assert_string_equal(json_member_text(object, "level"), "warning");
    assert_string_equal(json_member_text(object, "id"), "r\"1");
    assert_int_equal(json_object_get_int(json_member(object, "pid")), getpid());
    assert_int_equal(json_object_get_int(json_member(object, "status")), 401);
    assert_string_equal(json_member_text(object, "app"), "a b \"=\\\\xff");
    assert_string_equal(json_member_text(object, "text"), "a \"b\"");
    assert_int_equal(strlen(json_member_text(object, "time")), strlen("2026-01-01T00:00:00Z"));
    assert_null(json_member(object, "client"));
}

static void long_json_is_cut(void **state) {
    log_set_format(LOG_FORMAT_JSON);
    log_write(LOG_LEVEL_INFO, "%s", unit_repeat(*state, "\"", LIMIT_LOG_LINE));
    assert_true(strlen(json_member_text(seen_object(*state), "text")) >= LIMIT_LOG_LINE / 2);
}

static void an_empty_text_is_a_line_too(void **state) {
    (void)state;
    log_write(LOG_LEVEL_INFO, "%s", "");
    assert_seen("info: \n");
}

/* A long text comes in several lines that together hold all of it, no character cut in two. */
static void a_long_text_takes_several_lines(void **state) {
    (void)state;
    char text[4 * LIMIT_LOG_LINE + 1];
    for (size_t shift = 0; shift < 3; shift++) {
        buffer_clear(&seen);
        lines = 0;
        memset(text, 'a', shift);
        size_t length = shift;
        for (; length + 3 < sizeof text; length += 3)
            memcpy(text + length, "\xe2\x82\xac", 3);
        text[length] = '\0';
        log_write(LOG_LEVEL_INFO, "%s", text);
        assert_true(lines >= 4);
        struct buffer joined;
        buffer_init(&joined, sizeof text);
        for (char *line = seen.bytes; *line != '\0';) {
            char *start = strstr(line, ": ") + 2, *end = strchr(start, '\n');
            if (line != seen.bytes)
                assert_int_equal(*start++, '+');
            buffer_add(&joined, start, (size_t)(end - start));
            line = end + 1;
        }
        assert_string_equal(buffer_text(&joined), text);
        buffer_free(&joined);
    }
}

static void a_fault_may_be_wrapped_into_itself(void **state) {
    (void)state;
    struct fault fault = {.text = "untouched"};
    assert_false(fault_set(&fault, FAULT_CONFLICT, "%s: %d", "key", 3));
    assert_int_equal(fault.kind, FAULT_CONFLICT);
    assert_string_equal(fault.text, "key: 3");
    fault_set(&fault, FAULT_INPUT, "module: %s", fault.text);
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_string_equal(fault.text, "module: key: 3");
}

static void a_long_fault_is_cut(void **state) {
    struct fault fault;
    fault_set(&fault, FAULT_INPUT, "%s", unit_repeat(*state, "x", 2 * LIMIT_FAULT_TEXT));
    assert_int_equal(strlen(fault.text), LIMIT_FAULT_TEXT - 1);
}

/* Half a character at the end would make the answer invalid JSON. */
static void a_long_fault_is_cut_between_characters(void **state) {
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < ARRAY_LENGTH(characters); i++)
        for (int shift = 0; shift < 4; shift++) {
            struct fault fault;
            fault_set(&fault, FAULT_INPUT, "%.*s%s", shift, "abc",
                      unit_repeat(*state, characters[i], LIMIT_FAULT_TEXT));
            size_t length = strlen(fault.text);
            assert_int_equal(utf8_valid_prefix(fault.text, length), length);
            assert_in_range(length, LIMIT_FAULT_TEXT - 4, LIMIT_FAULT_TEXT - 1);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST_WITH(set_up, a_line_names_process_and_level),
        UNIT_TEST_WITH(set_up, a_line_names_the_request),
        UNIT_TEST_WITH(set_up, lines_below_the_level_are_dropped),
        UNIT_TEST_WITH(set_up, control_characters_are_escaped),
        UNIT_TEST_WITH(set_up, lines_within_a_text_become_one),
        UNIT_TEST_WITH(set_up, fields_have_no_spaces),
        UNIT_TEST_WITH(set_up, lines_may_be_json),
        UNIT_TEST_WITH(set_up, long_json_is_cut),
        UNIT_TEST_WITH(set_up, an_empty_text_is_a_line_too),
        UNIT_TEST_WITH(set_up, a_long_text_takes_several_lines),
        UNIT_TEST(a_fault_may_be_wrapped_into_itself),
        UNIT_TEST(a_long_fault_is_cut),
        UNIT_TEST(a_long_fault_is_cut_between_characters),
    };
    return UNIT_RUN(tests);
}

/* The log: one line for each event, through one function. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { STAMP_SIZE = 32 };

const char *log_level_name(enum log_level level) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    return names[level];
}

const char *log_format_name(enum log_format format) {
    static const char *const names[] = {"text", "json"};
    return names[format];
}

static log_sink standard_error;

static struct {
    log_sink *sink;
    void *context;
    enum log_level level;
    enum log_format format;
    char request[LIMIT_REQUEST_ID + 1];
} log_state = {.sink = standard_error, .level = LOG_LEVEL_INFO};

/* The present time with a space behind it; returns its length. */
static size_t write_time(char stamp[STAMP_SIZE]) {
    time_t now = time(NULL);
    struct tm utc;
    return strftime(stamp, STAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ ", gmtime_r(&now, &utc));
}

void log_to_standard_error(const char *line, size_t length) {
    char stamp[STAMP_SIZE];
    struct buffer whole; /* one write, so that the lines of several processes do not mix */
    buffer_init(&whole, sizeof stamp + length);
    if (log_state.format == LOG_FORMAT_TEXT) /* the other has the time in it */
        buffer_add(&whole, stamp, write_time(stamp));
    buffer_add(&whole, line, length);
    if (write(STDERR_FILENO, whole.bytes, whole.length) < 0) {
        /* there is nowhere left to report it */
    }
    buffer_free(&whole);
}

static void standard_error(void *context, const char *line, size_t length) {
    (void)context;
    log_to_standard_error(line, length);
}

void log_to(log_sink *sink, void *context) {
    log_state.sink = sink == NULL ? standard_error : sink;
    log_state.context = context;
}

void log_set_level(enum log_level level) {
    log_state.level = level;
}

bool log_shows(enum log_level level) {
    return level <= log_state.level;
}

void log_set_format(enum log_format format) {
    log_state.format = format;
}

void log_set_request(const char *id) {
    snprintf(log_state.request, sizeof log_state.request, "%s", id);
}

const char *log_request(void) {
    return log_state.request;
}

/* Appends text with its line ends and tabs, and what blanks are around them, as one space. */
static void add_flat(struct buffer *buffer, const char *text) {
    while (*text != '\0') {
        size_t word = strcspn(text, "\n\r\t");
        buffer_add(buffer, text, word);
        text += word;
        size_t space = strspn(text, "\n\r\t ");
        while (space > 0 && buffer->length > 0 && buffer->bytes[buffer->length - 1] == ' ')
            buffer_cut(buffer, buffer->length - 1);
        if (space > 0 && text[space] != '\0')
            buffer_add_byte(buffer, ' ');
        text += space;
    }
}

/* How many bytes of the text, up to the first other one, are visible ASCII that is not below
 * `first`. Nearly all text is nothing else, and needs no change. */
static size_t plain_length(const char *text, char first) {
    size_t length = 0;
    while (text[length] >= first && text[length] < 0x7f)
        length++;
    return length;
}

/* Appends untrusted text in one line. */
static void add_text(struct buffer *buffer, const char *text) {
    size_t length = plain_length(text, ' ');
    if (length <= LIMIT_MESSAGE && text[length] == '\0') {
        buffer_add(buffer, text, length);
        return;
    }
    struct buffer flat;
    buffer_init(&flat, LIMIT_MESSAGE);
    add_flat(&flat, text);
    buffer_add_escaped(buffer, buffer_text(&flat), flat.length, LIMIT_MESSAGE);
    buffer_free(&flat);
}

/* Appends untrusted text as a JSON string, of no more than `most` bytes before it is quoted. */
static void add_string(struct buffer *buffer, const char *text, size_t most) {
    struct buffer plain;
    buffer_init(&plain, (size_t)4 * LIMIT_MESSAGE);
    add_text(&plain, text);
    size_t length = utf8_fitting(buffer_text(&plain), plain.length, most);
    buffer_add_byte(buffer, '"');
    for (size_t i = 0; i < length; i++) {
        if (plain.bytes[i] == '"' || plain.bytes[i] == '\\')
            buffer_add_byte(buffer, '\\');
        buffer_add_byte(buffer, plain.bytes[i]);
    }
    buffer_add_byte(buffer, '"');
    buffer_free(&plain);
}

/* Appends a value that spaces may not part. */
static void add_word(struct buffer *buffer, const char *text) {
    size_t length = plain_length(text, '!');
    if (length > LIMIT_LOG_LINE)
        length = LIMIT_LOG_LINE;
    buffer_add(buffer, text, length);
    if (text[length] == '\0')
        return;
    struct buffer plain;
    buffer_init(&plain, LIMIT_LOG_LINE - length);
    add_text(&plain, text + length);
    for (size_t i = 0; i < plain.length; i++)
        if (plain.bytes[i] == ' ')
            buffer_add_text(buffer, "\\x20");
        else
            buffer_add_byte(buffer, plain.bytes[i]);
    buffer_free(&plain);
}

static void write_lines(enum log_level level, const char *text, size_t length) {
    const char *mark = "";
    do {
        size_t part = utf8_fitting(text, length, LIMIT_LOG_LINE);
        struct buffer line;
        buffer_init(&line, (size_t)2 * LIMIT_LOG_LINE);
        buffer_add_format(&line, "dynmod[%ld] %s%s%s: %s", (long)getpid(), log_level_name(level),
                          log_state.request[0] == '\0' ? "" : " ", log_state.request, mark);
        buffer_add(&line, text, part);
        buffer_add_byte(&line, '\n');
        log_state.sink(log_state.context, line.bytes, line.length);
        buffer_free(&line);
        text += part;
        length -= part;
        mark = "+";
    } while (length > 0);
}

static void write_plain(enum log_level level, const struct log_field *fields, size_t count,
                        const char *text) {
    struct buffer whole;
    buffer_init(&whole, (size_t)4 * LIMIT_MESSAGE);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].value == NULL)
            continue;
        buffer_add_text(&whole, whole.length == 0 ? "" : " ");
        buffer_add_text(&whole, fields[i].name);
        buffer_add_byte(&whole, '=');
        add_word(&whole, fields[i].value);
    }
    if (text != NULL && whole.length > 0)
        buffer_add_text(&whole, ": ");
    if (text != NULL)
        add_text(&whole, text);
    write_lines(level, buffer_text(&whole), whole.length);
    buffer_free(&whole);
}

static void write_json(enum log_level level, const struct log_field *fields, size_t count,
                       const char *text) {
    char stamp[STAMP_SIZE];
    struct buffer line;
    buffer_init(&line, (size_t)4 * LIMIT_LOG_LINE);
    buffer_add_format(&line, "{\"time\":\"%.*s\",\"level\":\"%s\",\"pid\":%ld",
                      (int)write_time(stamp) - 1, stamp, log_level_name(level), (long)getpid());
    if (log_state.request[0] != '\0') {
        buffer_add_text(&line, ",\"id\":");
        add_string(&line, log_state.request, LIMIT_REQUEST_ID);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].value == NULL)
            continue;
        buffer_add_format(&line, ",\"%s\":", fields[i].name);
        if (fields[i].is_number)
            buffer_add_text(&line, fields[i].value);
        else
            add_string(&line, fields[i].value, LIMIT_LOG_VALUE);
    }
    if (text != NULL) {
        buffer_add_text(&line, ",\"text\":");
        add_string(&line, text, LIMIT_LOG_LINE / 2);
    }
    buffer_add_text(&line, "}\n");
    log_state.sink(log_state.context, line.bytes, line.length);
    buffer_free(&line);
}

void log_write_fields(enum log_level level, const struct log_field *fields, size_t count,
                      const char *text) {
    if (!log_shows(level))
        return;
    if (log_state.format == LOG_FORMAT_JSON)
        write_json(level, fields, count, text);
    else
        write_plain(level, fields, count, text);
}

void log_write(enum log_level level, const char *format, ...) {
    if (!log_shows(level))
        return;
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    log_write_fields(level, &(struct log_field){0}, 0, text);
    free(text);
}

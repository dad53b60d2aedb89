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

const char *log_level_name(enum log_level level) {
    static const char *const names[] = {"error", "warning", "info", "debug"};
    return names[level];
}

void log_to_standard_error(const char *line, size_t length) {
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    size_t size = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", gmtime_r(&now, &utc));
    struct buffer whole; /* one write, so that the lines of several processes do not mix */
    buffer_init(&whole, sizeof stamp + length);
    buffer_add(&whole, stamp, size);
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

static struct {
    log_sink *sink;
    void *context;
    enum log_level level;
    char request[24];
} log_state = {.sink = standard_error, .level = LOG_LEVEL_INFO};

void log_to(log_sink *sink, void *context) {
    log_state.sink = sink == NULL ? standard_error : sink;
    log_state.context = context;
}

void log_set_level(enum log_level level) {
    log_state.level = level;
}

void log_set_request(const char *id) {
    snprintf(log_state.request, sizeof log_state.request, "%s", id);
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

void log_write(enum log_level level, const char *format, ...) {
    if (level > log_state.level)
        return;
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    struct buffer escaped;
    buffer_init(&escaped, (size_t)4 * LIMIT_MESSAGE);
    buffer_add_escaped(&escaped, text, (size_t)length, LIMIT_MESSAGE);
    write_lines(level, buffer_text(&escaped), escaped.length);
    buffer_free(&escaped);
    free(text);
}

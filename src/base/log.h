/* The log: one line for each event, through one function. */
#ifndef DYNMOD_BASE_LOG_H
#define DYNMOD_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Returns the name of a level, as it is written in a configuration file. */
const char *log_level_name(enum log_level level) __attribute__((returns_nonnull));

/* Writes `length` bytes, ending in a newline, to wherever the log goes. */
typedef void log_sink(void *context, const char *line, size_t length);

/* The two forms of a line. */
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Returns the name of a format, as it is written in a configuration file. */
const char *log_format_name(enum log_format format) __attribute__((returns_nonnull));

/* A named value in a line. */
struct log_field {
    const char *name;
    const char *value; /* untrusted; NULL leaves the field out */
    bool is_number;    /* then it is one of JSON */
};

/* Sends lines to `sink` from now on; NULL restores standard error, where lines carry a time. */
void log_to(log_sink *sink, void *context);
/* Writes a line there with the time before it: for a sink that has failed. */
void log_to_standard_error(const char *line, size_t length) __attribute__((nonnull));
/* Drops messages that are less urgent than `level`. The initial level is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
/* Whether messages of this level are written. */
bool log_shows(enum log_level level);
/* Writes lines in this form from now on. The initial form is LOG_FORMAT_TEXT. */
void log_set_format(enum log_format format);
/* Names the request that the following lines belong to, "" for none. The string is copied. */
void log_set_request(const char *id) __attribute__((nonnull));
/* What log_set_request() was given last; valid until it is called again. */
const char *log_request(void) __attribute__((returns_nonnull));
/* Writes "dynmod[pid] level request: text", or {"time", "level", "pid", "id", "text"}. The ends of
 * lines in the text become spaces, other control characters and invalid UTF-8 \xNN. Text longer
 * than LIMIT_LOG_LINE bytes continues on further lines, with a "+" before the rest; JSON is cut
 * instead. Never pass a secret or a token. */
void log_write(enum log_level level, const char *format, ...)
    __attribute__((nonnull, format(printf, 2, 3)));
/* The same with fields before the text: "name=value name=value: text", in values without spaces, or
 * members of the JSON object. The text may be NULL. */
void log_write_fields(enum log_level level, const struct log_field *fields, size_t count,
                      const char *text) __attribute__((nonnull(2)));

#endif

/* The log: one line for each event, through one function. */
#ifndef DYNMOD_BASE_LOG_H
#define DYNMOD_BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Returns the name of a level, as it is written in a configuration file. */
const char *log_level_name(enum log_level level) __attribute__((returns_nonnull));

/* Writes `length` bytes, ending in a newline, to wherever the log goes. */
typedef void log_sink(void *context, const char *line, size_t length);

/* Sends lines to `sink` from now on; NULL restores standard error, where lines carry a time. */
void log_to(log_sink *sink, void *context);
/* Writes a line there with the time before it: for a sink that has failed. */
void log_to_standard_error(const char *line, size_t length) __attribute__((nonnull));
/* Drops messages that are less urgent than `level`. The initial level is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
/* Names the request that the following lines belong to, "" for none. The string is copied. */
void log_set_request(const char *id) __attribute__((nonnull));
/* Writes "dynmod[pid] level request: text". Control characters and invalid UTF-8 become \xNN. Text
 * longer than LIMIT_LOG_LINE bytes continues on further lines, with a "+" before the rest. Never
 * pass a secret or a token. */
void log_write(enum log_level level, const char *format, ...)
    __attribute__((nonnull, format(printf, 2, 3)));

#endif

/* Parts of JSON text, as they are written there: nothing is parsed into values or written anew. */
#ifndef DYNMOD_JSON_JSON_SPAN_H
#define DYNMOD_JSON_JSON_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/* A value, or a name with its quotes, within a longer text. */
struct json_span {
    const char *text;
    size_t length;
};

/* For JSON that PostgreSQL has written, whose names and strings are compared as they stand there.
 * Of text that is not well-formed any part may come out, but nothing beyond its end. */

/* The next member of an object: *at is where the object begins at first, and moves on with each
 * call. False when there are no more. */
bool json_span_member(const char **at, struct json_span *name, struct json_span *value)
    __attribute__((nonnull, warn_unused_result));

/* The next element of an array, in the same way. */
bool json_span_element(const char **at, struct json_span *value)
    __attribute__((nonnull, warn_unused_result));

/* Whether the span is this text in double quotes. */
bool json_span_is_text(const struct json_span *span, const char *text, size_t length)
    __attribute__((nonnull));

#endif

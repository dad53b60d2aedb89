/* Percent-encoding by RFC 3986, and as forms and queries use it. */
#ifndef DYNMOD_BASE_PERCENT_H
#define DYNMOD_BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/memory.h"

/* Whether RFC 3986, 2.3 leaves `character` as it is: A-Z a-z 0-9 "-" "." "_" "~". */
bool percent_is_unreserved(char character);

/* Appends `length` bytes with all but the unreserved ones as %XX, in upper-case hex. */
void percent_encode(struct buffer *out, const char *bytes, size_t length) __attribute__((nonnull));

/* Undoes percent-encoding: a text owned by the arena, with its length in `decoded_length` since
 * %00 may occur; NULL when a "%" is not followed by two hex digits. */
char *percent_decode(struct arena *arena, const char *text, size_t length, size_t *decoded_length)
    __attribute__((nonnull, warn_unused_result));

/* As percent_decode(), where "+" stands for a space, as in a query. */
char *percent_decode_query(struct arena *arena, const char *text, size_t length,
                           size_t *decoded_length) __attribute__((nonnull, warn_unused_result));

#endif

/* Percent-encoding as in RFC 3986, and as forms and queries use it. */
#ifndef DYNMOD_BASE_PERCENT_H
#define DYNMOD_BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/memory.h"

/* Whether RFC 3986, 2.3 leaves `character` as it is: A-Z a-z 0-9 "-" "." "_" "~". */
bool percent_is_unreserved(char character);

/* Appends `length` bytes, with all but the unreserved ones written as %XX in upper-case hex. */
void percent_encode(struct buffer *out, const char *bytes, size_t length) __attribute__((nonnull));

/* Decodes percent-encoding. Returns a string owned by the arena and stores its length, since it may
 * contain NUL bytes from %00; returns NULL when a "%" is not followed by two hex digits. */
char *percent_decode(struct arena *arena, const char *text, size_t length, size_t *decoded_length)
    __attribute__((nonnull, warn_unused_result));

/* Like percent_decode(), but "+" stands for a space, as in a query. */
char *percent_decode_query(struct arena *arena, const char *text, size_t length,
                           size_t *decoded_length) __attribute__((nonnull, warn_unused_result));

#endif

/* UTF-8 as defined in RFC 3629. */
#ifndef DYNMOD_BASE_UTF8_H
#define DYNMOD_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Returns the size, 1 to 4 bytes, of the well-formed UTF-8 character at the start of `bytes`, or 0
 * when there is none: an invalid, truncated or overlong sequence, a surrogate, or a code point
 * above U+10FFFF (RFC 3629, 4). */
size_t utf8_character(const char *bytes, size_t length) __attribute__((nonnull, pure));
/* Returns the code point of a character whose `size` utf8_character() has returned. */
uint32_t utf8_code_point(const char *bytes, size_t size) __attribute__((nonnull, pure));
/* Returns the length of the longest well-formed prefix: `length` when everything is well-formed. */
size_t utf8_valid_prefix(const char *bytes, size_t length) __attribute__((nonnull, pure));
/* Returns how many bytes of a well-formed text, at most `most`, can be kept so that the last
 * character is whole. */
size_t utf8_fitting(const char *bytes, size_t length, size_t most) __attribute__((nonnull, pure));
/* Returns the number of code points in a well-formed text. */
size_t utf8_count(const char *bytes, size_t length) __attribute__((nonnull, pure));

#endif

/* UTF-8 by RFC 3629. */
#ifndef DYNMOD_BASE_UTF8_H
#define DYNMOD_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed UTF-8 character at the start of `bytes`, 1 to 4; 0 when there is none:
 * a wrong, cut off or overlong sequence, a surrogate, or more than U+10FFFF (RFC 3629, 4). */
size_t utf8_character(const char *bytes, size_t length) __attribute__((nonnull, pure));
/* The code point of a character that utf8_character() found `size` bytes long. */
uint32_t utf8_code_point(const char *bytes, size_t size) __attribute__((nonnull, pure));
/* The length of the longest well-formed prefix; equal to `length` when all is well. */
size_t utf8_valid_prefix(const char *bytes, size_t length) __attribute__((nonnull, pure));
/* Code points in the well-formed text. */
size_t utf8_count(const char *bytes, size_t length) __attribute__((nonnull, pure));

#endif

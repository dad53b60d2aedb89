/* Strings in double quotes in which a backslash escapes the next byte. */
#ifndef DYNMOD_BASE_QUOTED_H
#define DYNMOD_BASE_QUOTED_H

#include <stdbool.h>

/* Moves *at, where a quote opens a string of JSON (RFC 8259, 7) or of a header (RFC 9110, 5.6.4),
 * past the quote that closes it; to the end of the text if none does, which is false. */
bool quoted_skip(const char **at) __attribute__((nonnull));

/* The first of the bytes `stops` that is in no such string, or the end of the text. */
const char *quoted_find(const char *at, const char *stops) __attribute__((nonnull));

#endif

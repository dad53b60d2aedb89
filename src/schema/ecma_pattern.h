/* Regular expressions of ECMA-262, checked and rewritten for PCRE2. */
#ifndef DYNMOD_SCHEMA_ECMA_PATTERN_H
#define DYNMOD_SCHEMA_ECMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "schema/ecma_reader.h"

/* Appends to `out` a pattern that means under PCRE2_UTF and PCRE2_MATCH_UNSET_BACKREF, without
 * PCRE2_UCP, what `source` means by ECMA-262 with its flag u: characters are code points, \d \w \b
 * know ASCII only, \s every Unicode space, $ is the very end, "." no line terminator.
 * As web browsers do without that flag (ECMA-262, annex B.1.2), it takes "{", "}" and "]" for
 * themselves where they have no other meaning, "-" next to \d and the like in a class, and a
 * backslash before any character that is neither letter nor digit; but no unknown escape of a
 * letter, which in other dialects means something else. Inner groups that took part in an earlier
 * round of a repetition keep what they matched, unlike in ECMA-262.
 * Not well-formed UTF-8, more than LIMIT_PATTERN bytes or LIMIT_PATTERN_GROUPS nested groups are a
 * problem too. */
bool schema_ecma_translate(const char *source, size_t length, struct buffer *out,
                           struct schema_ecma_problem *problem) __attribute__((nonnull));

#endif

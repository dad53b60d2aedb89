/* Regular expressions of ECMA-262, checked and rewritten for PCRE2. */
#ifndef DYNMOD_SCHEMA_ECMA_PATTERN_H
#define DYNMOD_SCHEMA_ECMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "schema/ecma_reader.h"

/* Appends to `out` a pattern that means in PCRE2, with PCRE2_UTF and PCRE2_MATCH_UNSET_BACKREF but
 * without PCRE2_UCP, what `source` means in ECMA-262 with the flag u: characters are code points;
 * \d, \w and \b know only ASCII, \s all Unicode spaces; $ matches only at the very end, "." no line
 * terminator. As web browsers do without that flag (ECMA-262, annex B.1.2), it takes "{", "}" and
 * "]" literally where they have no other meaning, "-" next to a set such as \d in a class, and a
 * backslash before any character that is neither a letter nor a digit; but not the escape of an
 * unknown letter, which means something in other dialects. Unlike in ECMA-262, inner groups keep
 * what they matched in an earlier round of a repetition.
 * It is also a problem if the source is not well-formed UTF-8, is longer than LIMIT_PATTERN or
 * nests more than LIMIT_PATTERN_GROUPS groups. */
bool schema_ecma_translate(const char *source, size_t length, struct buffer *out,
                           struct schema_ecma_problem *problem) __attribute__((nonnull));

#endif

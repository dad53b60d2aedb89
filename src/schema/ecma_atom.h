/* What matches one character in a regular expression of ECMA-262: escapes and classes. */
#ifndef DYNMOD_SCHEMA_ECMA_ATOM_H
#define DYNMOD_SCHEMA_ECMA_ATOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "schema/ecma_reader.h"

/* Appends a character so that PCRE2 takes it literally. */
void schema_ecma_put_character(struct buffer *out, uint32_t point) __attribute__((nonnull));

enum schema_ecma_atom { SCHEMA_ECMA_WRONG, SCHEMA_ECMA_CHARACTER, SCHEMA_ECMA_SET };

/* Reads what follows a backslash, inside or outside a class. A set of characters, such as \d or
 * \p{L}, is appended to `out`; a single character goes to `point`, and nothing is appended. */
enum schema_ecma_atom schema_ecma_escape(struct schema_ecma_reader *reader, bool in_class,
                                         struct buffer *out, uint32_t *point)
    __attribute__((nonnull));
/* Reads what follows "[", up to and including "]", and appends it. */
bool schema_ecma_class(struct schema_ecma_reader *reader, struct buffer *out)
    __attribute__((nonnull));

#endif

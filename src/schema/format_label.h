/* Internationalized labels of host names, RFC 5890 to 5892. */
#ifndef DYNMOD_SCHEMA_FORMAT_LABEL_H
#define DYNMOD_SCHEMA_FORMAT_LABEL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text, which stood behind "xn--", is Punycode (RFC 3492) for a label that IDNA 2008
 * allows, as far as the properties of characters that PCRE2 knows tell: of RFC 5892 the letters,
 * digits and marks, the exceptions and the rules for characters in context; not the stability
 * under normalization, nor RFC 5893 for text that runs from right to left. */
bool schema_label_valid(const char *text, size_t length) __attribute__((nonnull));

#endif

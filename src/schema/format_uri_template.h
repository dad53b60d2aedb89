/* URI templates, RFC 6570. */
#ifndef DYNMOD_SCHEMA_FORMAT_URI_TEMPLATE_H
#define DYNMOD_SCHEMA_FORMAT_URI_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is a URI template by the grammar of RFC 6570, 2, with erratum 6937, which
 * allows the apostrophe in literals. Operators reserved for extensions count as valid. */
bool schema_uri_template_valid(const char *text, size_t length) __attribute__((nonnull));

#endif

/* Host names. */
#ifndef DYNMOD_SCHEMA_FORMAT_HOSTNAME_H
#define DYNMOD_SCHEMA_FORMAT_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is a host name (RFC 1123, 2.1): labels of 1 to 63 letters, digits and inner
 * hyphens, 253 characters in all, no dot at the end. A label that begins with "xn--" must be the
 * encoded form of an internationalized label (RFC 5891, 4). */
bool schema_hostname_valid(const char *text, size_t length) __attribute__((nonnull));

#endif

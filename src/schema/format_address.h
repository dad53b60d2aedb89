/* Internet host names and addresses. */
#ifndef DYNMOD_SCHEMA_FORMAT_ADDRESS_H
#define DYNMOD_SCHEMA_FORMAT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is a dotted decimal address, its numbers without leading zeros (RFC 2673, 3.2;
 * RFC 3986, 3.2.2). */
bool schema_address_is_ipv4(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is an IPv6 address (RFC 4291, 2.2), without a zone or brackets. */
bool schema_address_is_ipv6(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is a host name (RFC 1123, 2.1): labels of 1 to 63 letters, digits and inner
 * hyphens, 253 characters in all, no dot at the end. A label that begins with "xn--" must be the
 * encoded form of an internationalized label (RFC 5891, 4). */
bool schema_address_is_hostname(const char *text, size_t length) __attribute__((nonnull));

#endif

/* Internet addresses. */
#ifndef DYNMOD_SCHEMA_FORMAT_ADDRESS_H
#define DYNMOD_SCHEMA_FORMAT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is a dotted decimal address whose numbers have no leading zeros (RFC 2673, 3.2;
 * RFC 3986, 3.2.2). */
bool schema_address_is_ipv4(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is an IPv6 address (RFC 4291, 2.2), without a zone or brackets. */
bool schema_address_is_ipv6(const char *text, size_t length) __attribute__((nonnull));

#endif

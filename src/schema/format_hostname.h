/* Host names, plain and internationalized. */
#ifndef DYNMOD_SCHEMA_FORMAT_HOSTNAME_H
#define DYNMOD_SCHEMA_FORMAT_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

/* Whether the text is a host name (RFC 1123, 2.1): labels of 1 to 63 letters, digits and inner
 * hyphens, 253 characters in all, no dot at the end. A label that begins with "xn--" must be the
 * encoded form of an internationalized label (RFC 5891, 4). */
bool schema_hostname_valid(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is such a host name or an internationalized one (RFC 5890, 2.3.2.3): its labels
 * may be written in Unicode, in any normalization form, and separated by any dot of RFC 3490, 3.1.
 * The limits hold for the encoded name. */
bool schema_hostname_idn_valid(const char *text, size_t length) __attribute__((nonnull));

/* The host name as DNS and HTTP have it, such as "xn--bcher-kva.example" for "bücher.example";
 * owned by the arena. NULL when it cannot be written so. */
const char *schema_hostname_ascii(struct arena *arena, const char *text)
    __attribute__((nonnull, warn_unused_result));

#endif

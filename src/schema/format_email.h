/* E-mail addresses, plain and internationalized. */
#ifndef DYNMOD_SCHEMA_FORMAT_EMAIL_H
#define DYNMOD_SCHEMA_FORMAT_EMAIL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is a Mailbox of RFC 5321, 4.1.2: words joined by dots or a quoted string, then
 * "@" and a host name or an address in brackets, within the lengths of 4.5.3.1. */
bool schema_email_valid(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is such a Mailbox with the extensions of RFC 6531, 3.3: characters beyond ASCII
 * in words and quoted strings, and internationalized host names. */
bool schema_email_idn_valid(const char *text, size_t length) __attribute__((nonnull));

#endif

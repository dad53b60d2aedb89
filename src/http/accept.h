/* Media ranges of an Accept header (RFC 9110, 12.5.1). */
#ifndef DYNMOD_HTTP_ACCEPT_H
#define DYNMOD_HTTP_ACCEPT_H

#include <stdbool.h>

/* Whether the list `accept`, NULL for none, names the media type `type` itself with a weight above
 * 0. Ranges with asterisks do not count, nor do members of the list that are malformed; parameters
 * other than the weight are ignored. Types compare case-insensitively. */
bool accept_names(const char *accept, const char *type) __attribute__((nonnull(2)));

#endif

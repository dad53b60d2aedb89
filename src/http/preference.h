/* What a client would like best, as its Prefer header says (RFC 7240). */
#ifndef DYNMOD_HTTP_PREFERENCE_H
#define DYNMOD_HTTP_PREFERENCE_H

#include <stdbool.h>

/* Whether the header `prefer`, NULL for none, has the preference `name` with this value. Of several
 * with one name the first counts; names compare case-insensitively, values do not. What cannot be
 * read is ignored, as all preferences may be. */
bool preference_is(const char *prefer, const char *name, const char *value)
    __attribute__((nonnull(2, 3)));

#endif

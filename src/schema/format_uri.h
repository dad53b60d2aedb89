/* URI references and their resolution, RFC 3986. */
#ifndef DYNMOD_SCHEMA_FORMAT_URI_H
#define DYNMOD_SCHEMA_FORMAT_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

/* Whether the text is a URI with a scheme (RFC 3986, 3). */
bool schema_uri_valid(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is a URI or a relative reference (RFC 3986, 4.1). */
bool schema_uri_reference_valid(const char *text, size_t length) __attribute__((nonnull));
/* Resolves `reference` against `base` (RFC 3986, 5.2), ignoring fragments: the result, owned by the
 * arena, has none. */
char *schema_uri_resolve(struct arena *arena, const char *base, const char *reference)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif

/* Request targets and their paths, as in RFC 3986 and RFC 9112. */
#ifndef DYNMOD_HTTP_URI_H
#define DYNMOD_HTTP_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

/* The two parts of a request target, as they were sent. */
struct uri_target {
    const char *path;  /* begins with "/" unless the client sent something odd, such as "*" */
    const char *query; /* what follows the first "?"; NULL when there is no "?" */
};

/* The decoded segments of a path: "/a/b" has two, "/a/b/" has three, the last of which is "". */
struct uri_path {
    const char **segments; /* well-formed UTF-8 without control characters; may contain "/" */
    size_t count;          /* at least 1 */
};

/* Splits a request target at its first "?" into copies that the arena owns. The absolute form
 * (http://host/path, RFC 9112, 3.2.2) is reduced to its path. Fails with FAULT_INPUT when the
 * target is longer than LIMIT_TARGET. */
bool uri_split_target(struct arena *arena, const char *target, struct uri_target *parts,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));
/* Splits a raw path at its slashes and decodes each segment once; the arena owns the result.
 * Returns false when it does not begin with "/", or when a segment contains an invalid escape, a
 * control character (including NUL) or invalid UTF-8, or is "." or ".." once decoded: no resource
 * has such a name. */
bool uri_split_path(struct arena *arena, const char *path, struct uri_path *parts)
    __attribute__((nonnull, warn_unused_result));

#endif

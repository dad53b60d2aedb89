/* Entity tags (RFC 9110, 8.8.3). */
#ifndef DYNMOD_HTTP_ETAG_H
#define DYNMOD_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

/* Whether the If-None-Match list `wanted`, NULL for none, holds `tag` or "*", by weak comparison
 * (RFC 9110, 8.8.3.2). */
bool etag_matches(const char *wanted, const char *tag) __attribute__((nonnull(2)));

/* The decimal numbers among the tags of the list `wanted`, NULL for none: 7 for "7" and W/"7", but
 * nothing for "07", "x" and numbers beyond 18 digits. Their number is stored in *count; the arena
 * owns them. */
const char **etag_numbers(struct arena *arena, const char *wanted, size_t *count)
    __attribute__((nonnull(1, 3), returns_nonnull, warn_unused_result));

/* What an If-Match or If-None-Match header (RFC 9110, 13.1) names. */
struct etag_list {
    bool any;             /* "*" */
    const char **numbers; /* of the strong tags that are numbers as in etag_numbers() */
    size_t count;         /* how many of these there are; all others match no tag of ours */
};

/* Reads the header strictly, into memory of the arena. Returns false when it is neither "*" nor a
 * list of entity tags with at least one in it. */
bool etag_list_read(struct arena *arena, const char *text, struct etag_list *list)
    __attribute__((nonnull, warn_unused_result));

#endif

/* The query string hash (qsh): what a Connect token says about the request it was made for. */
#ifndef DYNMOD_CONNECT_QSH_H
#define DYNMOD_CONNECT_QSH_H

#include <stddef.h>

#include "base/memory.h"
#include "http/query.h"

enum { QSH_LENGTH = 64 }; /* a SHA-256 as lower-case hex digits */

/* What the hash covers. Parameters named "jwt" are left out: the token itself is sent in one. */
struct qsh_request {
    const char *method;        /* in any case */
    const char *path;          /* raw, as it was sent, including the context path */
    const char *context_path;  /* of the site: "", or such as "/jira" */
    const struct query *query; /* the one that the resource acts on, so that nothing is unsigned */
};

/* How real clients deviate from the host's form, in any combination. All forms still cover the
 * method, the path and every parameter. */
enum qsh_variant {
    QSH_CONTEXT_PATH_KEPT = 1,    /* jira.js, ACE with an absolute URL, go-jira */
    QSH_TRAILING_SLASH_KEPT = 2,  /* pycontribs/jira, rbriski/atlassian-jwt */
    QSH_NAMES_SORTED_RAW = 4,     /* every JavaScript client: not by encoded names */
    QSH_VALUES_IN_WIRE_ORDER = 8, /* the Ruby gem: repeated values in the order sent */
    QSH_NULL_FOR_NO_VALUE = 16,   /* ACE: "?a" signed as "a=null" */
};

/* Returns the canonical request, owned by the arena: "METHOD&path&parameters" as Atlassian's
 * HttpRequestCanonicalizer makes it. `variants` is 0 for the host's own form, else the bitwise OR
 * of enum qsh_variant values. */
char *qsh_canonical(struct arena *arena, const struct qsh_request *request, unsigned variants)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* Stores the hash of a canonical request as a NUL-terminated string of lower-case hex digits. */
void qsh_hash(const char *canonical, char hash[QSH_LENGTH + 1]) __attribute__((nonnull));
/* Compares the `claimed` hash, in constant time, with that of `canonical`, the host's form of the
 * canonical request, and then with those of all other forms that differ for this request. Returns
 * the name of the form that matched, for the log and owned by the arena, or NULL when none did. */
const char *qsh_match(struct arena *arena, const struct qsh_request *request, const char *canonical,
                      const char *claimed, size_t claimed_length)
    __attribute__((nonnull, warn_unused_result));

#endif

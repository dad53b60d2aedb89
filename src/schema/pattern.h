/* Regular expressions of ECMA-262 that cannot hang. */
#ifndef DYNMOD_SCHEMA_PATTERN_H
#define DYNMOD_SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

/* A compiled regular expression; never changes. */
struct schema_pattern;

/* What matching needs besides the pattern: working memory and the steps that are left. Starts out
 * zeroed except for `steps`; it can serve many patterns, which share its steps. */
struct schema_matcher {
    size_t steps;
    size_t position; /* in the subject, at the last step */
    size_t unseen;   /* bytes that a back reference may compare at each step without a match */
    void *context;
    void *data;
};

enum schema_match { SCHEMA_MATCH, SCHEMA_NO_MATCH, SCHEMA_MATCH_UNDECIDED };

/* Compiles a regular expression, owned by the arena. The fault says what is wrong with `source`. */
bool schema_pattern_compile(const char *source, size_t length, struct arena *arena,
                            const struct schema_pattern **out, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
/* Whether `source` is a regular expression of ECMA-262. schema_pattern_compile() may refuse it
 * nevertheless, for what PCRE2 lacks, such as lookbehind of variable length. */
bool schema_pattern_valid(const char *source, size_t length) __attribute__((nonnull));
/* Searches the subject for the pattern. Undecided when the matcher's steps or LIMIT_PATTERN_HEAP
 * ran out. A subject that is not well-formed UTF-8 does not match. */
enum schema_match schema_pattern_match(const struct schema_pattern *pattern, const char *subject,
                                       size_t length, struct schema_matcher *matcher)
    __attribute__((nonnull));
/* Frees the working memory; the matcher may be used again. */
void schema_matcher_release(struct schema_matcher *matcher) __attribute__((nonnull));

#endif

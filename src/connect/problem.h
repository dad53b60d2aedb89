/* Everything that is wrong with a request, each problem with its place. */
#ifndef DYNMOD_CONNECT_PROBLEM_H
#define DYNMOD_CONNECT_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

enum problem_severity {
    PROBLEM_ERROR,   /* the request is refused */
    PROBLEM_WARNING, /* only reported, as the original host is not known to refuse it */
};

struct problem {
    enum problem_severity severity;
    const char *pointer; /* a JSON Pointer (RFC 6901) into what was sent; "" is the whole */
    const char *rule;    /* a short name for programs: a JSON Schema keyword or one of our rules */
    const char *text;    /* a sentence without a full stop */
};

/* A growing list. Everything in it is owned by the arena. */
struct problem_list {
    struct arena *arena;
    struct problem *items;
    size_t count;
    size_t capacity;
    size_t errors;           /* how many errors were added */
    size_t more;             /* how many of them, beyond LIMIT_PROBLEMS, were only counted */
    size_t more_warnings;    /* how many warnings, beyond LIMIT_WARNINGS, were only counted */
    const char *strict_rule; /* whose warnings are errors; NULL for none */
    bool replaces;           /* whether the modules were to replace others, for messages */
};

/* An empty list, also owned by the arena. */
struct problem_list *problem_list_new(struct arena *arena)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* From now on what would be a warning by `rule`, a string constant, is an error. */
void problem_list_treat_as_error(struct problem_list *list, const char *rule)
    __attribute__((nonnull));

/* How many more errors the list can take. */
size_t problem_list_room(const struct problem_list *list) __attribute__((nonnull));

/* Adds a problem. Errors beyond LIMIT_PROBLEMS and warnings beyond LIMIT_WARNINGS, which must not
 * push out errors, are counted only. `pointer` and the text are copied. Untrusted text in the
 * arguments must have been quoted by problem_quote(). */
void problem_add(struct problem_list *list, enum problem_severity severity, const char *pointer,
                 const char *rule, const char *format, ...)
    __attribute__((nonnull, format(printf, 5, 6)));

/* Counts `count` more errors without naming them. */
void problem_count_more(struct problem_list *list, size_t count) __attribute__((nonnull));

/* Sorts by place: array elements by index, members by name. */
void problem_list_sort(struct problem_list *list) __attribute__((nonnull));

/* "error" or "warning". */
const char *problem_severity_name(enum problem_severity severity) __attribute__((returns_nonnull));

/* "place: text", with the place escaped, or just the text if the place is the whole; owned by the
 * arena, which must not outlive the problem. */
const char *problem_describe(struct arena *arena, const struct problem *problem)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Untrusted text for a problem: in double quotes, escaped, and cut after LIMIT_ECHO bytes; owned by
 * the arena. */
const char *problem_quote(struct arena *arena, const char *text) __attribute__((nonnull));

/* `parent` with one more step, escaped according to RFC 6901, section 3; owned by the arena. */
const char *problem_pointer(struct arena *arena, const char *parent, const char *step)
    __attribute__((nonnull));
const char *problem_pointer_index(struct arena *arena, const char *parent, size_t index)
    __attribute__((nonnull));

#endif

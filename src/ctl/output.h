/* What the tool prints: aligned columns for people, JSON for programs. */
#ifndef DYNMOD_CTL_OUTPUT_H
#define DYNMOD_CTL_OUTPUT_H

#include <json-c/json.h>
#include <stdio.h>

#include "connect/problem.h"
#include "ctl/invocation.h"

/* A member of a JSON object and its title for people. */
struct output_column {
    const char *title; /* NULL ends an array of columns */
    const char *member;
};

/* Prints an array of objects, as it is with --json, otherwise as a table with a line of titles. */
void output_list(const struct invocation *invocation, struct json_object *rows,
                 const struct output_column *columns) __attribute__((nonnull(1, 3)));

/* What output_more() needs to begin with, owned by the invocation's arena. */
size_t *output_widths(const struct invocation *invocation, const struct output_column *columns)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* Prints further rows of a list that has no end, without titles: with --json each on one line,
 * otherwise as wide as those before. */
void output_more(const struct invocation *invocation, struct json_object *rows,
                 const struct output_column *columns, size_t *widths) __attribute__((nonnull));

/* Prints one object, as it is with --json, otherwise with one line for each column whose member is
 * present and not null. */
void output_object(const struct invocation *invocation, struct json_object *object,
                   const struct output_column *columns) __attribute__((nonnull));

/* Prints the object with --json, otherwise the formatted sentence. */
void output_done(const struct invocation *invocation, struct json_object *object,
                 const char *format, ...) __attribute__((nonnull, format(printf, 3, 4)));

/* Prints the fault as {"error": {"kind", "text"}}, with "problems" where what was sent has any. */
void output_fault(const struct invocation *invocation, const struct fault *fault)
    __attribute__((nonnull));

/* The problems as an array of {"severity", "pointer", "rule", "text"}, for the caller to keep. */
struct json_object *output_problem_list(const struct problem_list *problems)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Prints each problem on a line of its own, as "severity: place: text". */
void output_problems(const struct problem_list *problems, FILE *out) __attribute__((nonnull));

#endif

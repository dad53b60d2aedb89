/* The parameters of a query, as a servlet container reads them. */
#ifndef DYNMOD_HTTP_QUERY_H
#define DYNMOD_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

/* One name with its value, decoded: well-formed UTF-8, NUL-terminated, but with lengths too, since
 * %00 puts a NUL inside. */
struct query_parameter {
    const char *name; /* never empty */
    size_t name_length;
    const char *value; /* "" when there was no "=" */
    size_t value_length;
    bool has_equals; /* false for "?name", true for "?name=" */
};

/* All parameters, in the order of the query. */
struct query {
    const struct query_parameter *parameters;
    size_t count;
    size_t dropped; /* how many were left out; no hash covers these */
};

/* Parses a raw query, NULL for none, into parameters that the arena owns: split at "&" (";" is an
 * ordinary character) and at the first "="; "+" is a space; percent-decoded as UTF-8, with U+FFFD
 * in place of whatever is not well-formed. Parameters without a name or with an invalid escape are
 * left out, as Tomcat 9 does. Fails with FAULT_INPUT above LIMIT_QUERY_PARAMETERS. */
bool query_parse(struct arena *arena, const char *text, struct query *query, struct fault *fault)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));
/* Whether the parameter has exactly this name. */
bool query_is_named(const struct query_parameter *parameter, const char *name)
    __attribute__((nonnull, pure));
/* Returns the first parameter with this name, or NULL when there is none. */
const struct query_parameter *query_first(const struct query *query, const char *name)
    __attribute__((nonnull, pure));

#endif

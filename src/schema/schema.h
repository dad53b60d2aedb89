/* A validator for JSON Schema draft-07 over json-c. */
#ifndef DYNMOD_SCHEMA_SCHEMA_H
#define DYNMOD_SCHEMA_SCHEMA_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

/* A compiled schema: never changes, and validates any number of values. */
struct schema;

/* A document that references may name by its URI, besides any "$id" in it. */
struct schema_document {
    const char *uri;
    struct json_object *root;
};

/* Compiles the schema `root`. Its references lead into itself or into one of `others`; nothing is
 * ever fetched. The schema keeps references to the json-c objects, which must not be changed while
 * it lives; `others` itself and its URIs may go.
 * All keywords of JSON Schema validation draft-07 assert, formats included; unknown keywords and
 * formats are ignored. Fails with FAULT_INPUT when the schema is broken, the text beginning with
 * its place as a JSON Pointer: a keyword of the wrong form, a regular expression that is none, a
 * reference to nothing, schemas that refer to each other in a circle without descending into the
 * value, more than LIMIT_SCHEMA_DEPTH or LIMIT_SCHEMA_CHAIN levels, another draft in "$schema".
 * The schemas in `others` are only looked at as far as they are referred to. */
bool schema_compile(struct json_object *root, const struct schema_document *others, size_t count,
                    struct schema **out, struct fault *fault)
    __attribute__((nonnull(4, 5), warn_unused_result));
/* Frees the schema; NULL is allowed. */
void schema_free(struct schema *schema);

/* One thing that is wrong with a value. What is for people repeats no more than LIMIT_ECHO bytes of
 * the value, control characters escaped. */
struct schema_violation {
    const char *pointer; /* JSON Pointer of the place; cut and ended by "..." when too long */
    const char *keyword; /* or "false" for the schema false, "limit" for the limits below */
    const char *text;    /* for people, to go on "PLACE: ", such as "must be a string" */
    /* The name that required or dependencies miss, or that additionalProperties or propertyNames
     * refuse, else NULL. Neither cut nor escaped: it is a part of the schema or the value. */
    const char *member;
};

struct schema_violations {
    struct schema_violation *list; /* owned by the arena */
    size_t count;                  /* in the list */
    size_t total; /* all that were found; more than `count` when the list is full */
};

/* Whether the value is valid; NULL is JSON's null. If not, `out` has what is wrong with it: all of
 * it, of which at most `maximum`, and at least 1, are listed, in the order of the value; of anyOf
 * and oneOf what is wrong by the branch that comes closest. If it is valid, `out` is zeroed and
 * nothing was allocated in the arena.
 * A value that takes too much to check is invalid and a violation says so: LIMIT_SCHEMA_FRAMES,
 * LIMIT_SCHEMA_WORK, LIMIT_PATTERN_STEPS, LIMIT_PATTERN_HEAP. Not thread-safe, as json-c is not:
 * it may print numbers of the value. */
bool schema_validate(const struct schema *schema, struct json_object *value, struct arena *arena,
                     size_t maximum, struct schema_violations *out)
    __attribute__((nonnull(1, 3, 5), warn_unused_result));

#endif

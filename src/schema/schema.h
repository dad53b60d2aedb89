/* A validator for JSON Schema draft-07 over json-c. */
#ifndef DYNMOD_SCHEMA_SCHEMA_H
#define DYNMOD_SCHEMA_SCHEMA_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"

/* A compiled schema. It never changes and can validate any number of values. */
struct schema;

/* A document that references may name by this URI, besides any "$id" in it. */
struct schema_document {
    const char *uri;
    struct json_object *root;
};

/* Compiles the schema `root`. Its references may lead to places in itself or in one of `others`;
 * nothing is ever fetched. The compiled schema holds references to the json-c objects, which must
 * not change as long as it exists; `others` itself and its URIs need not be kept.
 * All keywords of JSON Schema validation draft-07 assert, format included; unknown keywords and
 * formats are ignored. Fails with FAULT_INPUT when the schema is not valid; the text begins with
 * the place, as a JSON Pointer. Reasons are a keyword whose value is malformed, a regular
 * expression that is not valid, a reference to nothing, schemas that refer to each other in a
 * circle without descending into the value, more than LIMIT_SCHEMA_DEPTH or LIMIT_SCHEMA_CHAIN
 * levels, and another draft in "$schema". Schemas in `others` are checked only if they are referred
 * to. */
bool schema_compile(struct json_object *root, const struct schema_document *others, size_t count,
                    struct schema **out, struct fault *fault)
    __attribute__((nonnull(4, 5), warn_unused_result));
/* Frees the schema; NULL is allowed. */
void schema_free(struct schema *schema);

/* One thing that is wrong with a value. The pointer and the text each repeat at most LIMIT_ECHO
 * bytes of it, with control characters escaped. */
struct schema_violation {
    const char *pointer; /* JSON Pointer to the place; cut, and ending in "...", when long */
    const char *keyword; /* or "false" for the schema false, "limit" for the limits below */
    const char *text;    /* for people, to follow "PLACE: ", such as "must be a string" */
    /* The name that required or dependencies miss, or that additionalProperties or propertyNames
     * refuse; otherwise NULL. Neither cut nor escaped; owned by the schema or the value. */
    const char *member;
};

struct schema_violations {
    struct schema_violation *list; /* owned by the arena */
    size_t count;                  /* in the list */
    size_t total; /* how many were found; more than `count` when the list is full */
};

/* Whether the value, in which NULL is JSON's null, is valid. If not, `out` gets every violation in
 * the order of the value, the first `maximum` (at least 1) of them listed; for anyOf and oneOf,
 * those of the branch that comes closest. If it is valid, `out` is zeroed and the arena untouched.
 * A value that takes too much effort to check counts as not valid, and a violation says so:
 * LIMIT_SCHEMA_FRAMES, LIMIT_SCHEMA_WORK, LIMIT_PATTERN_STEPS, LIMIT_PATTERN_HEAP.
 * Not thread-safe: it may have json-c print numbers of the value. */
bool schema_validate(const struct schema *schema, struct json_object *value, struct arena *arena,
                     size_t maximum, struct schema_violations *out)
    __attribute__((nonnull(1, 3, 5), warn_unused_result));

#endif

/* What the keywords share while a schema is compiled. */
#ifndef DYNMOD_SCHEMA_COMPILE_H
#define DYNMOD_SCHEMA_COMPILE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "schema/node.h"
#include "schema/registry.h"

struct schema_compiler {
    struct arena *arena; /* owns what is compiled */
    struct schema_registry registry;
    struct schema_location *first; /* of those to compile, in the order in which they were needed */
    struct schema_location *last;
};

/* Compiles the value of a keyword in `spot->parent` into `check`, whose `keyword` is set. Leaves
 * `check->run` NULL if there is nothing to check. Fails when the value is malformed. */
typedef bool schema_keyword_compile(struct schema_compiler *compiler,
                                    const struct schema_spot *spot, struct json_object *value,
                                    struct schema_check *check);

struct schema_keyword {
    const char *name;
    schema_keyword_compile *compile;
};

/* The keywords of each kind in the order in which they are checked; a NULL name ends the list. */
extern const struct schema_keyword schema_general_keywords[];
extern const struct schema_keyword schema_numeric_keywords[];
extern const struct schema_keyword schema_string_keywords[];
extern const struct schema_keyword schema_array_keywords[];
extern const struct schema_keyword schema_object_keywords[];
extern const struct schema_keyword schema_member_keywords[];
extern const struct schema_keyword schema_combining_keywords[];

/* Finds the node of the subschema at `spot`, which applies to a part of the value, and has it
 * compiled. */
bool schema_compile_below(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *child, const struct schema_node **out)
    __attribute__((nonnull(1, 2, 4)));
/* The same for a subschema that applies to the same place of the value as its parent. */
bool schema_compile_here(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *child, const struct schema_node **out)
    __attribute__((nonnull(1, 2, 4)));
/* Compiles the schema in another `keyword` of `spot->parent`; NULL when there is none. */
bool schema_compile_sibling(struct schema_compiler *compiler, const struct schema_spot *spot,
                            const char *keyword, bool here, const struct schema_node **out)
    __attribute__((nonnull));
/* Compiles an array of schemas; with `here`, they apply to the same place as their parent. */
bool schema_compile_list(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *array, bool here, struct schema_nodes *out)
    __attribute__((nonnull));
/* Compiles the regular expression at `spot`. */
bool schema_compile_pattern(struct schema_compiler *compiler, const struct schema_spot *spot,
                            const char *source, size_t length, const struct schema_pattern **out)
    __attribute__((nonnull));
/* Reads an array of strings that are all different. */
bool schema_compile_names(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_names *out)
    __attribute__((nonnull(1, 2, 4)));
/* Reads a non-negative integer; one that is too large for size_t becomes SIZE_MAX. */
bool schema_compile_count(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, size_t *out) __attribute__((nonnull(1, 2, 4)));
/* Refuses a value that is not of the json-c type, which `phrase` names: "an object". */
bool schema_compile_is(struct schema_compiler *compiler, const struct schema_spot *spot,
                       struct json_object *value, json_type type, const char *phrase)
    __attribute__((nonnull(1, 2, 5)));
/* The spot of a member or an element of the value at `spot`. */
struct schema_spot schema_compile_member(const struct schema_spot *spot, const char *name)
    __attribute__((nonnull));
struct schema_spot schema_compile_element(const struct schema_spot *spot, size_t index)
    __attribute__((nonnull));

#endif

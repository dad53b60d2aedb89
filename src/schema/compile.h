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
    struct schema_location *first; /* that needs compiling, in the order of need */
    struct schema_location *last;
};

/* Compiles the value of a keyword in `spot->parent` into `check`, which has its keyword set and is
 * dropped when no function was set. Fails when the value is of the wrong form. */
typedef bool schema_keyword_compile(struct schema_compiler *compiler,
                                    const struct schema_spot *spot, struct json_object *value,
                                    struct schema_check *check);

struct schema_keyword {
    const char *name;
    schema_keyword_compile *compile;
};

/* The keywords of each kind, ended by a NULL name, in the order in which they are checked. */
extern const struct schema_keyword schema_general_keywords[];
extern const struct schema_keyword schema_numeric_keywords[];
extern const struct schema_keyword schema_string_keywords[];
extern const struct schema_keyword schema_array_keywords[];
extern const struct schema_keyword schema_object_keywords[];
extern const struct schema_keyword schema_member_keywords[];
extern const struct schema_keyword schema_combining_keywords[];

/* Finds the node of the subschema at `spot`, which applies to a part of the value, and sees to it
 * that it gets compiled. */
bool schema_compile_below(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *child, const struct schema_node **out)
    __attribute__((nonnull(1, 2, 4)));
/* The same for a subschema that applies to the same place as its parent. */
bool schema_compile_here(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *child, const struct schema_node **out)
    __attribute__((nonnull(1, 2, 4)));
/* Compiles the schema that `keyword` has next to others in `spot->parent`, or NULL for none. */
bool schema_compile_sibling(struct schema_compiler *compiler, const struct schema_spot *spot,
                            const char *keyword, bool here, const struct schema_node **out)
    __attribute__((nonnull));
/* Compiles an array of schemas, which apply to the same place if `here` is set. */
bool schema_compile_list(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *array, bool here, struct schema_nodes *out)
    __attribute__((nonnull));
/* Compiles a regular expression. */
bool schema_compile_pattern(struct schema_compiler *compiler, const struct schema_spot *spot,
                            const char *source, size_t length, const struct schema_pattern **out)
    __attribute__((nonnull));
/* Reads an array of different strings. */
bool schema_compile_names(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_names *out)
    __attribute__((nonnull(1, 2, 4)));
/* Reads a non-negative integer; one that is too big for size_t becomes its maximum. */
bool schema_compile_count(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, size_t *out) __attribute__((nonnull(1, 2, 4)));
/* Refuses a value that is not of the json-c type; `phrase` names the type: "an object". */
bool schema_compile_is(struct schema_compiler *compiler, const struct schema_spot *spot,
                       struct json_object *value, json_type type, const char *phrase)
    __attribute__((nonnull(1, 2, 5)));
/* The spot of a member or an element of what stands at `spot`. */
struct schema_spot schema_compile_member(const struct schema_spot *spot, const char *name)
    __attribute__((nonnull));
struct schema_spot schema_compile_element(const struct schema_spot *spot, size_t index)
    __attribute__((nonnull));

#endif

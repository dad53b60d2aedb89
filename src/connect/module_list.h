/* The modules of a request or a descriptor, from every shape in which clients send them. */
#ifndef DYNMOD_CONNECT_MODULE_LIST_H
#define DYNMOD_CONNECT_MODULE_LIST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "connect/module_type.h"
#include "connect/problem.h"

struct module {
    const struct module_type *type;
    struct json_object *definition; /* an object */
    const char *key;                /* NULL when it is missing or not a string */
    const char *pointer;            /* its place in what was sent */
    bool kept; /* the app has registered it while its type was dynamic, and may keep it */
};

/* Modules in the order in which they were sent. The list is owned by the arena, the definitions by
 * the tree that they were sent in. */
struct module_list {
    struct module *items;
    size_t count;
};

/* Reads the modules in `sent`: a map of module types to modules, such a map within "modules", an
 * array of such maps, or that within "modules" (real clients send each of these). Reports and
 * leaves out modules of an unknown type, in the wrong container, or beyond LIMIT_MODULES. */
void module_list_read(struct arena *arena, const struct module_types *types,
                      struct json_object *sent, struct module_list *list,
                      struct problem_list *problems) __attribute__((nonnull(1, 2, 4, 5)));

/* Reads one map of module types to modules, whose own place is `pointer`. */
void module_list_read_map(struct arena *arena, const struct module_types *types,
                          struct json_object *map, const char *pointer, struct module_list *list,
                          struct problem_list *problems) __attribute__((nonnull(1, 2, 4, 5, 6)));

/* A map with one module of the type `name`, which need not be known, in the shape that these
 * functions read; for the caller to keep. It shares the definition, which may be null. */
struct json_object *module_list_map(const struct module_types *types, const char *name,
                                    struct json_object *definition)
    __attribute__((nonnull(1, 2), returns_nonnull, warn_unused_result));

#endif

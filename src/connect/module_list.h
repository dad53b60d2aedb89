/* The modules of a request or a descriptor, out of every shape in which clients send them. */
#ifndef DYNMOD_CONNECT_MODULE_LIST_H
#define DYNMOD_CONNECT_MODULE_LIST_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/memory.h"
#include "connect/module_type.h"
#include "connect/problem.h"

struct module {
    const struct module_type *type;
    struct json_object *definition; /* an object */
    const char *key;                /* NULL when it is missing or no string */
    const char *pointer;            /* its place in what was sent */
};

/* Modules in the order in which they were sent; owned by the arena, definitions by their tree. */
struct module_list {
    struct module *items;
    size_t count;
};

/* Reads the modules out of `sent`: a map of module type to modules, such a map within "modules",
 * an array of such maps, or that within "modules" (real clients send each). What is of no known
 * type, has the wrong container, or is more than LIMIT_MODULES, becomes a problem and is left out.
 */
void module_list_read(struct arena *arena, const struct module_types *types,
                      struct json_object *sent, struct module_list *list,
                      struct problem_list *problems) __attribute__((nonnull(1, 2, 4, 5)));

/* Reads one map of module type to modules, whose own place is `pointer`. */
void module_list_read_map(struct arena *arena, const struct module_types *types,
                          struct json_object *map, const char *pointer, struct module_list *list,
                          struct problem_list *problems) __attribute__((nonnull(1, 2, 4, 5, 6)));

#endif

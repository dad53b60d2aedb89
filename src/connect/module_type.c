/* The module types that a host knows. */
#include "connect/module_type.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/json.h"

struct module_types {
    struct arena *arena;
    int64_t version;
    struct module_type *items; /* sorted by name */
    size_t count;
};

static int compare(const void *one, const void *other) {
    return strcmp(((const struct module_type *)one)->name,
                  ((const struct module_type *)other)->name);
}

static bool read_type(struct json_object *json, struct module_type *type) {
    const char *container = json_member_text(json, "container");
    type->name = json_member_text(json, "name");
    type->single = container != NULL && strcmp(container, "single") == 0;
    type->dynamic = json_object_get_boolean(json_member(json, "dynamic"));
    type->deprecated = json_object_get_boolean(json_member(json, "deprecated"));
    type->required_scope = json_member_text(json, "requiredScope");
    return type->name != NULL && container != NULL;
}

static bool read_types(struct module_types *types, struct json_object *root, struct fault *fault) {
    struct json_object *list = json_member(root, "types");
    if (!json_object_is_type(list, json_type_array))
        return fault_set(fault, FAULT_INTERNAL, "the module types are no array");
    types->count = json_object_array_length(list);
    types->items = arena_alloc(types->arena, types->count * sizeof *types->items);
    for (size_t i = 0; i < types->count; i++)
        if (!read_type(json_object_array_get_idx(list, i), &types->items[i]))
            return fault_set(fault, FAULT_INTERNAL, "module type %zu has no name or container", i);
    qsort(types->items, types->count, sizeof *types->items, compare);
    return true;
}

bool module_types_read(const char *json, int64_t version, struct module_types **types,
                       struct fault *fault) {
    struct json_object *root;
    struct module_types *read = memory_alloc(sizeof *read);
    read->arena = arena_new();
    read->version = version;
    *types = read;
    if (json_parse(read->arena, json, strlen(json), &root, fault) && read_types(read, root, fault))
        return true;
    module_types_free(read);
    *types = NULL;
    return false;
}

void module_types_free(struct module_types *types) {
    if (types == NULL)
        return;
    arena_free(types->arena);
    free(types);
}

int64_t module_types_version(const struct module_types *types) {
    return types == NULL ? 0 : types->version;
}

const struct module_type *module_types_find(const struct module_types *types, const char *name) {
    const struct module_type wanted = {.name = name};
    return bsearch(&wanted, types->items, types->count, sizeof *types->items, compare);
}

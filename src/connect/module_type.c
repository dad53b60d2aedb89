/* The module types that a host knows. */
#include "connect/module_type.h"

#include <stdlib.h>
#include <string.h>

#include "json/json.h"

/* The URI by which schemas refer to the building blocks that they share. */
#define DEFINITIONS_URI "dynmod:definitions"

struct module_types {
    struct arena *arena;
    int64_t version;
    struct module_type *items; /* sorted by name */
    struct schema **schemas;   /* of each item; NULL until needed */
    size_t count;
    struct json_object *root; /* its member "definitions" has the building blocks */
};

static int compare(const void *one, const void *other) {
    return strcmp(((const struct module_type *)one)->name,
                  ((const struct module_type *)other)->name);
}

static bool read_type(struct json_object *json, struct module_type *type) {
    const char *container = json_member_text(json, "container");
    type->json = json;
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
        return fault_set(fault, FAULT_INTERNAL, "the module types are not an array");
    types->count = json_object_array_length(list);
    types->root = root;
    types->items = arena_alloc(types->arena, types->count * sizeof *types->items);
    types->schemas = arena_alloc(types->arena, types->count * sizeof *types->schemas);
    for (size_t i = 0; i < types->count; i++)
        if (!read_type(json_object_array_get_idx(list, i), &types->items[i]))
            return fault_set(fault, FAULT_INTERNAL, "module type %zu lacks its name or container",
                             i);
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
    if (json_parse_stored(read->arena, json, &root, fault) && read_types(read, root, fault))
        return true;
    module_types_free(read);
    *types = NULL;
    return false;
}

void module_types_free(struct module_types *types) {
    if (types == NULL)
        return;
    for (size_t i = 0; i < types->count; i++)
        schema_free(types->schemas[i]);
    arena_free(types->arena);
    free(types);
}

static void release(void *types) {
    module_types_free(types);
}

bool module_types_read_into(struct arena *arena, const char *json, struct module_types **types,
                            struct fault *fault) {
    if (!module_types_read(json, 0, types, fault))
        return false;
    arena_keep(arena, release, *types);
    return true;
}

int64_t module_types_version(const struct module_types *types) {
    return types == NULL ? 0 : types->version;
}

size_t module_types_count(const struct module_types *types) {
    return types->count;
}

const struct module_type *module_types_get(const struct module_types *types, size_t index) {
    return &types->items[index];
}

const struct module_type *module_types_find(const struct module_types *types, const char *name) {
    const struct module_type wanted = {.name = name};
    return bsearch(&wanted, types->items, types->count, sizeof *types->items, compare);
}

static bool compile(const struct module_types *types, struct json_object *json,
                    struct schema **schema, struct fault *fault) {
    const struct schema_document definitions = {DEFINITIONS_URI, types->root};
    return schema_compile(json, &definitions, 1, schema, fault);
}

bool module_types_check_schema(const struct module_types *types, struct json_object *json,
                               struct fault *fault) {
    struct schema *schema;
    if (!compile(types, json, &schema, fault))
        return false;
    schema_free(schema);
    return true;
}

const struct schema *module_types_schema(const struct module_types *types,
                                         const struct module_type *type, struct fault *fault) {
    struct schema **schema = &types->schemas[type - types->items];
    struct json_object *json = NULL;
    struct schema *compiled;
    if (*schema != NULL)
        return *schema;
    if (!json_object_object_get_ex(type->json, "schema", &json))
        fault_set(fault, FAULT_UNAVAILABLE, "the module type %s has no schema", type->name);
    else if (!compile(types, json, &compiled, fault))
        fault_set(fault, FAULT_UNAVAILABLE, "the schema of the module type %s is broken: %s",
                  type->name, fault->text);
    else
        *schema = compiled;
    return *schema;
}

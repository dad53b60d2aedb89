/* The modules of a request or a descriptor, from every shape in which clients send them. */
#include "connect/module_list.h"

#include <string.h>

#include "base/limits.h"
#include "json/json.h"

#define WRAPPER "modules"

struct reader {
    struct arena *arena;
    const struct module_types *types;
    struct module_list *list;
    size_t capacity;
    bool full;
    struct problem_list *problems;
};

static void add_module(struct reader *reader, const struct module_type *type,
                       struct json_object *definition, const char *pointer) {
    if (!json_object_is_type(definition, json_type_object)) {
        problem_add(reader->problems, PROBLEM_ERROR, pointer, "type", "a module must be an object");
        return;
    }
    if (reader->list->count == LIMIT_MODULES) {
        if (!reader->full)
            problem_add(reader->problems, PROBLEM_ERROR, pointer, "maxModules",
                        "no more than %d modules are allowed at once", LIMIT_MODULES);
        reader->full = true;
        return;
    }
    if (reader->list->count == reader->capacity) {
        struct module *old = reader->list->items;
        reader->capacity = reader->capacity == 0 ? 128 : reader->capacity * 2;
        reader->list->items = arena_alloc(reader->arena, reader->capacity * sizeof *old);
        if (reader->list->count > 0)
            memcpy(reader->list->items, old, reader->list->count * sizeof *old);
    }
    reader->list->items[reader->list->count++] = (struct module){
        .type = type,
        .definition = definition,
        .key = json_member_text(definition, "key"),
        .pointer = pointer,
    };
}

static void read_type(struct reader *reader, const char *name, struct json_object *value,
                      const char *pointer) {
    const struct module_type *type = module_types_find(reader->types, name);
    if (type == NULL) {
        problem_add(reader->problems, PROBLEM_ERROR, pointer, "moduleType",
                    "%s is an unknown module type", problem_quote(reader->arena, name));
    } else if (type->single) {
        if (json_object_is_type(value, json_type_array))
            problem_add(reader->problems, PROBLEM_ERROR, pointer, "container",
                        "%s takes one module, not an array", type->name);
        else
            add_module(reader, type, value, pointer);
    } else if (!json_object_is_type(value, json_type_array)) {
        problem_add(reader->problems, PROBLEM_ERROR, pointer, "container",
                    "%s takes an array of modules", type->name);
    } else {
        for (size_t i = 0; i < json_object_array_length(value) && !reader->full; i++)
            add_module(reader, type, json_object_array_get_idx(value, i),
                       problem_pointer_index(reader->arena, pointer, i));
    }
}

static void read_map(struct reader *reader, struct json_object *map, const char *pointer) {
    if (!json_object_is_type(map, json_type_object)) {
        problem_add(reader->problems, PROBLEM_ERROR, pointer, "type",
                    "expected an object that maps module types to modules");
        return;
    }
    if (json_object_is_type(json_member(map, "key"), json_type_string)) {
        problem_add(reader->problems, PROBLEM_ERROR, pointer, "moduleType",
                    "this is a module without its module type; send {\"<module type>\": [...]}");
        return;
    }
    json_object_object_foreach(map, name, value) {
        read_type(reader, name, value, problem_pointer(reader->arena, pointer, name));
    }
}

static void read_maps(struct reader *reader, struct json_object *value, const char *pointer) {
    if (!json_object_is_type(value, json_type_array)) {
        read_map(reader, value, pointer);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(value); i++)
        read_map(reader, json_object_array_get_idx(value, i),
                 problem_pointer_index(reader->arena, pointer, i));
}

void module_list_read(struct arena *arena, const struct module_types *types,
                      struct json_object *sent, struct module_list *list,
                      struct problem_list *problems) {
    struct reader reader = {.arena = arena, .types = types, .list = list, .problems = problems};
    struct json_object *wrapped = NULL;
    *list = (struct module_list){0};
    if (json_object_is_type(sent, json_type_object) && json_object_object_length(sent) == 1 &&
        json_object_object_get_ex(sent, WRAPPER, &wrapped))
        read_maps(&reader, wrapped, "/" WRAPPER);
    else
        read_maps(&reader, sent, "");
}

void module_list_read_map(struct arena *arena, const struct module_types *types,
                          struct json_object *map, const char *pointer, struct module_list *list,
                          struct problem_list *problems) {
    struct reader reader = {.arena = arena, .types = types, .list = list, .problems = problems};
    *list = (struct module_list){0};
    read_map(&reader, map, pointer);
}

struct json_object *module_list_map(const struct module_types *types, const char *name,
                                    struct json_object *definition) {
    const struct module_type *type = module_types_find(types, name);
    struct json_object *map = json_object_new_object();
    struct json_object *module = json_object_get(definition);
    if (type == NULL || !type->single) {
        struct json_object *list = json_object_new_array();
        json_object_array_add(list, module);
        module = list;
    }
    json_object_object_add(map, name, module);
    return map;
}

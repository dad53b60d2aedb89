/* The places of schemas in documents, and the URIs that identify them. */
#include "schema/registry.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/percent.h"
#include "json/json_pointer.h"
#include "schema/format_uri.h"

enum { FIRST_TABLE_SIZE = 64, LONGEST_POINTER = 4096 };

/* The keywords that hold schemas: as their value or, if that is an array, its elements; those with
 * `map` set, as the members of their value. */
static const struct position {
    const char *keyword;
    bool map;
} positions[] = {
    {"additionalItems", false},
    {"additionalProperties", false},
    {"allOf", false},
    {"anyOf", false},
    {"contains", false},
    {"definitions", true},
    {"dependencies", true},
    {"else", false},
    {"if", false},
    {"items", false},
    {"not", false},
    {"oneOf", false},
    {"patternProperties", true},
    {"properties", true},
    {"propertyNames", false},
    {"then", false},
};

static const struct position *position_of(const char *keyword) {
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
        if (strcmp(positions[i].keyword, keyword) == 0)
            return &positions[i];
    return NULL;
}

void schema_registry_init(struct schema_registry *registry, struct fault *fault) {
    *registry = (struct schema_registry){
        .arena = arena_new(),
        .locations = lh_kptr_table_new(FIRST_TABLE_SIZE, NULL),
        .names = lh_kchar_table_new(FIRST_TABLE_SIZE, NULL),
        .fault = fault,
    };
    if (registry->locations == NULL || registry->names == NULL)
        abort(); /* out of memory, as in memory.c */
}

void schema_registry_release(struct schema_registry *registry) {
    lh_table_free(registry->locations);
    lh_table_free(registry->names);
    arena_free(registry->arena);
}

static void *look_up(struct lh_table *table, const void *key) {
    void *found = NULL;
    lh_table_lookup_ex(table, key, &found);
    return found;
}

static void insert(struct lh_table *table, const void *key, const void *value) {
    if (lh_table_insert(table, key, value) != 0)
        abort();
}

struct schema_location *schema_registry_find(const struct schema_registry *registry,
                                             const struct json_object *object) {
    return object == NULL ? NULL : look_up(registry->locations, object);
}

static void add_location(struct buffer *uri, const struct schema_location *location);

static void add_spot(struct buffer *uri, const struct schema_spot *spot) {
    add_location(uri, spot->parent);
    if (spot->keyword != NULL)
        json_pointer_add_name(uri, spot->keyword);
    if (spot->name != NULL)
        json_pointer_add_name(uri, spot->name);
    if (spot->index != SCHEMA_NO_INDEX)
        json_pointer_add_index(uri, (size_t)spot->index);
}

static void add_location(struct buffer *uri, const struct schema_location *location) {
    if (location->spot.parent == NULL)
        buffer_add_format(uri, "%s#", location->document);
    else if (location->pointer == NULL)
        add_spot(uri, &location->spot);
    else
        add_location(uri, location->spot.parent);
    if (location->pointer != NULL)
        buffer_add_text(uri, location->pointer);
}

bool schema_registry_refuse(struct schema_registry *registry, const struct schema_spot *spot,
                            const char *format, ...) {
    char text[LIMIT_FAULT_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct buffer uri, whole;
    buffer_init(&uri, LONGEST_POINTER);
    buffer_init(&whole, LIMIT_FAULT_TEXT);
    add_spot(&uri, spot);
    buffer_add_escaped(&whole, buffer_text(&uri), uri.length, LIMIT_ECHO);
    buffer_add_text(&whole, ": ");
    buffer_add_escaped(&whole, text, strlen(text), sizeof text);
    fault_set(registry->fault, FAULT_INPUT, "%s", buffer_text(&whole));
    buffer_free(&uri);
    buffer_free(&whole);
    return false;
}

static bool register_name(struct schema_registry *registry, char *uri,
                          struct schema_location *location) {
    const struct schema_location *other = look_up(registry->names, uri);
    struct schema_spot id = {location, "$id", NULL, SCHEMA_NO_INDEX};
    if (other != NULL && other != location)
        return schema_registry_refuse(registry, &id, "\"%.200s\" identifies another schema already",
                                      uri);
    if (other == NULL)
        insert(registry->names, uri, location);
    return true;
}

/* Splits a reference at its "#"; the fragment is "" when there is none. */
static char *without_fragment(struct arena *arena, const char *reference, const char **fragment) {
    size_t length = strcspn(reference, "#");
    *fragment = reference[length] == '#' ? reference + length + 1 : "";
    return arena_copy(arena, reference, length);
}

/* Takes "$id" as a new base or, if it is a fragment, as a name (core, 8.2.2 and 8.2.3). It is
 * ignored next to "$ref". */
static bool take_id(struct schema_registry *registry, struct schema_location *location) {
    struct json_object *id, *object = location->object;
    if (json_object_object_get_ex(object, "$ref", NULL) ||
        !json_object_object_get_ex(object, "$id", &id) ||
        !json_object_is_type(id, json_type_string))
        return true;
    const char *fragment, *text = json_object_get_string(id);
    char *own = without_fragment(registry->arena, text, &fragment);
    char *uri = schema_uri_resolve(registry->arena, location->base, own);
    location->base = uri;
    if (own[0] != '\0' && !register_name(registry, uri, location))
        return false;
    if (fragment[0] == '\0' || fragment[0] == '/')
        return true;
    return register_name(registry, arena_format(registry->arena, "%s#%s", uri, fragment), location);
}

static bool may_be_schema(struct json_object *object) {
    return json_object_is_type(object, json_type_object) ||
           json_object_is_type(object, json_type_boolean);
}

static bool record(struct schema_registry *registry, struct json_object *object,
                   const struct schema_location *like, unsigned depth);

static bool record_child(struct schema_registry *registry, struct json_object *object,
                         const struct schema_spot *spot, unsigned depth) {
    struct schema_location like = {
        .spot = *spot, .document = spot->parent->document, .base = spot->parent->base};
    if (!may_be_schema(object))
        return true; /* the compiler refuses it */
    return record(registry, object, &like, depth + 1);
}

static bool record_children(struct schema_registry *registry, struct schema_spot spot,
                            struct json_object *value, bool map, unsigned depth) {
    if (map && json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member) {
            spot.name = name;
            if (!record_child(registry, member, &spot, depth))
                return false;
        }
    } else if (!map && json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            spot.index = (long)i;
            if (!record_child(registry, json_object_array_get_idx(value, i), &spot, depth))
                return false;
        }
    } else if (!map) {
        return record_child(registry, value, &spot, depth);
    }
    return true;
}

static bool record(struct schema_registry *registry, struct json_object *object,
                   const struct schema_location *like, unsigned depth) {
    if (schema_registry_find(registry, object) != NULL)
        return true;
    struct schema_location *location = arena_alloc(registry->arena, sizeof *location);
    *location = *like;
    location->object = object;
    insert(registry->locations, object, location);
    struct schema_spot here = {location, NULL, NULL, SCHEMA_NO_INDEX};
    if (depth == LIMIT_SCHEMA_DEPTH)
        return schema_registry_refuse(registry, &here, "is nested too deeply");
    if (!json_object_is_type(object, json_type_object))
        return true;
    if (!take_id(registry, location))
        return false;
    json_object_object_foreach(object, keyword, value) {
        const struct position *position = position_of(keyword);
        here.keyword = keyword;
        if (position != NULL && !record_children(registry, here, value, position->map, depth))
            return false;
    }
    return true;
}

bool schema_registry_add(struct schema_registry *registry, const char *uri,
                         struct json_object *root) {
    const char *fragment;
    char *own = without_fragment(registry->arena, uri, &fragment);
    own = schema_uri_resolve(registry->arena, "",
                             own); /* in the form that resolving gives references */
    struct schema_location like = {
        .spot = {.index = SCHEMA_NO_INDEX}, .document = own, .base = own};
    if (!may_be_schema(root))
        return fault_set(registry->fault, FAULT_INPUT,
                         "%.200s#: must be a schema: an object or a boolean", own);
    return record(registry, root, &like, 0) &&
           register_name(registry, own, schema_registry_find(registry, root));
}

/* Follows a pointer down from `root`; `*nearest` is the last schema on the way. */
static struct json_object *follow(const struct schema_registry *registry,
                                  struct schema_location *root, const char *pointer,
                                  struct schema_location **nearest) {
    struct json_object *object = root->object;
    struct buffer token;
    buffer_init(&token, strlen(pointer));
    *nearest = root;
    while (object != NULL && json_pointer_next(&pointer, &token)) {
        struct json_object *child = NULL;
        size_t index;
        if (json_object_is_type(object, json_type_object))
            json_object_object_get_ex(object, buffer_text(&token), &child);
        else if (json_object_is_type(object, json_type_array) &&
                 json_pointer_index(buffer_text(&token), &index))
            child = json_object_array_get_idx(object, index);
        object = child;
        struct schema_location *location = schema_registry_find(registry, object);
        if (location != NULL)
            *nearest = location;
    }
    buffer_free(&token);
    return object;
}

/* The schema that a pointer, written as the fragment of a URI, leads to from `root`. It is recorded
 * if that is not a place for schemas, as under a keyword of another draft. */
static bool resolve_pointer(struct schema_registry *registry, struct schema_location *root,
                            const char *fragment, struct schema_location **out) {
    struct schema_location *nearest;
    size_t length;
    const char *pointer = percent_decode(registry->arena, fragment, strlen(fragment), &length);
    if (pointer == NULL || strlen(pointer) != length || !json_pointer_valid(pointer, length))
        return true;
    struct json_object *object = follow(registry, root, pointer, &nearest);
    struct schema_location like = {.spot = {.parent = root, .index = SCHEMA_NO_INDEX},
                                   .pointer = pointer,
                                   .document = nearest->document,
                                   .base = nearest->base};
    if (object != NULL && !record(registry, object, &like, 0))
        return false;
    *out = schema_registry_find(registry, object);
    return true;
}

bool schema_registry_resolve(struct schema_registry *registry, struct schema_location *from,
                             const char *reference, struct schema_location **out) {
    const char *fragment;
    char *own = without_fragment(registry->arena, reference, &fragment);
    char *uri = schema_uri_resolve(registry->arena, from->base, own);
    *out = NULL;
    if (fragment[0] == '\0') {
        *out = look_up(registry->names, uri);
    } else if (fragment[0] != '/') {
        *out = look_up(registry->names, arena_format(registry->arena, "%s#%s", uri, fragment));
    } else {
        struct schema_location *root = look_up(registry->names, uri);
        if (root != NULL && !resolve_pointer(registry, root, fragment, out))
            return false;
    }
    struct schema_spot spot = {from, "$ref", NULL, SCHEMA_NO_INDEX};
    return *out != NULL ||
           schema_registry_refuse(registry, &spot, "refers to an unknown schema: \"%.200s\"",
                                  reference);
}

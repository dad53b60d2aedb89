/* Compiles schemas: each keyword that is present becomes a check. */
#include "schema/compile.h"

#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "schema/loop.h"
#include "schema/schema.h"
#include "schema/value.h"

static const struct schema_keyword *const kinds[] = {
    schema_general_keywords,   schema_numeric_keywords, schema_string_keywords,
    schema_array_keywords,     schema_object_keywords,  schema_member_keywords,
    schema_combining_keywords,
};

static const char draft[] = "http://json-schema.org/draft-07/schema";

struct schema_spot schema_compile_member(const struct schema_spot *spot, const char *name) {
    return (struct schema_spot){spot->parent, spot->keyword, name, SCHEMA_NO_INDEX};
}

struct schema_spot schema_compile_element(const struct schema_spot *spot, size_t index) {
    return (struct schema_spot){spot->parent, spot->keyword, spot->name, (long)index};
}

bool schema_compile_is(struct schema_compiler *compiler, const struct schema_spot *spot,
                       struct json_object *value, json_type type, const char *phrase) {
    return json_object_is_type(value, type) ||
           schema_registry_refuse(&compiler->registry, spot, "must be %s", phrase);
}

/* The node of a location, which is queued for compiling when it is new. */
static struct schema_node *node_of(struct schema_compiler *compiler,
                                   struct schema_location *location) {
    if (location->node != NULL)
        return location->node;
    location->node = arena_alloc(compiler->arena, sizeof *location->node);
    if (compiler->last == NULL)
        compiler->first = location;
    else
        compiler->last->next = location;
    compiler->last = location;
    return location->node;
}

static bool find_child(struct schema_compiler *compiler, const struct schema_spot *spot,
                       struct json_object *child, struct schema_location **out) {
    *out = schema_registry_find(&compiler->registry, child);
    return *out != NULL || schema_registry_refuse(&compiler->registry, spot,
                                                  "must be a schema: an object or a boolean");
}

static void link_in_place(struct schema_compiler *compiler, struct schema_location *from,
                          struct schema_location *to) {
    struct schema_link *link = arena_alloc(compiler->registry.arena, sizeof *link);
    *link = (struct schema_link){from->in_place, to};
    from->in_place = link;
}

bool schema_compile_below(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *child, const struct schema_node **out) {
    struct schema_location *location;
    if (!find_child(compiler, spot, child, &location))
        return false;
    *out = node_of(compiler, location);
    return true;
}

bool schema_compile_here(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *child, const struct schema_node **out) {
    struct schema_location *location;
    if (!find_child(compiler, spot, child, &location))
        return false;
    link_in_place(compiler, spot->parent, location);
    *out = node_of(compiler, location);
    return true;
}

bool schema_compile_sibling(struct schema_compiler *compiler, const struct schema_spot *spot,
                            const char *keyword, bool here, const struct schema_node **out) {
    struct schema_spot sibling = {spot->parent, keyword, NULL, SCHEMA_NO_INDEX};
    struct json_object *child;
    *out = NULL;
    if (!json_object_object_get_ex(spot->parent->object, keyword, &child))
        return true;
    return here ? schema_compile_here(compiler, &sibling, child, out)
                : schema_compile_below(compiler, &sibling, child, out);
}

bool schema_compile_list(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *array, bool here, struct schema_nodes *out) {
    out->count = json_object_array_length(array);
    out->list = arena_alloc(compiler->arena, out->count * sizeof *out->list);
    for (size_t i = 0; i < out->count; i++) {
        struct schema_spot element = schema_compile_element(spot, i);
        struct json_object *child = json_object_array_get_idx(array, i);
        if (here ? !schema_compile_here(compiler, &element, child, &out->list[i])
                 : !schema_compile_below(compiler, &element, child, &out->list[i]))
            return false;
    }
    return true;
}

bool schema_compile_pattern(struct schema_compiler *compiler, const struct schema_spot *spot,
                            const char *source, size_t length, const struct schema_pattern **out) {
    struct fault problem;
    return schema_pattern_compile(source, length, compiler->arena, out, &problem) ||
           schema_registry_refuse(&compiler->registry, spot, "%s", problem.text);
}

bool schema_compile_names(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_names *out) {
    if (!schema_compile_is(compiler, spot, value, json_type_array, "an array of strings"))
        return false;
    out->count = json_object_array_length(value);
    out->list = arena_alloc(compiler->arena, out->count * sizeof *out->list);
    for (size_t i = 0; i < out->count; i++) {
        struct json_object *name = json_object_array_get_idx(value, i);
        struct schema_spot element = schema_compile_element(spot, i);
        if (!schema_compile_is(compiler, &element, name, json_type_string, "a string"))
            return false;
        out->list[i] = json_object_get_string(name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(out->list[i], out->list[j]) == 0)
                return schema_registry_refuse(&compiler->registry, &element,
                                              "\"%.200s\" appears twice", out->list[i]);
    }
    return true;
}

bool schema_compile_count(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, size_t *out) {
    if (!schema_value_is_integer(value) || json_object_get_double(value) < 0)
        return schema_registry_refuse(&compiler->registry, spot, "must be a non-negative integer");
    double number = json_object_get_double(value);
    *out = number < (double)(SIZE_MAX / 2) ? (size_t)number : SIZE_MAX;
    return true;
}

static bool compile_draft(struct schema_compiler *compiler, struct schema_location *here) {
    struct schema_spot spot = {here, "$schema", NULL, SCHEMA_NO_INDEX};
    struct json_object *value;
    if (!json_object_object_get_ex(here->object, "$schema", &value))
        return true;
    if (!schema_compile_is(compiler, &spot, value, json_type_string, "a string"))
        return false;
    const char *uri = json_object_get_string(value);
    size_t length = strcspn(uri, "#");
    return (length == strlen(draft) && memcmp(uri, draft, length) == 0) ||
           schema_registry_refuse(&compiler->registry, &spot,
                                  "must be \"%s#\", the only draft that is supported", draft);
}

static bool compile_reference(struct schema_compiler *compiler, struct schema_location *here,
                              struct json_object *value) {
    struct schema_spot spot = {here, "$ref", NULL, SCHEMA_NO_INDEX};
    struct schema_location *target;
    if (!schema_compile_is(compiler, &spot, value, json_type_string, "a string") ||
        !schema_registry_resolve(&compiler->registry, here, json_object_get_string(value), &target))
        return false;
    link_in_place(compiler, here, target);
    here->node->target = node_of(compiler, target);
    return true;
}

/* Compiles the keywords of one kind that are present; `node->checks` has room for them. */
static bool compile_kind(struct schema_compiler *compiler, struct schema_location *here,
                         const struct schema_keyword *keyword) {
    struct schema_node *node = here->node;
    for (; keyword->name != NULL; keyword++) {
        struct json_object *value;
        if (!json_object_object_get_ex(here->object, keyword->name, &value))
            continue;
        struct schema_spot spot = {here, keyword->name, NULL, SCHEMA_NO_INDEX};
        struct schema_check *check = &node->checks[node->count];
        *check = (struct schema_check){.keyword = keyword->name};
        if (!keyword->compile(compiler, &spot, value, check))
            return false;
        node->count += check->run != NULL;
    }
    return true;
}

/* Definitions are compiled even if nothing refers to them, so that mistakes in them are found. */
static bool compile_definitions(struct schema_compiler *compiler, struct schema_location *here) {
    struct schema_spot spot = {here, "definitions", NULL, SCHEMA_NO_INDEX};
    struct json_object *definitions;
    const struct schema_node *unused;
    if (here->document[0] != '\0' ||
        !json_object_object_get_ex(here->object, "definitions", &definitions))
        return true;
    if (!schema_compile_is(compiler, &spot, definitions, json_type_object, "an object"))
        return false;
    json_object_object_foreach(definitions, name, schema) {
        struct schema_spot member = schema_compile_member(&spot, name);
        if (!schema_compile_below(compiler, &member, schema, &unused))
            return false;
    }
    return true;
}

static bool compile_object(struct schema_compiler *compiler, struct schema_location *here) {
    struct json_object *value;
    struct schema_spot id = {here, "$id", NULL, SCHEMA_NO_INDEX};
    if (!compile_draft(compiler, here) || !compile_definitions(compiler, here))
        return false;
    if (json_object_object_get_ex(here->object, "$ref", &value))
        return compile_reference(compiler, here, value);
    if (json_object_object_get_ex(here->object, "$id", &value) &&
        !schema_compile_is(compiler, &id, value, json_type_string, "a string"))
        return false;
    size_t most = (size_t)json_object_object_length(here->object);
    here->node->checks = arena_alloc(compiler->arena, most * sizeof *here->node->checks);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!compile_kind(compiler, here, kinds[i]))
            return false;
    return true;
}

static bool compile_location(struct schema_compiler *compiler, struct schema_location *here) {
    struct schema_spot spot = {here, NULL, NULL, SCHEMA_NO_INDEX};
    if (json_object_is_type(here->object, json_type_boolean)) {
        here->node->refuses = !json_object_get_boolean(here->object);
        return true;
    }
    return schema_compile_is(compiler, &spot, here->object, json_type_object,
                             "a schema: an object or a boolean") &&
           compile_object(compiler, here);
}

static bool compile_all(struct schema_compiler *compiler) {
    for (struct schema_location *here = compiler->first; here != NULL; here = here->next)
        if (!compile_location(compiler, here))
            return false;
    for (struct schema_location *here = compiler->first; here != NULL; here = here->next)
        if (!schema_loop_check(&compiler->registry, here))
            return false;
    return true;
}

static void put_object(void *object) {
    json_object_put(object);
}

static bool add_document(struct schema_compiler *compiler, const char *uri,
                         struct json_object *root) {
    arena_keep(compiler->arena, put_object, json_object_get(root));
    return schema_registry_add(&compiler->registry, uri, root);
}

bool schema_compile(struct json_object *root, const struct schema_document *others, size_t count,
                    struct schema **out, struct fault *fault) {
    struct schema_compiler compiler = {.arena = arena_new()};
    schema_registry_init(&compiler.registry, fault);
    bool done = add_document(&compiler, "", root);
    for (size_t i = 0; done && i < count; i++)
        done = add_document(&compiler, others[i].uri, others[i].root);
    if (done) {
        struct schema_location *start = schema_registry_find(&compiler.registry, root);
        const struct schema_node *node = node_of(&compiler, start);
        done = compile_all(&compiler);
        if (done) {
            *out = arena_alloc(compiler.arena, sizeof **out);
            **out = (struct schema){compiler.arena, node};
        }
    }
    schema_registry_release(&compiler.registry);
    if (!done)
        arena_free(compiler.arena);
    return done;
}

void schema_free(struct schema *schema) {
    if (schema != NULL)
        arena_free(schema->arena);
}

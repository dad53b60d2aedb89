/* Keywords for the members of objects: properties, patternProperties, additionalProperties. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

static const struct schema_check additional = {.keyword = "additionalProperties"};
static const struct schema_check pattern_properties = {.keyword = "patternProperties"};

static const struct schema_node *property_named(const struct schema_members *members,
                                                const char *name) {
    size_t low = 0, high = members->property_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, members->properties[middle].name);
        if (order == 0)
            return members->properties[middle].node;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool fail_unknown(struct schema_run *run, const struct schema_members *members,
                         const struct schema_place *at) {
    struct buffer *text = schema_run_violation(run, &additional, at);
    if (text == NULL)
        return false;
    schema_report_member(run->report, at->name);
    size_t count = members->pattern_count > 0 ? 0 : members->property_count;
    buffer_add_text(text, count == 0 ? "is not an allowed property"
                                     : "is not one of the allowed properties ");
    size_t start = text->length;
    for (size_t i = 0; i < count; i++) {
        if (text->length - start > LIMIT_ECHO) {
            buffer_add_format(text, " and %zu more", count - i);
            break;
        }
        buffer_add_text(text, i == 0 ? "" : ", ");
        schema_value_add_name(text, members->properties[i].name);
    }
    schema_report_close(run->report);
    return false;
}

static bool run_member(struct schema_run *run, const struct schema_members *members,
                       const struct schema_place *at) {
    const struct schema_node *node = property_named(members, at->name);
    bool known = node != NULL, valid = node == NULL || schema_run_node(run, node, at);
    for (size_t i = 0; i < members->pattern_count; i++) {
        const struct schema_pattern_property *property = &members->patterns[i];
        bool failed = false;
        if (schema_run_match(run, &pattern_properties, at, property->pattern, at->name,
                             strlen(at->name), &failed)) {
            known = true;
            failed = !schema_run_node(run, property->node, at);
        }
        valid = valid && !failed;
    }
    if (known || members->additional == NULL)
        return valid;
    if (members->additional->refuses)
        return fail_unknown(run, members, at);
    return schema_run_node(run, members->additional, at) && valid;
}

static bool run_members(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at) {
    bool valid = true;
    json_object_object_foreach(at->value, name, member) {
        struct schema_place place = schema_place_member(at, name, member);
        if (run_member(run, check->as.members, &place))
            continue;
        valid = false;
        if (run->mode == SCHEMA_TEST)
            break;
    }
    return valid;
}

static int compare_names(const void *a, const void *b) {
    const struct schema_property *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* The object of schemas in the keyword; NULL when the keyword is absent. */
static bool find_map(struct schema_compiler *compiler, const struct schema_spot *spot,
                     struct json_object **map) {
    *map = NULL;
    if (!json_object_object_get_ex(spot->parent->object, spot->keyword, map))
        return true;
    return schema_compile_is(compiler, spot, *map, json_type_object, "an object");
}

static bool compile_properties(struct schema_compiler *compiler, struct schema_location *here,
                               struct schema_members *members) {
    struct schema_spot spot = {here, "properties", NULL, SCHEMA_NO_INDEX};
    struct json_object *map;
    if (!find_map(compiler, &spot, &map))
        return false;
    if (map == NULL)
        return true;
    size_t count = (size_t)json_object_object_length(map);
    members->properties = arena_alloc(compiler->arena, count * sizeof *members->properties);
    json_object_object_foreach(map, name, schema) {
        struct schema_spot member = schema_compile_member(&spot, name);
        struct schema_property *property = &members->properties[members->property_count++];
        property->name = name;
        if (!schema_compile_below(compiler, &member, schema, &property->node))
            return false;
    }
    qsort(members->properties, count, sizeof *members->properties, compare_names);
    return true;
}

static bool compile_patterns(struct schema_compiler *compiler, struct schema_location *here,
                             struct schema_members *members) {
    struct schema_spot spot = {here, "patternProperties", NULL, SCHEMA_NO_INDEX};
    struct json_object *map;
    if (!find_map(compiler, &spot, &map))
        return false;
    if (map == NULL)
        return true;
    size_t count = (size_t)json_object_object_length(map);
    members->patterns = arena_alloc(compiler->arena, count * sizeof *members->patterns);
    json_object_object_foreach(map, name, schema) {
        struct schema_spot member = schema_compile_member(&spot, name);
        struct schema_pattern_property *property = &members->patterns[members->pattern_count++];
        if (!schema_compile_pattern(compiler, &member, name, strlen(name), &property->pattern) ||
            !schema_compile_below(compiler, &member, schema, &property->node))
            return false;
    }
    return true;
}

/* The three keywords make one check, since the last depends on the others. The first of them in the
 * table below that is present compiles it. */
static bool compile_members(struct schema_compiler *compiler, const struct schema_spot *spot,
                            struct json_object *value, struct schema_check *check) {
    (void)value;
    struct schema_location *here = spot->parent;
    for (const struct schema_keyword *keyword = schema_member_keywords;
         strcmp(keyword->name, spot->keyword) != 0; keyword++)
        if (json_object_object_get_ex(here->object, keyword->name, NULL))
            return true;
    check->run = run_members;
    check->applies = SCHEMA_OBJECT;
    check->as.members = arena_alloc(compiler->arena, sizeof *check->as.members);
    return compile_properties(compiler, here, check->as.members) &&
           compile_patterns(compiler, here, check->as.members) &&
           schema_compile_sibling(compiler, spot, "additionalProperties", false,
                                  &check->as.members->additional);
}

const struct schema_keyword schema_member_keywords[] = {
    {"properties", compile_members},
    {"patternProperties", compile_members},
    {"additionalProperties", compile_members},
    {NULL, NULL},
};

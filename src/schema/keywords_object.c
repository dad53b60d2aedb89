/* Keywords for objects: the counts, required, dependencies, propertyNames. */
#include <json-c/json.h>
#include <stdlib.h>

#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

static bool fail_count(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at, const char *phrase, size_t count) {
    size_t limit = check->as.limit;
    return schema_run_fail(run, check, at, "must have at %s %zu propert%s, but has %zu", phrase,
                           limit, limit == 1 ? "y" : "ies", count);
}

static bool run_max_properties(struct schema_run *run, const struct schema_check *check,
                               const struct schema_place *at) {
    size_t count = (size_t)json_object_object_length(at->value);
    return count <= check->as.limit || fail_count(run, check, at, "most", count);
}

static bool run_min_properties(struct schema_run *run, const struct schema_check *check,
                               const struct schema_place *at) {
    size_t count = (size_t)json_object_object_length(at->value);
    return count >= check->as.limit || fail_count(run, check, at, "least", count);
}

static bool compile_max_properties(struct schema_compiler *compiler, const struct schema_spot *spot,
                                   struct json_object *value, struct schema_check *check) {
    check->run = run_max_properties;
    check->applies = SCHEMA_OBJECT;
    return schema_compile_count(compiler, spot, value, &check->as.limit);
}

static bool compile_min_properties(struct schema_compiler *compiler, const struct schema_spot *spot,
                                   struct json_object *value, struct schema_check *check) {
    check->run = run_min_properties;
    check->applies = SCHEMA_OBJECT;
    return schema_compile_count(compiler, spot, value, &check->as.limit);
}

/* One violation for each missing name; `trigger` is the property that requires them, or NULL. */
static bool run_names(struct schema_run *run, const struct schema_check *check,
                      const struct schema_place *at, const struct schema_names *names,
                      const char *trigger) {
    bool valid = true;
    for (size_t i = 0; i < names->count && (valid || run->mode != SCHEMA_TEST); i++) {
        if (json_object_object_get_ex(at->value, names->list[i], NULL))
            continue;
        valid = false;
        struct buffer *text = schema_run_violation(run, check, at);
        if (text == NULL)
            continue;
        schema_report_member(run->report, names->list[i]);
        buffer_add_text(text, trigger == NULL ? "the required property " : "the property ");
        schema_value_add_name(text, names->list[i]);
        buffer_add_text(text, " is missing");
        if (trigger != NULL) {
            buffer_add_text(text, ", but ");
            schema_value_add_name(text, trigger);
            buffer_add_text(text, " requires it");
        }
        schema_report_close(run->report);
    }
    return valid;
}

static bool run_required(struct schema_run *run, const struct schema_check *check,
                         const struct schema_place *at) {
    return run_names(run, check, at, &check->as.names, NULL);
}

static bool compile_required(struct schema_compiler *compiler, const struct schema_spot *spot,
                             struct json_object *value, struct schema_check *check) {
    check->run = run_required;
    check->applies = SCHEMA_OBJECT;
    return schema_compile_names(compiler, spot, value, &check->as.names);
}

static bool run_dependencies(struct schema_run *run, const struct schema_check *check,
                             const struct schema_place *at) {
    const struct schema_dependencies *all = &check->as.dependencies;
    bool valid = true;
    for (size_t i = 0; i < all->count && (valid || run->mode != SCHEMA_TEST); i++) {
        const struct schema_dependency *dependency = &all->list[i];
        if (!json_object_object_get_ex(at->value, dependency->trigger, NULL))
            continue;
        if (dependency->node != NULL
                ? !schema_run_node(run, dependency->node, at)
                : !run_names(run, check, at, &dependency->names, dependency->trigger))
            valid = false;
    }
    return valid;
}

static bool compile_dependencies(struct schema_compiler *compiler, const struct schema_spot *spot,
                                 struct json_object *value, struct schema_check *check) {
    struct schema_dependencies *all = &check->as.dependencies;
    check->run = run_dependencies;
    check->applies = SCHEMA_OBJECT;
    if (!schema_compile_is(compiler, spot, value, json_type_object, "an object"))
        return false;
    all->count = 0;
    all->list =
        arena_alloc(compiler->arena, (size_t)json_object_object_length(value) * sizeof *all->list);
    json_object_object_foreach(value, name, needs) {
        struct schema_spot member = schema_compile_member(spot, name);
        struct schema_dependency *dependency = &all->list[all->count++];
        dependency->trigger = name;
        bool done = json_object_is_type(needs, json_type_array)
                        ? schema_compile_names(compiler, &member, needs, &dependency->names)
                        : schema_compile_here(compiler, &member, needs, &dependency->node);
        if (!done)
            return false;
    }
    return true;
}

static bool run_property_names(struct schema_run *run, const struct schema_check *check,
                               const struct schema_place *at) {
    const char *outer = run->property;
    bool valid = true;
    json_object_object_foreach(at->value, name, member) {
        (void)member;
        struct schema_place place = *at; /* a name has no place of its own */
        place.value = json_object_new_string(name);
        run->property = name;
        if (!schema_run_node(run, check->as.node, &place))
            valid = false;
        json_object_put(place.value);
        if (!valid && run->mode == SCHEMA_TEST)
            break;
    }
    run->property = outer;
    return valid;
}

static bool compile_property_names(struct schema_compiler *compiler, const struct schema_spot *spot,
                                   struct json_object *value, struct schema_check *check) {
    check->run = run_property_names;
    check->applies = SCHEMA_OBJECT;
    return schema_compile_below(compiler, spot, value, &check->as.node);
}

const struct schema_keyword schema_object_keywords[] = {
    {"maxProperties", compile_max_properties},
    {"minProperties", compile_min_properties},
    {"required", compile_required},
    {"dependencies", compile_dependencies},
    {"propertyNames", compile_property_names},
    {NULL, NULL},
};

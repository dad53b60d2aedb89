/* Keywords for values of every type: type, enum, const. */
#include "base/limits.h"
#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

static bool run_type(struct schema_run *run, const struct schema_check *check,
                     const struct schema_place *at) {
    if (schema_value_is_of(at->value, check->as.types))
        return true;
    return schema_run_fail_type(run, check, at, check->as.types);
}

static bool add_type(struct schema_compiler *compiler, const struct schema_spot *spot,
                     struct json_object *value, unsigned *types) {
    unsigned type = json_object_is_type(value, json_type_string)
                        ? schema_value_type_named(json_object_get_string(value))
                        : 0;
    if (type == 0)
        return schema_registry_refuse(&compiler->registry, spot,
                                      "must be the name of a JSON Schema type");
    if ((*types & type) != 0)
        return schema_registry_refuse(&compiler->registry, spot, "appears twice");
    *types |= type;
    return true;
}

static bool compile_type(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *value, struct schema_check *check) {
    check->run = run_type;
    check->applies = SCHEMA_ANY;
    check->weight = SCHEMA_KIND;
    check->as.types = 0;
    if (!json_object_is_type(value, json_type_array))
        return add_type(compiler, spot, value, &check->as.types);
    size_t count = json_object_array_length(value);
    for (size_t i = 0; i < count; i++) {
        struct schema_spot element = schema_compile_element(spot, i);
        if (!add_type(compiler, &element, json_object_array_get_idx(value, i), &check->as.types))
            return false;
    }
    return count > 0 ||
           schema_registry_refuse(&compiler->registry, spot, "must list at least one type");
}

/* "a", "b" and so on; after LIMIT_ECHO bytes the rest are only counted. */
static void add_values(struct buffer *text, struct json_object *list) {
    size_t start = text->length, count = json_object_array_length(list);
    for (size_t i = 0; i < count; i++) {
        if (text->length - start > LIMIT_ECHO) {
            buffer_add_format(text, " and %zu more", count - i);
            return;
        }
        buffer_add_text(text, i == 0 ? "" : ", ");
        schema_value_add(text, json_object_array_get_idx(list, i));
    }
}

static bool run_enum(struct schema_run *run, const struct schema_check *check,
                     const struct schema_place *at) {
    size_t count = json_object_array_length(check->as.value);
    for (size_t i = 0; i < count; i++)
        if (schema_value_compare(json_object_array_get_idx(check->as.value, i), at->value) == 0)
            return true;
    struct buffer *text = schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    if (count == 0) {
        buffer_add_text(text, "is not allowed here");
        schema_report_close(run->report);
        return false;
    }
    buffer_add_text(text, count == 1 ? "must be " : "must be one of ");
    add_values(text, check->as.value);
    schema_run_close_with_value(run, text, at);
    return false;
}

static bool compile_fixed(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_check *check) {
    check->applies = SCHEMA_ANY;
    check->weight = SCHEMA_TAG;
    check->as.value = value;
    return schema_value_depth_within(value, LIMIT_SCHEMA_FRAMES) ||
           schema_registry_refuse(&compiler->registry, spot, "is nested too deeply");
}

static bool compile_enum(struct schema_compiler *compiler, const struct schema_spot *spot,
                         struct json_object *value, struct schema_check *check) {
    check->run = run_enum;
    return schema_compile_is(compiler, spot, value, json_type_array, "an array") &&
           compile_fixed(compiler, spot, value, check);
}

static bool run_const(struct schema_run *run, const struct schema_check *check,
                      const struct schema_place *at) {
    if (schema_value_compare(check->as.value, at->value) == 0)
        return true;
    struct buffer *text = schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    buffer_add_text(text, "must be ");
    schema_value_add(text, check->as.value);
    schema_run_close_with_value(run, text, at);
    return false;
}

static bool compile_const(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_check *check) {
    check->run = run_const;
    return compile_fixed(compiler, spot, value, check);
}

const struct schema_keyword schema_general_keywords[] = {
    {"type", compile_type},
    {"enum", compile_enum},
    {"const", compile_const},
    {NULL, NULL},
};

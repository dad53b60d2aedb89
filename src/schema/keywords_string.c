/* Keywords for strings: the lengths, pattern, format. */
#include "base/utf8.h"
#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

static const char *string_at(const struct schema_place *at, size_t *length) {
    *length = (size_t)json_object_get_string_len(at->value);
    return json_object_get_string(at->value);
}

static bool fail_length(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at, const char *phrase, size_t count) {
    size_t limit = check->as.limit;
    return schema_run_fail(run, check, at, "must have at %s %zu character%s, but has %zu", phrase,
                           limit, limit == 1 ? "" : "s", count);
}

static bool run_max_length(struct schema_run *run, const struct schema_check *check,
                           const struct schema_place *at) {
    size_t length;
    const char *text = string_at(at, &length);
    if (length <= check->as.limit)
        return true;
    size_t count = utf8_count(text, length);
    return count <= check->as.limit || fail_length(run, check, at, "most", count);
}

static bool run_min_length(struct schema_run *run, const struct schema_check *check,
                           const struct schema_place *at) {
    size_t length;
    const char *text = string_at(at, &length);
    size_t count = utf8_count(text, length);
    return count >= check->as.limit || fail_length(run, check, at, "least", count);
}

static bool compile_max_length(struct schema_compiler *compiler, const struct schema_spot *spot,
                               struct json_object *value, struct schema_check *check) {
    check->run = run_max_length;
    check->applies = SCHEMA_STRING;
    return schema_compile_count(compiler, spot, value, &check->as.limit);
}

static bool compile_min_length(struct schema_compiler *compiler, const struct schema_spot *spot,
                               struct json_object *value, struct schema_check *check) {
    check->run = run_min_length;
    check->applies = SCHEMA_STRING;
    return schema_compile_count(compiler, spot, value, &check->as.limit);
}

static bool run_pattern(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at) {
    size_t length;
    bool failed = false;
    const char *subject = string_at(at, &length);
    if (schema_run_match(run, check, at, check->as.regex.pattern, subject, length, &failed))
        return true;
    struct buffer *text = failed ? NULL : schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    buffer_add_text(text, "must match the pattern ");
    schema_value_add(text, check->as.regex.source);
    schema_run_close_with_value(run, text, at);
    return false;
}

static bool compile_pattern(struct schema_compiler *compiler, const struct schema_spot *spot,
                            struct json_object *value, struct schema_check *check) {
    check->run = run_pattern;
    check->applies = SCHEMA_STRING;
    check->as.regex.source = value;
    return schema_compile_is(compiler, spot, value, json_type_string, "a string") &&
           schema_compile_pattern(compiler, spot, json_object_get_string(value),
                                  (size_t)json_object_get_string_len(value),
                                  &check->as.regex.pattern);
}

static bool run_format(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at) {
    size_t length;
    const char *subject = string_at(at, &length);
    if (check->as.format->valid(subject, length))
        return true;
    struct buffer *text = schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    buffer_add_format(text, "must be %s", check->as.format->phrase);
    schema_run_close_with_value(run, text, at);
    return false;
}

static bool compile_format(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check) {
    if (!schema_compile_is(compiler, spot, value, json_type_string, "a string"))
        return false;
    check->applies = SCHEMA_STRING;
    check->as.format = schema_format_named(json_object_get_string(value));
    check->run = check->as.format == NULL ? NULL : run_format;
    return true;
}

const struct schema_keyword schema_string_keywords[] = {
    {"maxLength", compile_max_length},
    {"minLength", compile_min_length},
    {"pattern", compile_pattern},
    {"format", compile_format},
    {NULL, NULL},
};

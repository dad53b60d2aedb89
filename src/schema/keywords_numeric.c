/* Keywords for numbers: multipleOf and the bounds. */
#include <string.h>

#include "base/limits.h"
#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

/* How a number must compare to the one in the schema. */
enum bound { AT_MOST, LESS, AT_LEAST, MORE };

static bool is_within(enum bound bound, int order) {
    switch (bound) {
    case AT_MOST:
        return order <= 0;
    case LESS:
        return order < 0;
    case AT_LEAST:
        return order >= 0;
    default:
        return order > 0;
    }
}

static bool fail(struct schema_run *run, const struct schema_check *check,
                 const struct schema_place *at, const char *phrase) {
    struct buffer *text = schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    buffer_add_format(text, "must be %s %s, but is ", phrase, check->as.number->source);
    schema_value_add(text, at->value);
    schema_report_close(run->report);
    return false;
}

/* NaN and infinity are within no bound. */
static bool run_bound(struct schema_run *run, const struct schema_check *check,
                      const struct schema_place *at, enum bound bound) {
    static const char *const phrases[] = {"at most", "less than", "at least", "greater than"};
    struct schema_number number;
    return (schema_number_read(at->value, &number) &&
            is_within(bound, schema_number_compare(&number, check->as.number))) ||
           fail(run, check, at, phrases[bound]);
}

static bool run_maximum(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at) {
    return run_bound(run, check, at, AT_MOST);
}

static bool run_exclusive_maximum(struct schema_run *run, const struct schema_check *check,
                                  const struct schema_place *at) {
    return run_bound(run, check, at, LESS);
}

static bool run_minimum(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at) {
    return run_bound(run, check, at, AT_LEAST);
}

static bool run_exclusive_minimum(struct schema_run *run, const struct schema_check *check,
                                  const struct schema_place *at) {
    return run_bound(run, check, at, MORE);
}

static bool run_multiple(struct schema_run *run, const struct schema_check *check,
                         const struct schema_place *at) {
    struct schema_number number;
    return (schema_number_read(at->value, &number) &&
            schema_number_is_multiple(&number, check->as.number)) ||
           fail(run, check, at, "a multiple of");
}

static bool compile_number(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check,
                           schema_check_run *run) {
    struct schema_number read, *number = arena_alloc(compiler->arena, sizeof *number);
    if (schema_value_type(value) != SCHEMA_NUMBER || !schema_number_read(value, &read))
        return schema_registry_refuse(&compiler->registry, spot, "must be a number");
    if (strlen(read.source) > LIMIT_JSON_NUMBER)
        return schema_registry_refuse(&compiler->registry, spot, "has more than %d characters",
                                      LIMIT_JSON_NUMBER);
    check->run = run;
    check->applies = SCHEMA_NUMBER;
    check->as.number = number;
    return schema_number_parse(arena_text(compiler->arena, read.source), number);
}

static bool compile_maximum(struct schema_compiler *compiler, const struct schema_spot *spot,
                            struct json_object *value, struct schema_check *check) {
    return compile_number(compiler, spot, value, check, run_maximum);
}

static bool compile_exclusive_maximum(struct schema_compiler *compiler,
                                      const struct schema_spot *spot, struct json_object *value,
                                      struct schema_check *check) {
    return compile_number(compiler, spot, value, check, run_exclusive_maximum);
}

static bool compile_minimum(struct schema_compiler *compiler, const struct schema_spot *spot,
                            struct json_object *value, struct schema_check *check) {
    return compile_number(compiler, spot, value, check, run_minimum);
}

static bool compile_exclusive_minimum(struct schema_compiler *compiler,
                                      const struct schema_spot *spot, struct json_object *value,
                                      struct schema_check *check) {
    return compile_number(compiler, spot, value, check, run_exclusive_minimum);
}

static bool compile_multiple(struct schema_compiler *compiler, const struct schema_spot *spot,
                             struct json_object *value, struct schema_check *check) {
    if (!compile_number(compiler, spot, value, check, run_multiple))
        return false;
    const struct schema_number *step = check->as.number;
    return (!step->negative && !schema_number_is_zero(step)) ||
           schema_registry_refuse(&compiler->registry, spot, "must be greater than 0");
}

const struct schema_keyword schema_numeric_keywords[] = {
    {"multipleOf", compile_multiple},
    {"maximum", compile_maximum},
    {"exclusiveMaximum", compile_exclusive_maximum},
    {"minimum", compile_minimum},
    {"exclusiveMinimum", compile_exclusive_minimum},
    {NULL, NULL},
};

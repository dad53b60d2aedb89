/* Keywords that combine schemas: allOf, anyOf, oneOf, not, and if with then and else. */
#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

static bool run_all_of(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at) {
    const struct schema_nodes *nodes = &check->as.nodes;
    bool valid = true;
    for (size_t i = 0; i < nodes->count && (valid || run->mode != SCHEMA_TEST); i++)
        if (!schema_run_node(run, nodes->list[i], at))
            valid = false;
    return valid;
}

/* How many of the schemas accept the value, counting up to `enough`. */
static size_t count_valid(struct schema_run *run, const struct schema_nodes *nodes,
                          const struct schema_place *at, size_t enough) {
    size_t count = 0;
    for (size_t i = 0; i < nodes->count && count < enough; i++)
        count += schema_run_test(run, nodes->list[i], at);
    return count;
}

/* The types that the schema allows by "type"; none if it is false. */
static unsigned types_of(const struct schema_node *node) {
    while (node->target != NULL)
        node = node->target;
    if (node->refuses)
        return 0;
    for (size_t i = 0; i < node->count; i++)
        if (node->checks[i].weight == SCHEMA_KIND)
            return node->checks[i].as.types;
    return SCHEMA_ANY;
}

static unsigned types_of_all(const struct schema_nodes *nodes) {
    unsigned types = 0;
    for (size_t i = 0; i < nodes->count; i++)
        types |= types_of(nodes->list[i]);
    return types;
}

static struct schema_score score_of(struct schema_run *run, const struct schema_node *node,
                                    const struct schema_place *at) {
    struct schema_score score = {.origin = at->depth}, *outer = run->score;
    enum schema_mode mode = run->mode;
    run->mode = SCHEMA_SCORE;
    run->score = &score;
    schema_run_node(run, node, at);
    run->mode = mode;
    run->score = outer;
    return score;
}

/* None of the schemas accepts the value: reports the violations of the closest one. */
static bool fail_closest(struct schema_run *run, const struct schema_check *check,
                         const struct schema_place *at) {
    const struct schema_nodes *nodes = &check->as.nodes;
    if (run->mode == SCHEMA_TEST)
        return false;
    unsigned types = types_of_all(nodes);
    if (types != 0 &&
        !schema_value_is_of(at->value, types)) { /* then no branch is closer than another */
        struct schema_check as_type = {.keyword = check->keyword, .weight = SCHEMA_KIND};
        return schema_run_fail_type(run, &as_type, at, types);
    }
    size_t best = 0;
    struct schema_score best_score = score_of(run, nodes->list[0], at);
    for (size_t i = 1; i < nodes->count; i++) {
        struct schema_score score = score_of(run, nodes->list[i], at);
        if (schema_score_is_closer(&score, &best_score)) {
            best = i;
            best_score = score;
        }
    }
    if (run->mode == SCHEMA_SCORE)
        schema_score_add(run->score, &best_score);
    else
        schema_run_node(run, nodes->list[best], at);
    return false;
}

static bool run_any_of(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at) {
    return count_valid(run, &check->as.nodes, at, 1) == 1 || fail_closest(run, check, at);
}

static bool run_one_of(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at) {
    const struct schema_nodes *nodes = &check->as.nodes;
    size_t enough = run->mode == SCHEMA_TEST ? 2 : nodes->count;
    size_t count = count_valid(run, nodes, at, enough);
    if (count == 0)
        return fail_closest(run, check, at);
    return count == 1 || schema_run_fail(run, check, at,
                                         "must have exactly one of %zu forms, but has %zu of them",
                                         nodes->count, count);
}

static bool compile_nodes(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_check *check,
                          schema_check_run *run) {
    check->run = run;
    check->applies = SCHEMA_ANY;
    if (!schema_compile_is(compiler, spot, value, json_type_array, "an array of schemas"))
        return false;
    if (json_object_array_length(value) == 0)
        return schema_registry_refuse(&compiler->registry, spot, "must not be empty");
    return schema_compile_list(compiler, spot, value, true, &check->as.nodes);
}

static bool compile_all_of(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check) {
    return compile_nodes(compiler, spot, value, check, run_all_of);
}

static bool compile_any_of(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check) {
    return compile_nodes(compiler, spot, value, check, run_any_of);
}

static bool compile_one_of(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check) {
    return compile_nodes(compiler, spot, value, check, run_one_of);
}

static bool run_not(struct schema_run *run, const struct schema_check *check,
                    const struct schema_place *at) {
    return !schema_run_test(run, check->as.node, at) ||
           schema_run_fail(run, check, at, "has a form that is not allowed here");
}

static bool compile_not(struct schema_compiler *compiler, const struct schema_spot *spot,
                        struct json_object *value, struct schema_check *check) {
    check->run = run_not;
    check->applies = SCHEMA_ANY;
    return schema_compile_here(compiler, spot, value, &check->as.node);
}

static bool run_if(struct schema_run *run, const struct schema_check *check,
                   const struct schema_place *at) {
    const struct schema_condition *condition = &check->as.condition;
    const struct schema_node *node =
        schema_run_test(run, condition->test, at) ? condition->when_valid : condition->when_invalid;
    return node == NULL || schema_run_node(run, node, at);
}

static bool compile_if(struct schema_compiler *compiler, const struct schema_spot *spot,
                       struct json_object *value, struct schema_check *check) {
    struct schema_condition *condition = &check->as.condition;
    check->run = run_if;
    check->applies = SCHEMA_ANY;
    return schema_compile_here(compiler, spot, value, &condition->test) &&
           schema_compile_sibling(compiler, spot, "then", true, &condition->when_valid) &&
           schema_compile_sibling(compiler, spot, "else", true, &condition->when_invalid);
}

/* Belong to if and mean nothing without it (validation, 6.6), but must be schemas. */
static bool compile_branch(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check) {
    (void)check;
    const struct schema_node *unused;
    return schema_compile_below(compiler, spot, value, &unused);
}

const struct schema_keyword schema_combining_keywords[] = {
    {"allOf", compile_all_of}, {"anyOf", compile_any_of},
    {"oneOf", compile_one_of}, {"not", compile_not},
    {"if", compile_if},        {"then", compile_branch},
    {"else", compile_branch},  {NULL, NULL},
};

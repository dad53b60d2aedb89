/* Keywords for arrays: the lengths, items, additionalItems, uniqueItems, contains. */
#include <stdlib.h>

#include "base/limits.h"
#include "schema/compile.h"
#include "schema/run.h"
#include "schema/value.h"

static const struct schema_check additional_items = {.keyword = "additionalItems"};

static bool fail_count(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at, const char *phrase, size_t count) {
    size_t limit = check->as.limit;
    return schema_run_fail(run, check, at, "must have at %s %zu element%s, but has %zu", phrase,
                           limit, limit == 1 ? "" : "s", count);
}

static bool run_max_items(struct schema_run *run, const struct schema_check *check,
                          const struct schema_place *at) {
    size_t count = json_object_array_length(at->value);
    return count <= check->as.limit || fail_count(run, check, at, "most", count);
}

static bool run_min_items(struct schema_run *run, const struct schema_check *check,
                          const struct schema_place *at) {
    size_t count = json_object_array_length(at->value);
    return count >= check->as.limit || fail_count(run, check, at, "least", count);
}

static bool compile_max_items(struct schema_compiler *compiler, const struct schema_spot *spot,
                              struct json_object *value, struct schema_check *check) {
    check->run = run_max_items;
    check->applies = SCHEMA_ARRAY;
    return schema_compile_count(compiler, spot, value, &check->as.limit);
}

static bool compile_min_items(struct schema_compiler *compiler, const struct schema_spot *spot,
                              struct json_object *value, struct schema_check *check) {
    check->run = run_min_items;
    check->applies = SCHEMA_ARRAY;
    return schema_compile_count(compiler, spot, value, &check->as.limit);
}

/* The node for the element at `index`; NULL when anything may stand there. */
static const struct schema_node *node_at(const struct schema_items *items, size_t index) {
    return index < items->first.count ? items->first.list[index] : items->additional;
}

static bool run_items(struct schema_run *run, const struct schema_check *check,
                      const struct schema_place *at) {
    const struct schema_items *items = &check->as.items;
    size_t count = json_object_array_length(at->value);
    bool valid = true;
    for (size_t i = 0; i < count && (valid || run->mode != SCHEMA_TEST); i++) {
        const struct schema_node *node = node_at(items, i);
        if (node == NULL)
            break;
        struct schema_place place = schema_place_element(at, i);
        if (i >= items->first.count && node->refuses)
            valid = schema_run_fail(run, &additional_items, &place,
                                    "is one element too many: the array may have %zu",
                                    items->first.count);
        else if (!schema_run_node(run, node, &place))
            valid = false;
    }
    return valid;
}

static bool compile_items(struct schema_compiler *compiler, const struct schema_spot *spot,
                          struct json_object *value, struct schema_check *check) {
    struct schema_items *items = &check->as.items;
    check->run = run_items;
    check->applies = SCHEMA_ARRAY;
    *items = (struct schema_items){{NULL, 0}, NULL};
    if (!json_object_is_type(value, json_type_array))
        return schema_compile_below(compiler, spot, value, &items->additional);
    return schema_compile_list(compiler, spot, value, false, &items->first) &&
           schema_compile_sibling(compiler, spot, "additionalItems", false, &items->additional);
}

/* Belongs to items and means nothing without it (validation, 6.4.2), but must be a schema. */
static bool compile_additional(struct schema_compiler *compiler, const struct schema_spot *spot,
                               struct json_object *value, struct schema_check *check) {
    (void)check;
    const struct schema_node *unused;
    return schema_compile_below(compiler, spot, value, &unused);
}

struct element {
    struct json_object *value;
    size_t index;
};

static int compare_elements(const void *a, const void *b) {
    const struct element *left = a, *right = b;
    int order = schema_value_compare(left->value, right->value);
    if (order != 0)
        return order;
    return (left->index > right->index) - (left->index < right->index);
}

/* Sorts the elements. `second` gets the first one that equals an earlier one; `count` if none. */
static void find_equal(struct json_object *array, struct element *elements, size_t count,
                       size_t *first, size_t *second) {
    for (size_t i = 0; i < count; i++)
        elements[i] = (struct element){json_object_array_get_idx(array, i), i};
    qsort(elements, count, sizeof *elements, compare_elements);
    *second = count;
    for (size_t i = 1; i < count; i++) {
        if (elements[i].index < *second &&
            schema_value_compare(elements[i - 1].value, elements[i].value) == 0) {
            *first = elements[i - 1].index;
            *second = elements[i].index;
        }
    }
}

static bool run_unique(struct schema_run *run, const struct schema_check *check,
                       const struct schema_place *at) {
    enum { FEW = 32 };
    struct element few[FEW];
    size_t first = 0, second, count = json_object_array_length(at->value);
    if (count < 2)
        return true;
    if (!schema_value_depth_within(at->value, LIMIT_SCHEMA_FRAMES))
        return schema_run_give_up(run, check, at);
    struct element *elements = count <= FEW ? few : memory_alloc(count * sizeof *elements);
    find_equal(at->value, elements, count, &first, &second);
    if (elements != few)
        free(elements);
    return second == count ||
           schema_run_fail(
               run, check, at,
               "must not have equal elements, but elements %zu and %zu (counting from 0) are equal",
               first, second);
}

static bool compile_unique(struct schema_compiler *compiler, const struct schema_spot *spot,
                           struct json_object *value, struct schema_check *check) {
    if (!schema_compile_is(compiler, spot, value, json_type_boolean, "a boolean"))
        return false;
    check->run = json_object_get_boolean(value) ? run_unique : NULL;
    check->applies = SCHEMA_ARRAY;
    return true;
}

static bool run_contains(struct schema_run *run, const struct schema_check *check,
                         const struct schema_place *at) {
    size_t count = json_object_array_length(at->value);
    for (size_t i = 0; i < count; i++) {
        struct schema_place place = schema_place_element(at, i);
        if (schema_run_test(run, check->as.node, &place))
            return true;
    }
    return schema_run_fail(run, check, at, "must have an element of the required form");
}

static bool compile_contains(struct schema_compiler *compiler, const struct schema_spot *spot,
                             struct json_object *value, struct schema_check *check) {
    check->run = run_contains;
    check->applies = SCHEMA_ARRAY;
    return schema_compile_below(compiler, spot, value, &check->as.node);
}

const struct schema_keyword schema_array_keywords[] = {
    {"maxItems", compile_max_items},
    {"minItems", compile_min_items},
    {"uniqueItems", compile_unique},
    {"contains", compile_contains},
    {"items", compile_items},
    {"additionalItems", compile_additional},
    {NULL, NULL},
};

/* The compiled form of a schema. */
#ifndef DYNMOD_SCHEMA_NODE_H
#define DYNMOD_SCHEMA_NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "schema/format.h"
#include "schema/number.h"
#include "schema/pattern.h"

struct schema_check;
struct schema_place;
struct schema_run;

/* One schema: `target` if it has "$ref"; `refuses` if it is false; otherwise the checks. */
struct schema_node {
    const struct schema_node *target;
    bool refuses;
    struct schema_check *checks;
    size_t count;
};

struct schema_nodes {
    const struct schema_node **list;
    size_t count;
};

struct schema_names {
    const char **list;
    size_t count;
};

struct schema_property {
    const char *name;
    const struct schema_node *node;
};

struct schema_pattern_property {
    const struct schema_pattern *pattern;
    const struct schema_node *node;
};

/* properties, sorted by name; patternProperties; additionalProperties or NULL. */
struct schema_members {
    struct schema_property *properties;
    size_t property_count;
    struct schema_pattern_property *patterns;
    size_t pattern_count;
    const struct schema_node *additional;
};

/* items as a list, and additionalItems or NULL. */
struct schema_items {
    struct schema_nodes first;
    const struct schema_node *additional;
};

/* if, and then and else or NULL. */
struct schema_condition {
    const struct schema_node *test;
    const struct schema_node *when_valid;
    const struct schema_node *when_invalid;
};

/* One member of dependencies: either the required names or a schema. */
struct schema_dependency {
    const char *trigger;
    struct schema_names names;
    const struct schema_node *node;
};

struct schema_dependencies {
    struct schema_dependency *list;
    size_t count;
};

struct schema {
    struct arena *arena; /* owns everything */
    const struct schema_node *root;
};

/* What the failure of a check says about the branch of anyOf or oneOf that it belongs to. */
enum schema_weight {
    SCHEMA_DETAIL, /* something in the value is wrong */
    SCHEMA_KIND,   /* the value is of another type altogether */
    SCHEMA_TAG,    /* const and enum, which tell the forms of a value apart */
};

/* Whether the value at a place passes; reports a violation when it does not. */
typedef bool schema_check_run(struct schema_run *run, const struct schema_check *check,
                              const struct schema_place *at);

/* What one keyword demands, or several that work together. */
struct schema_check {
    const char *keyword;
    unsigned applies; /* a mask of enum schema_type; values of other types pass */
    enum schema_weight weight;
    schema_check_run *run;
    union {
        unsigned types;
        size_t limit;
        const struct schema_number *number;
        struct json_object *value;
        const struct schema_format *format;
        struct {
            const struct schema_pattern *pattern;
            struct json_object *source;
        } regex;
        struct schema_names names;
        const struct schema_node *node;
        struct schema_nodes nodes;
        struct schema_items items;
        struct schema_members *members;
        struct schema_condition condition;
        struct schema_dependencies dependencies;
    } as;
};

#endif

/* Violations: their places in the value, how much is wrong in a branch, and the list of them. */
#ifndef DYNMOD_SCHEMA_REPORT_H
#define DYNMOD_SCHEMA_REPORT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "schema/node.h"
#include "schema/schema.h"

/* A place in the value. It lives on the stack; only a listed violation turns it into a pointer. */
struct schema_place {
    const struct schema_place *parent; /* NULL for the whole value */
    const char *name;                  /* of the member; NULL for an element */
    size_t index;
    unsigned depth;
    struct json_object *value;
};

/* The place of the member `name` of the object at `at`. */
struct schema_place schema_place_member(const struct schema_place *at, const char *name,
                                        struct json_object *value) __attribute__((nonnull(1, 2)));
/* The place of an element of the array at `at`. */
struct schema_place schema_place_element(const struct schema_place *at, size_t index)
    __attribute__((nonnull));

/* What is wrong with a value by one branch of anyOf or oneOf. */
struct schema_score {
    unsigned origin;  /* depth of the place where the branch began */
    size_t kinds;     /* violations of weight SCHEMA_KIND at that place */
    size_t tags;      /* violations of weight SCHEMA_TAG at that place */
    size_t members;   /* violations of weight SCHEMA_TAG one step below */
    size_t all;       /* all violations */
    unsigned deepest; /* depth of the deepest violation */
};

/* Counts a violation of the check. */
void schema_score_count(struct schema_score *score, const struct schema_check *check,
                        const struct schema_place *at) __attribute__((nonnull));
/* Adds what was counted for a branch inside this one. */
void schema_score_add(struct schema_score *score, const struct schema_score *inner)
    __attribute__((nonnull));
/* Whether the value comes closer to being valid by `a` than by `b`. What counts first is the type,
 * const and enum of the value itself; then const and enum of its members, since a member such as
 * "type" or "kind" often tells the forms of an object apart; then the number of violations; then
 * their depth, since a value that is wrong only deep inside is right further up. */
bool schema_score_is_closer(const struct schema_score *a, const struct schema_score *b)
    __attribute__((nonnull));

enum { SCHEMA_REPORT_TEXT = 10 * LIMIT_ECHO }; /* bytes of the longest text of a violation */

/* The list while it is being written. */
struct schema_report {
    struct schema_violations *out;
    size_t maximum;
    struct arena *arena; /* owns the list and its texts */
    struct buffer text;  /* of the violation that is open; otherwise empty */
};

/* Makes a report that lists up to `maximum` violations, and at least 1, in the zeroed `out`. */
void schema_report_init(struct schema_report *report, struct arena *arena, size_t maximum,
                        struct schema_violations *out) __attribute__((nonnull));
/* Frees what the report needed besides the list. */
void schema_report_release(struct schema_report *report) __attribute__((nonnull));
/* Counts a violation. Lists it and returns the buffer for its text if there is room; else NULL. */
struct buffer *schema_report_open(struct schema_report *report, const char *keyword,
                                  const struct schema_place *at) __attribute__((nonnull));
/* Says which member the violation that is open is about. */
void schema_report_member(struct schema_report *report, const char *name) __attribute__((nonnull));
/* Ends the violation that is open: the buffer holds all of its text. */
void schema_report_close(struct schema_report *report) __attribute__((nonnull));

#endif

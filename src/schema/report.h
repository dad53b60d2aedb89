/* Violations: the places in the value, how near it comes to being valid, and their list. */
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

/* A place in the value. Lives on the stack; only a violation writes its pointer out. */
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

/* How near a value comes to one branch of anyOf or oneOf. */
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
/* Counts what another score counted, that of a branch inside this one. */
void schema_score_add(struct schema_score *score, const struct schema_score *inner)
    __attribute__((nonnull));
/* Whether `a` comes closer than `b`. First counts whether the value itself is of the right type,
 * const and enum; then whether its members are by const and enum, which is how a "type" or "kind"
 * tells the forms of an object apart; then the fewest violations; then how deep they are, since
 * what is wrong only deep inside is right above. */
bool schema_score_is_closer(const struct schema_score *a, const struct schema_score *b)
    __attribute__((nonnull));

enum { SCHEMA_REPORT_TEXT = 10 * LIMIT_ECHO }; /* bytes of the longest text of a violation */

/* The list being written. */
struct schema_report {
    struct schema_violations *out;
    size_t maximum;
    struct arena *arena; /* owns the list and its texts */
    struct buffer text;  /* of the violation that is open; else empty */
};

/* Makes a report that lists up to `maximum` violations, and at least 1, in the zeroed `out`. */
void schema_report_init(struct schema_report *report, struct arena *arena, size_t maximum,
                        struct schema_violations *out) __attribute__((nonnull));
/* Counts a violation and, if there is room, lists it and returns the buffer for its text. */
struct buffer *schema_report_open(struct schema_report *report, const char *keyword,
                                  const struct schema_place *at) __attribute__((nonnull));
/* Says which member the violation that is open is about. */
void schema_report_member(struct schema_report *report, const char *name) __attribute__((nonnull));
/* Takes over the text of the violation that is open. */
void schema_report_close(struct schema_report *report) __attribute__((nonnull));

#endif

/* What the checks share while a value is validated. */
#ifndef DYNMOD_SCHEMA_RUN_H
#define DYNMOD_SCHEMA_RUN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "schema/node.h"
#include "schema/pattern.h"
#include "schema/report.h"

enum schema_mode {
    SCHEMA_TEST,   /* only whether it is valid; may stop at the first violation */
    SCHEMA_SCORE,  /* counts all violations */
    SCHEMA_REPORT, /* lists all violations */
};

struct schema_run {
    enum schema_mode mode;
    struct schema_score *score;    /* in SCHEMA_SCORE */
    struct schema_report *report;  /* in SCHEMA_REPORT */
    const char *property;          /* for propertyNames: the name that is the value */
    const char *undecided;         /* why the value could not be checked and counts as not valid */
    unsigned frames;               /* nested nodes */
    size_t work;                   /* how many nodes may still be run */
    struct schema_matcher matcher; /* for all patterns */
};

/* Whether the whole value is valid by the node. If checks gave up where they could not report it,
 * reports it for the whole value. */
bool schema_run_whole(struct schema_run *run, const struct schema_node *node,
                      struct json_object *value) __attribute__((nonnull(1, 2)));
/* Whether the value at a place is valid by the node; reports violations as the mode demands. */
bool schema_run_node(struct schema_run *run, const struct schema_node *node,
                     const struct schema_place *at) __attribute__((nonnull));
/* The same in the mode SCHEMA_TEST. */
bool schema_run_test(struct schema_run *run, const struct schema_node *node,
                     const struct schema_place *at) __attribute__((nonnull));
/* Reports that the value is nested too deeply to be checked; returns false. */
bool schema_run_give_up(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at) __attribute__((nonnull));
/* Whether the pattern matches somewhere in the text. If that takes too many steps to find out,
 * reports a violation of the check and sets `*failed`. */
bool schema_run_match(struct schema_run *run, const struct schema_check *check,
                      const struct schema_place *at, const struct schema_pattern *pattern,
                      const char *text, size_t length, bool *failed) __attribute__((nonnull));
/* Counts a violation of the check. If it is to be listed, returns the buffer for its text, which
 * schema_report_close() ends; otherwise NULL. */
struct buffer *schema_run_violation(struct schema_run *run, const struct schema_check *check,
                                    const struct schema_place *at) __attribute__((nonnull));
/* Ends the text of a violation by saying what the value is instead. */
void schema_run_close_with_value(struct schema_run *run, struct buffer *text,
                                 const struct schema_place *at) __attribute__((nonnull));
/* Reports that the value is of none of the types; returns false. */
bool schema_run_fail_type(struct schema_run *run, const struct schema_check *check,
                          const struct schema_place *at, unsigned types) __attribute__((nonnull));
/* Reports a violation whose text is printf() output; returns false. */
bool schema_run_fail(struct schema_run *run, const struct schema_check *check,
                     const struct schema_place *at, const char *format, ...)
    __attribute__((nonnull, format(printf, 4, 5)));

#endif

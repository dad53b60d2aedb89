/* What the checks share while a value is validated. */
#include "schema/run.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "schema/value.h"

static const char too_deep[] = "cannot be checked: it is nested too deeply";
static const char too_costly[] = "cannot be checked: the pattern takes too many steps";
static const char too_much[] = "cannot be checked completely: it takes too many steps";

static const struct schema_check refused = {.keyword = "false", .weight = SCHEMA_KIND};
static const struct schema_check limited = {.keyword = "limit"};

struct buffer *schema_run_violation(struct schema_run *run, const struct schema_check *check,
                                    const struct schema_place *at) {
    if (run->mode == SCHEMA_SCORE)
        schema_score_count(run->score, check, at);
    if (run->mode != SCHEMA_REPORT)
        return NULL;
    struct buffer *text = schema_report_open(run->report, check->keyword, at);
    if (text != NULL && run->property != NULL) {
        schema_report_member(run->report, run->property);
        buffer_add_text(text, "the property name ");
        schema_value_add(text, at->value);
        buffer_add_byte(text, ' ');
    }
    return text;
}

void schema_run_close_with_value(struct schema_run *run, struct buffer *text,
                                 const struct schema_place *at) {
    if (run->property == NULL) { /* a name was given at the start */
        buffer_add_text(text, ", but is ");
        schema_value_add(text, at->value);
    }
    schema_report_close(run->report);
}

bool schema_run_fail(struct schema_run *run, const struct schema_check *check,
                     const struct schema_place *at, const char *format, ...) {
    struct buffer *text = schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    char line[SCHEMA_REPORT_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    buffer_add_text(text, line);
    schema_report_close(run->report);
    return false;
}

bool schema_run_fail_type(struct schema_run *run, const struct schema_check *check,
                          const struct schema_place *at, unsigned types) {
    enum schema_type type = schema_value_type(at->value);
    struct buffer *text = schema_run_violation(run, check, at);
    if (text == NULL)
        return false;
    buffer_add_text(text, "must be ");
    schema_value_add_types(text, types);
    buffer_add_text(text, ", but is ");
    if (type == SCHEMA_NUMBER) /* "a number" would not tell why it is not an integer */
        schema_value_add(text, at->value);
    else
        schema_value_add_types(text, type);
    schema_report_close(run->report);
    return false;
}

static bool give_up(struct schema_run *run, const struct schema_check *check,
                    const struct schema_place *at, const char *why) {
    run->undecided = why;
    return schema_run_fail(run, check, at, "%s", why);
}

bool schema_run_give_up(struct schema_run *run, const struct schema_check *check,
                        const struct schema_place *at) {
    return give_up(run, check, at, too_deep);
}

bool schema_run_match(struct schema_run *run, const struct schema_check *check,
                      const struct schema_place *at, const struct schema_pattern *pattern,
                      const char *text, size_t length, bool *failed) {
    enum schema_match match = schema_pattern_match(pattern, text, length, &run->matcher);
    if (match == SCHEMA_MATCH_UNDECIDED)
        *failed = !give_up(run, check, at, too_costly);
    return match == SCHEMA_MATCH;
}

static bool run_checks(struct schema_run *run, const struct schema_node *node,
                       const struct schema_place *at) {
    unsigned type = schema_value_type(at->value);
    bool valid = true;
    for (size_t i = 0; i < node->count; i++) {
        const struct schema_check *check = &node->checks[i];
        if ((check->applies & type) == 0 || check->run(run, check, at))
            continue;
        valid = false;
        if (run->mode == SCHEMA_TEST)
            break;
    }
    return valid;
}

bool schema_run_node(struct schema_run *run, const struct schema_node *node,
                     const struct schema_place *at) {
    while (node->target != NULL)
        node = node->target;
    if (node->refuses)
        return schema_run_fail(run, &refused, at, "is not allowed here");
    if (run->work == 0) { /* reported once, at the end */
        run->undecided = too_much;
        return false;
    }
    if (run->frames == LIMIT_SCHEMA_FRAMES)
        return schema_run_give_up(run, &limited, at);
    run->work--;
    run->frames++;
    bool valid = run_checks(run, node, at);
    run->frames--;
    return valid;
}

bool schema_run_test(struct schema_run *run, const struct schema_node *node,
                     const struct schema_place *at) {
    enum schema_mode mode = run->mode;
    run->mode = SCHEMA_TEST;
    bool valid = schema_run_node(run, node, at);
    run->mode = mode;
    return valid;
}

bool schema_run_whole(struct schema_run *run, const struct schema_node *node,
                      struct json_object *value) {
    struct schema_place whole = {.value = value};
    bool valid = schema_run_node(run, node, &whole) && run->undecided == NULL;
    if (run->mode != SCHEMA_REPORT)
        return valid;
    /* a check that gave up in a test, or for lack of work, has not reported it */
    if (run->report->out->total == 0 || run->undecided == too_much)
        schema_run_fail(run, &limited, &whole, "%s",
                        run->undecided == NULL ? too_much : run->undecided);
    return valid;
}

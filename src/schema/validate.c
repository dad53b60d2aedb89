/* Validates values by compiled schemas. */
#include "base/limits.h"
#include "schema/run.h"
#include "schema/schema.h"

/* One pass over the value, with the whole budget; without a report it only tests. */
static bool pass(const struct schema *schema, struct json_object *value,
                 struct schema_report *report) {
    struct schema_run run = {.mode = report == NULL ? SCHEMA_TEST : SCHEMA_REPORT,
                             .report = report,
                             .work = LIMIT_SCHEMA_WORK,
                             .matcher = {.steps = LIMIT_PATTERN_STEPS}};
    bool valid = schema_run_whole(&run, schema->root, value);
    schema_matcher_release(&run.matcher);
    return valid;
}

bool schema_validate(const struct schema *schema, struct json_object *value, struct arena *arena,
                     size_t maximum, struct schema_violations *out) {
    *out = (struct schema_violations){NULL, 0, 0};
    if (pass(schema, value, NULL)) /* the usual case, in which nothing is written down */
        return true;
    struct schema_report report;
    schema_report_init(&report, arena, maximum, out);
    pass(schema, value, &report);
    schema_report_release(&report);
    return false;
}

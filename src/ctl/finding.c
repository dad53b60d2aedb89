/* What doctor has found, or setup has done, in order. */
#include "ctl/finding.h"

#include <ctype.h>
#include <stdarg.h>

#include "ctl/output.h"
#include "json/json.h"

static const char *const level_names[] = {"ok",      "note", "warning", "error",
                                          "present", "done", "planned"};

static const struct output_column columns[] = {
    {"LEVEL", "level"},
    {"CHECK", "check"},
    {"FINDING", "text"},
    {NULL, NULL},
};

void findings_init(struct findings *findings, struct invocation *invocation) {
    *findings = (struct findings){
        .invocation = invocation,
        .list = json_keep(invocation->arena, json_object_new_array()),
    };
}

void findings_add(struct findings *findings, enum finding_level level, const char *check,
                  const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_format_list(findings->invocation->arena, format, arguments);
    va_end(arguments);
    for (char *at = text; *at != '\0'; at++) /* messages of libpq have several lines */
        if (isspace((unsigned char)*at))
            *at = ' ';
    struct json_object *finding = json_object_new_object();
    json_object_object_add(finding, "level", json_object_new_string(level_names[level]));
    json_object_object_add(finding, "check", json_object_new_string(check));
    json_object_object_add(finding, "text", json_object_new_string(text));
    json_object_array_add(findings->list, finding);
    findings->errors += level == FINDING_ERROR;
}

void findings_print(const struct findings *findings) {
    findings->invocation->reported = true;
    output_list(findings->invocation, findings->list, columns);
}

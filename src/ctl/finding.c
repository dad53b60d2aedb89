/* What doctor has found, or setup has done, in order. */
#include "ctl/finding.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/output.h"
#include "http/site_address.h"
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

const char *findings_joined(struct findings *findings, struct json_object *names) {
    const char *text = "";
    for (size_t i = 0; i < json_object_array_length(names); i++)
        text = arena_format(findings->invocation->arena, "%s%s%s", text, i == 0 ? "" : ", ",
                            json_object_get_string(json_object_array_get_idx(names, i)));
    return text;
}

struct json_object *findings_site(const struct findings *findings, const char *name) {
    struct arena *arena = findings->invocation->arena;
    const char *address = site_address_of_name(arena, name);
    size_t count = findings->sites == NULL ? 0 : json_object_array_length(findings->sites);
    for (size_t i = 0; i < count; i++) {
        struct json_object *site = json_object_array_get_idx(findings->sites, i);
        const char *base_url = json_member_text(site, "siteBaseUrl");
        if (strcmp(json_member_text(site, "name"), name) == 0 ||
            strcmp(site_address_of_name(arena, base_url), address) == 0)
            return site;
    }
    return NULL;
}

void findings_mend(struct findings *findings, const char *command) {
    size_t count = json_object_array_length(findings->list);
    json_set_text(json_object_array_get_idx(findings->list, count - 1), "command", command);
}

/* Whether a finding before the one at `index` has its command. */
static bool is_repeated(struct json_object *list, size_t index, const char *command) {
    for (size_t i = 0; i < index; i++) {
        const char *other = json_member_text(json_object_array_get_idx(list, i), "command");
        if (other != NULL && strcmp(other, command) == 0)
            return true;
    }
    return false;
}

/* A script for people to read and to paste. */
static void print_commands(struct json_object *list) {
    bool any = false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *finding = json_object_array_get_idx(list, i);
        const char *command = json_member_text(finding, "command");
        if (command == NULL || is_repeated(list, i, command))
            continue;
        if (!any)
            puts("\n# What mends it, for root to run, the first thing first:");
        any = true;
        printf("\n# %s\n%s\n", json_member_text(finding, "text"), command);
    }
}

void findings_print(const struct findings *findings) {
    findings->invocation->reported = true;
    output_list(findings->invocation, findings->list, columns);
    if (!invocation_has(findings->invocation, OPTION_JSON))
        print_commands(findings->list);
}

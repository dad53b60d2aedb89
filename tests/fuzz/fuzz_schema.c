/* Fuzzes the schema validator: a schema, a NUL byte, a value. The first also serves as the
 * document that the schema may refer to as "x:y", and as a regular expression; the second also as
 * a text of every format. */
#include <json-c/json.h>

#include "base/limits.h"
#include "fuzz.h"
#include "schema/format.h"
#include "schema/format_uri.h"
#include "schema/pattern.h"
#include "schema/schema.h"

enum { NESTING = 64, FEW = 2, MANY = 1000 };

/* As lenient as json-c is, so that odd values get through: NaN, duplicate names, bad UTF-8. */
static bool parse(const char *text, struct json_object **value) {
    struct json_tokener *tokener = json_tokener_new_ex(NESTING);
    *value = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    bool parsed = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    return parsed;
}

static void require_printable(const char *text) {
    for (; *text != '\0'; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static size_t check(const struct schema *schema, struct json_object *value, size_t maximum) {
    struct arena *arena = arena_new();
    struct schema_violations found;
    bool valid = schema_validate(schema, value, arena, maximum, &found);
    require(valid == (found.total == 0));
    require(found.count == (found.total < maximum ? found.total : maximum));
    for (size_t i = 0; i < found.count; i++) {
        require(strlen(found.list[i].pointer) <= 4 * LIMIT_ECHO + strlen("..."));
        require_printable(found.list[i].pointer);
        require_printable(found.list[i].text);
        require(found.list[i].keyword[0] != '\0');
        require(strcmp(found.list[i].keyword, "required") != 0 || found.list[i].member != NULL);
    }
    size_t total = found.total;
    arena_free(arena);
    return total;
}

static void validate(struct json_object *root, struct json_object *value) {
    struct schema_document document = {"x:y", root};
    struct schema *schema;
    struct fault fault;
    if (schema_compile(root, &document, 1, &schema, &fault)) {
        require(check(schema, value, FEW) == check(schema, value, MANY));
        check(schema, root, MANY);
        schema_free(schema);
    } else {
        require(fault.kind == FAULT_INPUT && strchr(fault.text, '#') != NULL);
        require_printable(fault.text);
    }
}

/* What is accepted as a regular expression can be compiled, except for what PCRE2 lacks. */
static void check_pattern(const char *source, const char *subject, size_t length) {
    static const char *const lacking[] = {"lookbehind assertion is", "expression is too large",
                                          "lookbehind is too", "code block workspace",
                                          "nested too deep"};
    struct arena *arena = arena_new();
    const struct schema_pattern *pattern;
    struct fault fault;
    struct schema_matcher matcher = {.steps = LIMIT_PATTERN_STEPS};
    bool valid = schema_pattern_valid(source, strlen(source));
    if (schema_pattern_compile(source, strlen(source), arena, &pattern, &fault)) {
        require(valid);
        schema_pattern_match(pattern, subject, length, &matcher);
        schema_matcher_release(&matcher);
    } else if (valid) {
        bool known = false;
        for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
            known = known || strstr(fault.text, lacking[i]) != NULL;
        require(known);
    }
    arena_free(arena);
}

static void check_formats(const char *text, size_t length) {
    static const char *const names[] = {
        "uri",  "uri-reference", "uri-template", "regex",       "date-time",
        "date", "time",          "email",        "hostname",    "ipv4",
        "ipv6", "json-pointer",  "idn-email",    "idn-hostname"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        schema_format_named(names[i])->valid(text, length);
    require(!schema_uri_valid(text, length) || schema_uri_reference_valid(text, length));
}

/* The result is no longer than both with the few characters that join them. */
static void check_resolution(const char *base, const char *reference) {
    struct arena *arena = arena_new();
    const char *resolved = schema_uri_resolve(arena, base, reference);
    require(strlen(resolved) <= strlen(base) + strlen(reference) + strlen("//?/"));
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_object *root = NULL, *value = NULL;
    char *text = memory_copy(data, size);
    const char *instance = text + strlen(text) + (strlen(text) < size ? 1 : 0);
    size_t length = size - (size_t)(instance - text);
    if (parse(text, &root) && parse(instance, &value))
        validate(root, value);
    check_pattern(text, instance, length);
    check_formats(instance, length);
    check_resolution(text, instance);
    json_object_put(root);
    json_object_put(value);
    free(text);
    return 0;
}

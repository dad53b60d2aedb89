/* The lines of an export of a site: what kinds there are, and what is in each. */
#include "host/export_line.h"

#include <limits.h>
#include <string.h>

#include "json/json.h"
#include "schema/schema.h"

/* Forms of values, as JSON Schema. */
#define TEXT "{\"type\":\"string\"}"
#define SOME_TEXT "{\"type\":\"string\",\"minLength\":1}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define TRUTH "{\"type\":\"boolean\"}"
#define NUMBER "{\"type\":\"integer\",\"minimum\":0,\"maximum\":2147483647}"
#define LONG_NUMBER "{\"type\":\"integer\",\"minimum\":0,\"maximum\":9223372036854775807}"
#define ID_OR_NULL "{\"type\":[\"integer\",\"null\"]}"
#define OBJECT "{\"type\":\"object\"}"
#define OBJECT_OR_NULL "{\"type\":[\"object\",\"null\"]}"
#define TEXTS "{\"type\":\"array\",\"items\":" TEXT "}"
#define APP_KEY "{\"type\":\"string\",\"pattern\":\"^[a-zA-Z0-9._-]{1,64}$\"}"
#define PROPERTY_KEY "{\"type\":\"string\",\"minLength\":1,\"maxLength\":127}"
#define UUID "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$\"}"
#define ORIGIN "{\"enum\":[\"descriptor\",\"dynamic\"]}"
#define STATE "{\"enum\":[\"enabled\",\"disabled\",\"uninstalled\"]}"
#define ON_CLASH "{\"enum\":[\"remove_all\",\"remove_clashing\"]}"
#define EVENT_KIND "{\"enum\":[\"start\",\"app\",\"module\"]}"
#define TRANSACTION "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[0-9]{1,20}$\"}"

static const char *const names[EXPORT_KINDS] = {
    [EXPORT_HEAD] = "dynmod",       [EXPORT_SITE] = "site",   [EXPORT_KEY] = "key",
    [EXPORT_TYPE] = "type",         [EXPORT_ALLOW] = "allow", [EXPORT_APP] = "app",
    [EXPORT_SECRET] = "secret",     [EXPORT_EVENT] = "event", [EXPORT_MODULE] = "module",
    [EXPORT_PROPERTY] = "property", [EXPORT_END] = "end",
};

enum need { OPTIONAL, REQUIRED };

/* The members of the objects; one of EXPORT_TYPE has more, which own_type_check() knows. */
static const struct member {
    enum export_kind kind;
    const char *name;
    enum need need;
    const char *form;
} members[] = {
    {EXPORT_HEAD, "format", REQUIRED, NUMBER},
    {EXPORT_HEAD, "version", OPTIONAL, TEXT},
    {EXPORT_HEAD, "secrets", REQUIRED, TRUTH},
    {EXPORT_HEAD, "history", REQUIRED, TRUTH},
    {EXPORT_SITE, "name", REQUIRED, TEXT},
    {EXPORT_SITE, "baseUrl", REQUIRED, TEXT},
    {EXPORT_SITE, "clientKey", REQUIRED, SOME_TEXT},
    {EXPORT_SITE, "onClash", REQUIRED, ON_CLASH},
    {EXPORT_SITE, "moduleLimit", REQUIRED, NUMBER},
    {EXPORT_SITE, "byteLimit", REQUIRED, NUMBER},
    {EXPORT_SITE, "moduleByteLimit", REQUIRED, NUMBER},
    {EXPORT_SITE, "historyByteLimit", REQUIRED, LONG_NUMBER},
    {EXPORT_KEY, "kid", REQUIRED, SOME_TEXT},
    {EXPORT_KEY, "publicKey", REQUIRED, TEXT},
    {EXPORT_KEY, "privateKey", OPTIONAL, TEXT_OR_NULL},
    {EXPORT_KEY, "createdAt", REQUIRED, TIME},
    {EXPORT_KEY, "retiredAt", OPTIONAL, TIME_OR_NULL},
    {EXPORT_TYPE, "name", REQUIRED, TEXT},
    {EXPORT_ALLOW, "name", REQUIRED, TEXT},
    {EXPORT_APP, "key", REQUIRED, APP_KEY},
    {EXPORT_APP, "name", REQUIRED, TEXT},
    {EXPORT_APP, "baseUrl", REQUIRED, TEXT},
    {EXPORT_APP, "state", REQUIRED, STATE},
    {EXPORT_APP, "scopes", REQUIRED, TEXTS},
    {EXPORT_APP, "descriptor", REQUIRED, OBJECT},
    {EXPORT_APP, "installationId", REQUIRED, UUID},
    {EXPORT_APP, "installedAt", REQUIRED, TIME},
    {EXPORT_APP, "documentSha256", REQUIRED, TEXT},
    {EXPORT_SECRET, "current", REQUIRED, TEXT},
    {EXPORT_SECRET, "former", OPTIONAL, TEXT_OR_NULL},
    {EXPORT_SECRET, "formerUntil", OPTIONAL, TIME_OR_NULL},
    {EXPORT_EVENT, "kind", REQUIRED, EVENT_KIND},
    {EXPORT_EVENT, "happenedAt", REQUIRED, TIME},
    {EXPORT_EVENT, "actor", OPTIONAL, TEXT},
    {EXPORT_EVENT, "reason", OPTIONAL, TEXT_OR_NULL},
    {EXPORT_EVENT, "requestId", OPTIONAL, TEXT_OR_NULL},
    {EXPORT_EVENT, "operation", OPTIONAL, TEXT},
    {EXPORT_EVENT, "detail", OPTIONAL, OBJECT},
    {EXPORT_EVENT, "type", OPTIONAL, TEXT},
    {EXPORT_EVENT, "origin", OPTIONAL, ORIGIN},
    {EXPORT_EVENT, "key", OPTIONAL, TEXT_OR_NULL},
    {EXPORT_EVENT, "moduleId", OPTIONAL, ID_OR_NULL},
    {EXPORT_EVENT, "definition", OPTIONAL, OBJECT_OR_NULL},
    {EXPORT_EVENT, "former", OPTIONAL, OBJECT_OR_NULL},
    {EXPORT_EVENT, "formerDefinition", OPTIONAL, OBJECT_OR_NULL},
    {EXPORT_EVENT, "transaction", OPTIONAL, TRANSACTION},
    {EXPORT_MODULE, "type", REQUIRED, TEXT},
    {EXPORT_MODULE, "origin", REQUIRED, ORIGIN},
    {EXPORT_MODULE, "registeredAt", REQUIRED, TIME},
    {EXPORT_MODULE, "definition", REQUIRED, OBJECT},
    {EXPORT_PROPERTY, "key", REQUIRED, PROPERTY_KEY},
    {EXPORT_PROPERTY, "value", REQUIRED, TEXT},
    {EXPORT_PROPERTY, "changedAt", REQUIRED, TIME},
    {EXPORT_END, "apps", REQUIRED, NUMBER},
    {EXPORT_END, "modules", REQUIRED, NUMBER},
    {EXPORT_END, "properties", REQUIRED, NUMBER},
    {EXPORT_END, "events", REQUIRED, NUMBER},
};

/* What else an event of each kind needs. */
static const char event_alternatives[] =
    "[{\"properties\":{\"kind\":{\"const\":\"start\"}}},"
    "{\"properties\":{\"kind\":{\"const\":\"app\"}},"
    "\"required\":[\"actor\",\"operation\",\"detail\"]},"
    "{\"properties\":{\"kind\":{\"const\":\"module\"},"
    "\"operation\":{\"enum\":[\"insert\",\"update\",\"delete\"]}},"
    "\"required\":[\"actor\",\"operation\",\"type\",\"origin\"]}]";

struct json_object *export_counts_json(const struct export_counts *counts) {
    struct json_object *end = json_object_new_object();
    json_object_object_add(end, "apps", json_object_new_int64(counts->apps));
    json_object_object_add(end, "modules", json_object_new_int64(counts->modules));
    json_object_object_add(end, "properties", json_object_new_int64(counts->properties));
    json_object_object_add(end, "events", json_object_new_int64(counts->events));
    return end;
}

bool export_counts_are(const struct export_counts *counts, struct json_object *end) {
    struct json_object *expected = export_counts_json(counts);
    bool equal = json_object_equal(expected, end) == 1;
    json_object_put(expected);
    return equal;
}

bool export_line_is(const char *line, enum export_kind kind) {
    size_t length = strlen(names[kind]);
    return strncmp(line, "{\"", 2) == 0 && strncmp(line + 2, names[kind], length) == 0 &&
           line[2 + length] == '"';
}

struct export_forms {
    struct schema *of[EXPORT_KINDS];
};

static void release_forms(void *object) {
    struct export_forms *forms = object;
    for (size_t i = 0; i < EXPORT_KINDS; i++)
        schema_free(forms->of[i]);
}

/* The form of a kind as JSON Schema, owned by the arena. */
static bool make_form(struct arena *arena, enum export_kind kind, struct json_object **form,
                      struct fault *fault) {
    struct json_object *properties = json_object_new_object();
    struct json_object *required = json_object_new_array(), *value;
    *form = json_keep(arena, json_object_new_object());
    json_set_text(*form, "type", "object");
    json_object_object_add(*form, "properties", properties);
    json_object_object_add(*form, "required", required);
    json_object_object_add(*form, "additionalProperties",
                           json_object_new_boolean(kind == EXPORT_TYPE));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (members[i].kind != kind)
            continue;
        if (!json_parse_stored(arena, members[i].form, &value, fault))
            return false;
        json_object_object_add(properties, members[i].name, json_object_get(value));
        if (members[i].need == REQUIRED)
            json_object_array_add(required, json_object_new_string(members[i].name));
    }
    if (kind != EXPORT_EVENT)
        return true;
    if (!json_parse_stored(arena, event_alternatives, &value, fault))
        return false;
    json_object_object_add(*form, "anyOf", json_object_get(value));
    return true;
}

bool export_forms_new(struct arena *arena, struct export_forms **forms, struct fault *fault) {
    *forms = arena_alloc(arena, sizeof **forms);
    arena_keep(arena, release_forms, *forms);
    for (enum export_kind kind = 0; kind < EXPORT_KINDS; kind++) {
        struct json_object *form;
        if (!make_form(arena, kind, &form, fault))
            return false;
        if (!schema_compile(form, NULL, 0, &(*forms)->of[kind], fault)) {
            fault->kind = FAULT_INTERNAL;
            return false;
        }
    }
    return true;
}

/* Which kind the one member of the object names; EXPORT_KINDS if none. */
static enum export_kind find_kind(struct json_object *object, struct json_object **body) {
    enum export_kind kind = 0;
    while (kind < EXPORT_KINDS && !json_object_object_get_ex(object, names[kind], body))
        kind++;
    return kind;
}

bool export_line_read(const struct export_forms *forms, struct arena *arena, const char *text,
                      size_t length, struct export_line *line, struct fault *fault) {
    struct json_object *object;
    struct schema_violations violations;
    *line = (struct export_line){EXPORT_KINDS, NULL};
    if (length > INT_MAX - 1)
        return fault_set(fault, FAULT_INPUT, "the line is too long");
    if (!json_parse(arena, text, length, &object, fault))
        return false;
    if (!json_object_is_type(object, json_type_object) || json_object_object_length(object) != 1 ||
        (line->kind = find_kind(object, &line->body)) == EXPORT_KINDS)
        return fault_set(fault, FAULT_INPUT, "this is not a line of an export");
    if (schema_validate(forms->of[line->kind], line->body, arena, 1, &violations))
        return true;
    const struct schema_violation *first = &violations.list[0];
    return fault_set(fault, FAULT_INPUT, "/%s%s: %s", names[line->kind], first->pointer,
                     first->text);
}

/* The lines of an export of a site: what kinds there are, and what is in each. */
#include "host/export_line.h"

#include <limits.h>
#include <string.h>

#include "json/json.h"
#include "schema/schema.h"

#define OBJECT(required, properties)                                                               \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[" required                  \
    "],\"properties\":{" properties "}}"
#define TEXT(name) "\"" name "\":{\"type\":\"string\"}"
#define OPTIONAL_TEXT(name) "\"" name "\":{\"type\":[\"string\",\"null\"]}"
#define TIME(name) "\"" name "\":{\"type\":\"string\",\"format\":\"date-time\"}"
#define OPTIONAL_TIME(name) "\"" name "\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define TRUTH(name) "\"" name "\":{\"type\":\"boolean\"}"
#define CHOICE(name, values) "\"" name "\":{\"enum\":[" values "]}"
#define SOME_OBJECT(name) "\"" name "\":{\"type\":\"object\"}"
#define OPTIONAL_OBJECT(name) "\"" name "\":{\"type\":[\"object\",\"null\"]}"
#define NUMBER(name) "\"" name "\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":2147483647}"
#define APP_KEY "{\"type\":\"string\",\"pattern\":\"^[a-zA-Z0-9._-]{1,64}$\"}"
#define UUID                                                                                       \
    "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]" \
    "{12}$\"}"

static const struct {
    const char *name;
    const char *form; /* JSON Schema */
} kinds[EXPORT_KINDS] = {
    [EXPORT_HEAD] = {"dynmod", OBJECT("\"format\",\"secrets\",\"history\"",
                                      NUMBER("format") "," TEXT("version") "," TRUTH(
                                          "secrets") "," TRUTH("history"))},
    [EXPORT_SITE] =
        {"site",
         OBJECT(
             "\"name\",\"baseUrl\",\"clientKey\",\"onClash\",\"moduleLimit\","
             "\"byteLimit\",\"moduleByteLimit\",\"historyByteLimit\"",
             TEXT("name") "," TEXT(
                 "baseUrl") ","
                            "\"clientKey\":{\"type\":\"string\",\"minLength\":1}"
                            "," CHOICE(
                                "onClash",
                                "\"remove_all\",\"remove_"
                                "clashing\"") "," NUMBER("moduleLim"
                                                         "it") "," NUMBER("byteLimit") "," NUMBER("moduleByteLimit") ","
                                                                                                                     "\"history"
                                                                                                                     "ByteLimit"
                                                                                                                     "\":{"
                                                                                                                     "\"type\":"
                                                                                                                     "\"integer"
                                                                                                                     "\","
                                                                                                                     "\"minimum"
                                                                                                                     "\":0,"
                                                                                                                     "\"maximum"
                                                                                                                     "\":"
                                                                                                                     "922337203"
                                                                                                                     "685477580"
                                                                                                                     "7}")},
    [EXPORT_KEY] = {"key",
                    OBJECT("\"kid\",\"publicKey\",\"createdAt\"",
                           TEXT("kid") "," TEXT("publicKey") "," OPTIONAL_TEXT(
                               "privateKey") "," TIME("createdAt") "," OPTIONAL_TIME("retiredAt"))},
    [EXPORT_TYPE] = {"type", "{\"type\":\"object\",\"required\":[\"name\",\"container\","
                             "\"dynamic\",\"schema\"]}"}, /* own_type_check() looks further */
    [EXPORT_ALLOW] = {"allow", OBJECT("\"name\"", TEXT("name"))},
    [EXPORT_APP] =
        {"app",
         OBJECT(
             "\"key\",\"name\",\"baseUrl\",\"state\",\"scopes\",\"descriptor\","
             "\"installationId\",\"installedAt\",\"documentSha256\"",
             "\"key\":" APP_KEY "," TEXT("name") "," TEXT("baseUrl") "," CHOICE(
                 "state",
                 "\"enabled\",\"disabled\",\"uninstalled\"") ","
                                                             "\"scopes\":{\"type\":\"array\","
                                                             "\"items\":{\"type\":\"string\"}}"
                                                             "," SOME_OBJECT(
                                                                 "descriptor") ",\"installationId\""
                                                                               ":" UUID "," TIME(
                                                                                   "installedA"
                                                                                   "t") "," TEXT("d"
                                                                                                 "o"
                                                                                                 "c"
                                                                                                 "u"
                                                                                                 "m"
                                                                                                 "e"
                                                                                                 "n"
                                                                                                 "t"
                                                                                                 "S"
                                                                                                 "h"
                                                                                                 "a"
                                                                                                 "2"
                                                                                                 "5"
                                                                                                 "6"))},
    [EXPORT_SECRET] = {"secret",
                       OBJECT("\"current\"", TEXT("current") "," OPTIONAL_TEXT(
                                                 "former") "," OPTIONAL_TIME("formerUntil"))},
    [EXPORT_EVENT] =
        {"event",
         "{\"type\":\"object\",\"required\":[\"kind\",\"happenedAt\"],"
         "\"additionalProperties\":false,\"properties\":{" CHOICE("kind", "\"start\",\"app\","
                                                                          "\"module\"") "," TIME("h"
                                                                                                 "a"
                                                                                                 "p"
                                                                                                 "p"
                                                                                                 "e"
                                                                                                 "n"
                                                                                                 "e"
                                                                                                 "d"
                                                                                                 "A"
                                                                                                 "t") "," TEXT("actor") "," OPTIONAL_TEXT("reason") "," OPTIONAL_TEXT("requestId") "," TEXT("operation") "," SOME_OBJECT("detail") "," TEXT(
             "type") "," CHOICE("origin",
                                "\"descriptor\",\"dynamic\"") "," OPTIONAL_TEXT("key") ","
                                                                                       "\"moduleId"
                                                                                       "\":{"
                                                                                       "\"type\":["
                                                                                       "\"integer\""
                                                                                       ",\"null\"]}"
                                                                                       "," OPTIONAL_OBJECT("definition") "," OPTIONAL_OBJECT("former") "," OPTIONAL_OBJECT(
                                                                                           "formerD"
                                                                                           "efiniti"
                                                                                           "on") ","
                                                                                                 "\"transaction\":{\"type\":[\"string\",\"null\"],\"pattern\":\"^[0-9]{1,20}$\"}},"
                                                                                                 "\"anyOf\":[{\"properties\":{\"kind\":{\"const\":\"start\"}}},"
                                                                                                 "{"
                                                                                                 "\"properties\":{\"kind\":{\"const\":\"app\"}},"
                                                                                                 "\"required\":[\"actor\",\"operation\",\"detail\"]},"
                                                                                                 "{"
                                                                                                 "\"properties\":{\"kind\":{\"const\":\"module\"}},"
                                                                                                 "\"required\":[\"actor\",\"operation\",\"type\",\"origin\"]}]}"},
    [EXPORT_MODULE] = {"module",
                       OBJECT(
                           "\"type\",\"origin\",\"registeredAt\",\"definition\"",
                           TEXT("type") "," CHOICE("origin", "\"descriptor\",\"dynamic\"") "," TIME(
                               "registeredAt") "," SOME_OBJECT("definition"))},
    [EXPORT_PROPERTY] = {"property",
                         OBJECT("\"key\",\"value\",\"changedAt\"",
                                "\"key\":{\"type\":\"string\",\"minLength\":1,"
                                "\"maxLength\":127}," TEXT("value") "," TIME("changedAt"))},
    [EXPORT_END] = {"end", OBJECT("\"apps\",\"modules\",\"properties\",\"events\"",
                                  NUMBER("apps") "," NUMBER("modules") "," NUMBER(
                                      "properties") "," NUMBER("events"))},
};

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
    size_t length = strlen(kinds[kind].name);
    return strncmp(line, "{\"", 2) == 0 && strncmp(line + 2, kinds[kind].name, length) == 0 &&
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

bool export_forms_new(struct arena *arena, struct export_forms **forms, struct fault *fault) {
    *forms = arena_alloc(arena, sizeof **forms);
    arena_keep(arena, release_forms, *forms);
    for (size_t i = 0; i < EXPORT_KINDS; i++) {
        struct json_object *json;
        if (!json_parse_stored(arena, kinds[i].form, &json, fault))
            return false;
        if (!schema_compile(json, NULL, 0, &(*forms)->of[i], fault)) {
            fault->kind = FAULT_INTERNAL;
            return false;
        }
    }
    return true;
}

/* Which kind the one member of the object names; EXPORT_KINDS if none. */
static enum export_kind find_kind(struct json_object *object, struct json_object **body) {
    enum export_kind kind = 0;
    while (kind < EXPORT_KINDS && !json_object_object_get_ex(object, kinds[kind].name, body))
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
    return fault_set(fault, FAULT_INPUT, "/%s%s: %s", kinds[line->kind].name, first->pointer,
                     first->text);
}

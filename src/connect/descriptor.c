/* The descriptor of an app (atlassian-connect.json) and its rules. */
#include "connect/descriptor.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "connect/module_check.h"
#include "connect/module_rules.h"
#include "connect/scope.h"
#include "json/json.h"

enum need { OPTIONAL, REQUIRED };

/* json_type_null means any type. */
static const struct member {
    const char *name;
    enum json_type type;
    enum json_type each; /* the type of the elements or of the members */
    enum need need;
} members[] = {
    {"apiMigrations", json_type_object, json_type_boolean, OPTIONAL},
    {"apiVersion", json_type_int, json_type_null, OPTIONAL},
    {"authentication", json_type_object, json_type_null, OPTIONAL},
    {"baseUrl", json_type_string, json_type_null, REQUIRED},
    {"cloudAppMigration", json_type_null, json_type_null, OPTIONAL},
    {"dataResidency", json_type_null, json_type_null, OPTIONAL},
    {"description", json_type_string, json_type_null, OPTIONAL},
    {"editionsEnabled", json_type_null, json_type_null, OPTIONAL},
    {"enableLicensing", json_type_boolean, json_type_null, OPTIONAL},
    {"key", json_type_string, json_type_null, REQUIRED},
    {"lifecycle", json_type_object, json_type_string, OPTIONAL},
    {"links", json_type_object, json_type_string, OPTIONAL},
    {"modules", json_type_object, json_type_null, OPTIONAL},
    {"name", json_type_string, json_type_null, OPTIONAL},
    {"regionBaseUrls", json_type_null, json_type_null, OPTIONAL},
    {"scopes", json_type_array, json_type_string, OPTIONAL},
    {"translations", json_type_object, json_type_object, OPTIONAL},
    {"vendor", json_type_object, json_type_string, OPTIONAL},
    {"version", json_type_string, json_type_null, OPTIONAL},
};

enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

struct reader {
    struct arena *arena;
    const struct descriptor *descriptor;
    struct problem_list *problems;
};

static const char *type_name(enum json_type type) {
    switch (type) {
    case json_type_boolean:
        return "true or false";
    case json_type_int:
        return "an integer";
    case json_type_object:
        return "an object";
    case json_type_array:
        return "an array";
    default:
        return "a string";
    }
}

/* Whether the value has the type; if not, that is reported. */
static bool check_type(const struct reader *reader, struct json_object *value, enum json_type type,
                       const char *pointer) {
    if (type == json_type_null || json_object_is_type(value, type))
        return true;
    problem_add(reader->problems, PROBLEM_ERROR, pointer, "type", "expected %s", type_name(type));
    return false;
}

static void check_member(const struct reader *reader, const struct member *member) {
    struct json_object *value = NULL;
    const char *pointer = problem_pointer(reader->arena, "", member->name);
    if (!json_object_object_get_ex(reader->descriptor->json, member->name, &value)) {
        if (member->need == REQUIRED)
            problem_add(reader->problems, PROBLEM_ERROR, "", "required",
                        "the required property \"%s\" is missing", member->name);
        return;
    }
    if (!check_type(reader, value, member->type, pointer) || member->each == json_type_null)
        return;
    if (member->type == json_type_array) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            check_type(reader, json_object_array_get_idx(value, i), member->each,
                       problem_pointer_index(reader->arena, pointer, i));
        return;
    }
    json_object_object_foreach(value, name, element) {
        check_type(reader, element, member->each, problem_pointer(reader->arena, pointer, name));
    }
}

static bool is_known_member(const char *name) {
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (strcmp(members[i].name, name) == 0)
            return true;
    return false;
}

static void check_unknown_members(const struct reader *reader) {
    json_object_object_foreach(reader->descriptor->json, name, value) {
        (void)value;
        if (!is_known_member(name))
            problem_add(reader->problems, PROBLEM_WARNING, problem_pointer(reader->arena, "", name),
                        "unknownMember", "a descriptor has no such property; it is ignored");
    }
}

/* Whether it is an app key: 1 to 64 letters, digits, ".", "_" or "-". */
static bool is_app_key(const char *key) {
    size_t length =
        strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length >= 1 && length <= LIMIT_APP_KEY && key[length] == '\0';
}

static void check_key(const struct reader *reader) {
    const char *key = reader->descriptor->key;
    if (key != NULL && !is_app_key(key))
        problem_add(reader->problems, PROBLEM_ERROR, "/key", "pattern",
                    "%s is not a valid app key: expected 1 to %d letters, digits, \".\", \"_\" or "
                    "\"-\"",
                    problem_quote(reader->arena, key), LIMIT_APP_KEY);
}

/* Whether it begins with http:// or https:// and a host, and consists of visible ASCII only. */
static bool is_base_url(const char *url) {
    for (const char *at = url; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    size_t scheme = strncasecmp(url, "https://", 8) == 0 ? 8 : 7;
    if (scheme == 7 && strncasecmp(url, "http://", 7) != 0)
        return false;
    return strcspn(url + scheme, "/?#:") > 0 && strpbrk(url, "?#") == NULL;
}

static void check_base_url(const struct reader *reader) {
    const char *url = json_member_text(reader->descriptor->json, "baseUrl");
    if (url != NULL && !is_base_url(url))
        problem_add(reader->problems, PROBLEM_ERROR, "/baseUrl", "format",
                    "%s is not a valid base URL: expected http or https and a host, without query "
                    "and fragment",
                    problem_quote(reader->arena, url));
}

/* An app that signs must be able to receive its secret (the default type is jwt). */
static void check_authentication(const struct reader *reader) {
    struct json_object *json = reader->descriptor->json;
    struct json_object *type = json_member(json_member(json, "authentication"), "type");
    const char *name =
        json_object_is_type(type, json_type_string) ? json_object_get_string(type) : "jwt";
    if (type != NULL && !json_object_is_type(type, json_type_string))
        problem_add(reader->problems, PROBLEM_ERROR, "/authentication/type", "type",
                    "expected a string");
    else if (strcasecmp(name, "jwt") != 0 && strcasecmp(name, "none") != 0)
        problem_add(reader->problems, PROBLEM_ERROR, "/authentication/type", "enum",
                    "%s is neither jwt nor none", problem_quote(reader->arena, name));
    else if (strcasecmp(name, "jwt") == 0 &&
             json_member(json_member(json, "lifecycle"), "installed") == NULL)
        problem_add(reader->problems, PROBLEM_ERROR, "/lifecycle", "required",
                    "the property \"installed\" is missing; without it an app with the "
                    "authentication type jwt cannot receive its shared secret");
}

static void check_scopes(const struct reader *reader) {
    struct json_object *scopes = reader->descriptor->scopes;
    for (size_t i = 0; scopes != NULL && i < json_object_array_length(scopes); i++) {
        struct json_object *scope = json_object_array_get_idx(scopes, i);
        if (json_object_is_type(scope, json_type_string) &&
            !scope_is_known(json_object_get_string(scope)))
            problem_add(reader->problems, PROBLEM_ERROR,
                        problem_pointer_index(reader->arena, "/scopes", i), "enum",
                        "%s is an unknown scope",
                        problem_quote(reader->arena, json_object_get_string(scope)));
    }
}

/* Keys are unique within the app, whatever their types. */
static void check_duplicates(const struct reader *reader) {
    const struct module_list *list = &reader->descriptor->modules;
    struct json_object *seen = json_keep(reader->arena, json_object_new_object());
    for (size_t i = 0; i < list->count; i++) {
        const struct module *module = &list->items[i];
        struct json_object *first;
        if (module->key == NULL || !module_key_is_valid(module->key))
            continue;
        if (json_object_object_get_ex(seen, module->key, &first))
            problem_add(reader->problems, PROBLEM_ERROR,
                        problem_pointer(reader->arena, module->pointer, "key"), "duplicateKey",
                        "the key %s is also used by %s", problem_quote(reader->arena, module->key),
                        json_object_get_string(first));
        else
            json_object_object_add(seen, module->key, json_object_new_string(module->pointer));
    }
}

/* The rules that apply to any module, and that of unique keys. */
static bool check_modules(const struct reader *reader, const struct module_types *types,
                          struct fault *fault) {
    const struct descriptor *descriptor = reader->descriptor;
    struct app app = {.key = descriptor->key};
    app.scopes.list = json_strings(reader->arena, descriptor->scopes, &app.scopes.count);
    const struct module_surroundings surroundings = {.list = &descriptor->modules, .app = &app};
    if (!module_check(types, &descriptor->modules, false, reader->problems, fault))
        return false;
    module_rules_check(&surroundings, reader->problems);
    check_duplicates(reader);
    return true;
}

bool descriptor_read(struct arena *arena, const struct module_types *types,
                     struct json_object *sent, struct descriptor *descriptor,
                     struct problem_list *problems, struct fault *fault) {
    const struct reader reader = {arena, descriptor, problems};
    *descriptor = (struct descriptor){.json = sent, .key = json_member_text(sent, "key")};
    if (!json_object_is_type(sent, json_type_object)) {
        problem_add(problems, PROBLEM_ERROR, "", "type", "a descriptor must be an object");
        return true;
    }
    struct json_object *scopes = json_member(sent, "scopes");
    if (json_object_is_type(scopes, json_type_array))
        descriptor->scopes = scopes;
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        check_member(&reader, &members[i]);
    check_unknown_members(&reader);
    check_key(&reader);
    check_base_url(&reader);
    check_authentication(&reader);
    check_scopes(&reader);
    struct json_object *modules = json_member(sent, "modules");
    if (json_object_is_type(modules, json_type_object))
        module_list_read_map(arena, types, modules, "/modules", &descriptor->modules, problems);
    if (!check_modules(&reader, types, fault))
        return false;
    problem_list_sort(problems);
    return true;
}

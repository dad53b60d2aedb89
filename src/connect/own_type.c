/* A module type of the operator's own, as a file describes it. */
#include "connect/own_type.h"

#include <string.h>

#include "connect/problem.h"
#include "json/json.h"
#include "schema/schema.h"

/* The values that the columns of dynmod.module_type accept. */
static const char form_json[] =
    "{\"type\": \"object\", \"required\": [\"name\"], \"additionalProperties\": false,"
    " \"properties\": {"
    " \"name\": {\"type\": \"string\", \"pattern\": \"^[a-zA-Z][a-zA-Z0-9_-]{0,99}$\"},"
    " \"title\": {\"type\": [\"string\", \"null\"]},"
    " \"container\": {\"enum\": [\"list\", \"single\", null]},"
    " \"dynamic\": {\"type\": \"boolean\"},"
    " \"requiredScope\": {\"type\": [\"string\", \"null\"], \"pattern\": \"^[A-Za-z_]+$\"},"
    " \"deprecated\": {\"type\": \"boolean\"},"
    " \"schema\": {\"type\": [\"object\", \"boolean\", \"null\"]}}}";

static bool check_form(struct json_object *type, const char *pointer, struct fault *fault) {
    struct arena *arena = arena_new();
    struct json_object *json;
    struct schema *form = NULL;
    struct schema_violations violations = {0};
    bool ok = json_parse_stored(arena, form_json, &json, fault) &&
              schema_compile(json, NULL, 0, &form, fault) &&
              schema_validate(form, type, arena, 1, &violations);
    if (violations.count > 0) {
        const char *place = arena_format(arena, "%s%s", pointer, violations.list[0].pointer);
        fault_set(fault, FAULT_INPUT, "invalid module type: %s%s%s", place,
                  place[0] == '\0' ? "" : ": ", violations.list[0].text);
    }
    schema_free(form);
    arena_free(arena);
    return ok;
}

static bool check_schema(const struct module_types *types, struct json_object *type,
                         const char *pointer, struct fault *fault) {
    struct json_object *schema = json_member(type, "schema");
    return schema == NULL || module_types_check_schema(types, schema, fault) ||
           fault_set(fault, FAULT_INPUT, "invalid module type: %s/schema: the schema is broken: %s",
                     pointer, fault->text);
}

bool own_type_check(const struct module_types *types, struct json_object *type, const char *pointer,
                    struct fault *fault) {
    return check_form(type, pointer, fault) && check_schema(types, type, pointer, fault);
}

/* Fills in the same defaults as the database. */
static void fill_in(struct json_object *type) {
    if (json_member(type, "container") == NULL)
        json_object_object_add(type, "container", json_object_new_string("list"));
    if (json_member(type, "schema") == NULL)
        json_object_object_add(type, "schema", json_object_new_boolean(true));
}

/* Puts the type where the one of its name is in the array, or after the last. */
static void put(struct json_object *types, struct json_object *type) {
    size_t count = json_object_array_length(types);
    size_t at = 0;
    const char *name = json_member_text(type, "name");
    while (at < count &&
           strcmp(json_member_text(json_object_array_get_idx(types, at), "name"), name) != 0)
        at++;
    json_object_array_put_idx(types, at, json_object_get(type));
}

bool own_types_add(struct arena *arena, const char *json, struct json_object *own,
                   struct module_types **types, struct fault *fault) {
    bool several = json_object_is_type(own, json_type_array);
    size_t count = several ? json_object_array_length(own) : 1;
    struct module_types *known;
    struct json_object *root;
    if (!module_types_read_into(arena, json, &known, fault) ||
        !json_parse_stored(arena, json, &root, fault))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct json_object *type = several ? json_object_array_get_idx(own, i) : own;
        const char *pointer = several ? problem_pointer_index(arena, "", i) : "";
        if (!own_type_check(known, type, pointer, fault))
            return false;
        fill_in(type);
        put(json_member(root, "types"), type);
    }
    return module_types_read_into(arena, json_text(root), types, fault);
}

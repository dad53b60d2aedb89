/* The module types that an export needs, and those that are here. */
#include "host/import_types.h"

#include "connect/own_type.h"
#include "json/json.h"
#include "store/store_module_type.h"

/* What makes two types of one name different to modules. */
static const char *const compared[] = {"container", "dynamic", "requiredScope", "deprecated",
                                       "schema"};

static bool is_same(struct json_object *one, struct json_object *other) {
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++)
        if (json_object_equal(json_member(one, compared[i]), json_member(other, compared[i])) != 1)
            return false;
    return true;
}

static const char *name_of(struct json_object *list, size_t index) {
    return json_member_text(json_object_array_get_idx(list, index), "name");
}

/* Adds to `missing` the types that are not here. */
static void check_own(const struct import *import, const struct module_types *here,
                      struct json_object *own, long line, struct json_object *missing) {
    for (size_t i = 0; i < json_object_array_length(own); i++, line++) {
        struct json_object *type = json_object_array_get_idx(own, i);
        struct fault fault;
        if (!own_type_check(here, type, "", &fault)) {
            import_problem(import, line, "", "type", "%s", fault.text);
            continue;
        }
        const struct module_type *present = module_types_find(here, name_of(own, i));
        if (present == NULL)
            json_object_array_add(missing, json_object_get(type));
        else if (!is_same(present->json, type))
            import_problem(import, line, "", "type", "there is another module type %s here",
                           present->name);
    }
}

/* Whether the operator of this host has denied the type. */
static bool is_denied(const struct import *import, const char *name, bool *denied,
                      struct fault *fault) {
    struct json_object *type, *override = NULL;
    if (!store_show_type(import->host->database, import->host->arena, name, &type, fault))
        return false;
    json_object_object_get_ex(type, "override", &override);
    *denied = override != NULL && !json_object_get_boolean(override);
    return true;
}

/* Adds to `changed` the types that are to be allowed. */
static bool check_allowed(const struct import *import, const struct module_types *here,
                          struct json_object *allowed, long line, struct json_object *changed,
                          struct fault *fault) {
    for (size_t i = 0; i < json_object_array_length(allowed); i++, line++) {
        const char *name = name_of(allowed, i);
        const struct module_type *present = module_types_find(here, name);
        bool denied = false;
        if (present != NULL && !present->dynamic && !is_denied(import, name, &denied, fault))
            return false;
        if (present == NULL)
            import_problem(import, line, "/name", "type", "the module type %s is unknown here",
                           problem_quote(import->host->arena, name));
        else if (denied)
            import_problem(import, line, "/name", "type",
                           "modules of type %s are denied here; dynmodctl type allow allows them",
                           name);
        if (present == NULL || denied || present->dynamic)
            continue;
        struct json_object *type = NULL;
        json_object_deep_copy(present->json, &type, NULL);
        json_object_object_add(type, "dynamic", json_object_new_boolean(true));
        json_object_array_add(changed, type);
    }
    return true;
}

bool import_types_check(struct import *import, struct json_object *own, long own_line,
                        struct json_object *allowed, long allowed_line, struct fault *fault) {
    struct arena *arena = import->host->arena;
    struct json_object *added = json_keep(arena, json_object_new_array());
    struct module_types *here;
    const char *text;
    if (!store_types_document(import->host->database, arena, &text, fault) ||
        !module_types_read_into(arena, text, &here, fault))
        return false;
    check_own(import, here, own, own_line, added);
    return check_allowed(import, here, allowed, allowed_line, added, fault) &&
           own_types_add(arena, text, added, &import->types, fault);
}

/* As it may be since the check, or an earlier import, types that are here stay as they are. */
bool import_types_store(const struct import *import, struct json_object *own,
                        struct json_object *allowed, struct fault *fault) {
    const struct host *host = import->host;
    struct module_types *here;
    const char *text, *done;
    if (!store_types_document(host->database, host->arena, &text, fault) ||
        !module_types_read_into(host->arena, text, &here, fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(own); i++)
        if (module_types_find(here, name_of(own, i)) == NULL &&
            !store_add_type(host->database, host->arena,
                            json_text(json_object_array_get_idx(own, i)), &done, fault))
            return false;
    for (size_t i = 0; i < json_object_array_length(allowed); i++) {
        const struct module_type *type = module_types_find(here, name_of(allowed, i));
        if (type != NULL && !type->dynamic &&
            !store_allow_type(host->database, type->name, true, fault))
            return false;
    }
    return true;
}

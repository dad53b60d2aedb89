/* dynmodctl type: the module types. */
#include "connect/own_type.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/stored_types.h"
#include "json/json.h"
#include "store/store_module_type.h"

static const struct output_column list_columns[] = {
    {"NAME", "name"},           {"CONTAINER", "container"},
    {"DYNAMIC", "dynamic"},     {"DECIDED", "override"},
    {"SCOPE", "requiredScope"}, {"ORIGIN", "origin"},
    {"MODULES", "modules"},     {NULL, NULL},
};

static const struct output_column fields[] = {
    {"name", "name"},
    {"title", "title"},
    {"container", "container"},
    {"dynamic", "dynamic"},
    {"decided by the operator", "override"},
    {"required scope", "requiredScope"},
    {"deprecated", "deprecated"},
    {"origin", "origin"},
    {"modules", "modules"},
    {"schema", "schema"},
    {NULL, NULL},
};

bool run_type_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *types;
    if (!store_list_types(invocation->database, invocation->arena, &types, fault))
        return false;
    output_list(invocation, types, list_columns);
    return true;
}

bool run_type_show(struct invocation *invocation, struct fault *fault) {
    struct json_object *type;
    if (!store_show_type(invocation->database, invocation->arena, invocation->arguments[0], &type,
                         fault))
        return false;
    output_object(invocation, type, fields);
    return true;
}

static bool decide(struct invocation *invocation, bool allowed, struct fault *fault) {
    const char *name = invocation->arguments[0];
    if (!store_allow_type(invocation->database, name, allowed, fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "name", json_object_new_string(name));
    json_object_object_add(answer, "dynamic", json_object_new_boolean(allowed));
    output_done(invocation, answer, "apps may %s modules of type %s",
                allowed ? "register" : "not register", name);
    return true;
}

bool run_type_allow(struct invocation *invocation, struct fault *fault) {
    return decide(invocation, true, fault);
}

bool run_type_deny(struct invocation *invocation, struct fault *fault) {
    return decide(invocation, false, fault);
}

/* A broken schema would make every registration of the type fail, so it is not stored. */
static bool check_type(struct invocation *invocation, struct json_object *type,
                       struct fault *fault) {
    struct module_types *types;
    return stored_types_read(invocation->database, invocation->arena, &types, fault) &&
           (own_type_check(types, type, "", fault) ||
            invocation_blame(invocation->arguments[0], fault->text, fault));
}

bool run_type_add(struct invocation *invocation, struct fault *fault) {
    struct json_object *type;
    const char *done;
    if (!invocation_read_json(invocation, invocation->arguments[0], &type, fault) ||
        !check_type(invocation, type, fault) ||
        !store_add_type(invocation->database, invocation->arena, json_text(type), &done, fault))
        return false;
    const char *name = json_member_text(type, "name");
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "name", json_object_new_string(name));
    json_object_object_add(answer, "done", json_object_new_string(done));
    output_done(invocation, answer, "the module type %s was %s", name, done);
    return true;
}

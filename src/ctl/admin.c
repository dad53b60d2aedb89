/* dynmodctl admin: who may install apps over HTTP. */
#include <string.h>

#include "base/limits.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/secret.h"
#include "host/password.h"
#include "json/json.h"
#include "store/store_administrator.h"

static const struct output_column list_columns[] = {
    {"NAME", "name"},
    {"LOOPBACK ONLY", "loopbackOnly"},
    {"CHANGED", "changedAt"},
    {NULL, NULL},
};

static const struct output_column fields[] = {
    {"name", "name"},
    {"password", "password"},
    {"loopback only", "loopbackOnly"},
    {"done", "action"},
    {NULL, NULL},
};

/* What only the machine itself can use need not be hard to guess. */
static bool check_password(const char *password, bool loopback_only, struct fault *fault) {
    return loopback_only || strlen(password) >= LIMIT_PASSWORD_MINIMUM ||
           fault_set(fault, FAULT_INPUT, "a password has at least %d bytes",
                     LIMIT_PASSWORD_MINIMUM);
}

/* The password that the operator gives, or a random one; *random says which. */
static bool read_password(struct invocation *invocation, const char **password, bool *random,
                          struct fault *fault) {
    const char *path = invocation->values[OPTION_PASSWORD_FILE];
    *random = path == NULL;
    if (path == NULL)
        return password_random(invocation->arena, password, fault);
    return secret_read_file(invocation, OPTION_PASSWORD_FILE, password, fault) &&
           check_password(*password, invocation_has(invocation, OPTION_LOOPBACK_ONLY), fault);
}

bool run_admin_add(struct invocation *invocation, struct fault *fault) {
    const char *name = invocation->arguments[0];
    bool loopback_only = invocation_has(invocation, OPTION_LOOPBACK_ONLY);
    const char *password, *hash;
    bool added, random;
    if (!read_password(invocation, &password, &random, fault) ||
        !password_hash(invocation->arena, password, &hash, fault) ||
        !store_set_administrator(invocation->database, name, hash, loopback_only, &added, fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, "name", name);
    if (random)
        json_set_text(answer, "password", password);
    json_object_object_add(answer, "loopbackOnly", json_object_new_boolean(loopback_only));
    json_set_text(answer, "action", added ? "added" : "changed");
    output_object(invocation, answer, fields);
    return true;
}

bool run_admin_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *administrators;
    if (!store_list_administrators(invocation->database, invocation->arena, &administrators, fault))
        return false;
    output_list(invocation, administrators, list_columns);
    return true;
}

bool run_admin_remove(struct invocation *invocation, struct fault *fault) {
    const char *name = invocation->arguments[0];
    if (!store_remove_administrator(invocation->database, invocation->arena, name, fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, "name", name);
    output_done(invocation, answer, "%s is no longer an administrator", name);
    return true;
}

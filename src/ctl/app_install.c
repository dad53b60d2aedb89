/* dynmodctl app install: installs an app from its descriptor. */
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/secret.h"
#include "host/installation.h"
#include "json/json.h"

/* The secret comes first so that it can be left out. */
static const struct output_column fields[] = {
    {"shared secret", "sharedSecret"},
    {"key", "key"},
    {"site", "site"},
    {"client key", "clientKey"},
    {"base URL of the site", "baseUrl"},
    {"state", "state"},
    {"done", "action"},
    {NULL, NULL},
};

/* Warns of what the operator may not expect. */
static void warn(const struct installation *installed) {
    if (installed->secret_kept)
        invocation_warn(
            "an upgrade keeps the shared secret; change it with dynmodctl app rotate-secret");
    for (size_t i = 0; i < installed->dropped_count; i++)
        invocation_warn("the descriptor clashes with dynamic modules, so %s of type %s was removed",
                        installed->dropped[i].key, installed->dropped[i].type);
}

static void add(struct json_object *object, const char *member, const char *text) {
    json_object_object_add(object, member, json_object_new_string(text));
}

static struct json_object *answer(struct arena *arena, const struct installation *installed) {
    struct json_object *object = json_keep(arena, json_object_new_object());
    struct json_object *dropped = json_object_new_array();
    add(object, "key", installed->key);
    add(object, "clientKey", installed->client_key);
    add(object, "sharedSecret", installed->shared_secret);
    add(object, "state", installed->state);
    add(object, "site", installed->site);
    add(object, "baseUrl", installed->base_url);
    add(object, "action", installation_action_name(installed->action));
    json_object_object_add(object, "dropped", dropped);
    for (size_t i = 0; i < installed->dropped_count; i++) {
        struct json_object *module = json_object_new_object();
        add(module, "type", installed->dropped[i].type);
        add(module, "key", installed->dropped[i].key);
        json_object_array_add(dropped, module);
    }
    return object;
}

bool run_app_install(struct invocation *invocation, struct fault *fault) {
    struct problem_list *problems = problem_list_new(invocation->arena);
    struct installation installed;
    struct json_object *descriptor;
    const char *secret;
    if (!secret_read(invocation, &secret, fault) ||
        !invocation_read_json(invocation, invocation->arguments[0], &descriptor, fault))
        return false;
    bool done =
        installation_install(invocation->database, invocation->arena, invocation_site(invocation),
                             descriptor, secret, problems, &installed, fault);
    output_problems(problems, stderr);
    if (!done)
        return false;
    warn(&installed);
    /* the secret of an upgraded app was shown when it was installed */
    bool upgraded = installed.action == INSTALLATION_UPGRADED;
    output_object(invocation, answer(invocation->arena, &installed),
                  upgraded ? fields + 1 : fields);
    return true;
}

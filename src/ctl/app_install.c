/* dynmodctl app install: installs an app from its descriptor. */
#include <string.h>
#include <strings.h>

#include "ctl/callbacks.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/secret.h"
#include "host/installation.h"
#include "host/task.h"
#include "json/json.h"

/* The secret comes first so that it can be left out. */
static const struct output_column fields[] = {
    {"shared secret", "sharedSecret"},
    {"key", "key"},
    {"site", "site"},
    {"client key", "clientKey"},
    {"base URL of the site", "siteBaseUrl"},
    {"base URL", "baseUrl"},
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

static struct json_object *answer(struct arena *arena, const struct installation *installed) {
    struct json_object *object = json_keep(arena, json_object_new_object());
    struct json_object *dropped = json_object_new_array();
    json_set_text(object, "key", installed->key);
    json_set_text(object, "clientKey", installed->client_key);
    json_set_text(object, "sharedSecret", installed->shared_secret);
    json_set_text(object, "state", installed->state);
    json_set_text(object, "site", installed->site);
    json_set_text(object, "siteBaseUrl", installed->site_base_url);
    json_set_text(object, "baseUrl", installed->base_url);
    json_set_text(object, "action", installation_action_name(installed->action));
    json_object_object_add(object, "dropped", dropped);
    for (size_t i = 0; i < installed->dropped_count; i++) {
        struct json_object *module = json_object_new_object();
        json_set_text(module, "type", installed->dropped[i].type);
        json_set_text(module, "key", installed->dropped[i].key);
        json_object_array_add(dropped, module);
    }
    return object;
}

static bool is_url(const char *argument) {
    return strncasecmp(argument, "http://", 7) == 0 || strncasecmp(argument, "https://", 8) == 0;
}

/* Installs with a call to the app; `descriptor` is NULL when it is to be downloaded from `url`. */
static bool install_and_call(struct invocation *invocation, const char *url,
                             struct json_object *descriptor, const char *secret,
                             struct problem_list *problems, struct installation *installed,
                             struct fault *fault) {
    const struct host host = invocation_host(invocation);
    struct task task = {.host = &host, .report = invocation_tell};
    if (!task_create(&host, url, NULL, &task.id, fault))
        return false;
    return url != NULL ? task_install_from_url(&task, secret, problems, installed, fault)
                       : task_install(&task, descriptor, secret, problems, installed, fault);
}

static bool install(struct invocation *invocation, const char *secret,
                    struct problem_list *problems, struct installation *installed,
                    struct fault *fault) {
    const char *argument = invocation->arguments[0];
    const struct host host = invocation_host(invocation);
    struct json_object *descriptor = NULL;
    if (!is_url(argument) && !invocation_read_json(invocation, argument, &descriptor, fault))
        return false;
    if (descriptor != NULL && !invocation_has(invocation, OPTION_CALLBACK))
        return installation_install(&host, descriptor, secret, problems, installed, fault);
    return install_and_call(invocation, descriptor == NULL ? argument : NULL, descriptor, secret,
                            problems, installed, fault) &&
           callbacks_call_app(invocation, installed->key, fault);
}

bool run_app_install(struct invocation *invocation, struct fault *fault) {
    struct problem_list *problems = problem_list_new(invocation->arena);
    struct installation installed;
    const char *secret;
    if (!secret_read(invocation, &secret, fault))
        return false;
    bool done = install(invocation, secret, problems, &installed, fault);
    output_problems(problems, stderr);
    invocation->problems = done ? NULL : problems;
    if (!done)
        return false;
    warn(&installed);
    /* the secret of an upgraded app was shown when it was installed */
    bool upgraded = installed.action == INSTALLATION_UPGRADED;
    output_object(invocation, answer(invocation->arena, &installed),
                  upgraded ? fields + 1 : fields);
    return true;
}

/* The installation of an app on a site, and the secret that it shares with the host. */
#include "host/installation.h"

#include <string.h>

#include "connect/descriptor.h"
#include "connect/module_urls.h"
#include "host/app_secret.h"
#include "host/stored_types.h"
#include "json/json.h"
#include "store/store_app.h"

static const char *const action_names[INSTALLATION_ACTIONS] = {
    [INSTALLATION_INSTALLED] = "installed",
    [INSTALLATION_UPGRADED] = "upgraded",
    [INSTALLATION_REINSTALLED] = "reinstalled",
};

const char *installation_action_name(enum installation_action action) {
    return action_names[action];
}

bool installation_check(const struct host *host, struct json_object *descriptor,
                        struct problem_list *problems, struct fault *fault) {
    struct module_types *types;
    struct descriptor read;
    if (host->config->strict_urls)
        problem_list_treat_as_error(problems, MODULE_URLS_RULE);
    if (!stored_types_read(host->database, host->arena, &types, fault) ||
        !descriptor_read(host->arena, types, descriptor, &read, problems, fault))
        return false;
    return problems->errors == 0 ||
           fault_set(fault, FAULT_INPUT, "the descriptor has %zu error%s; nothing was installed",
                     problems->errors, problems->errors == 1 ? "" : "s");
}

static bool read_action(struct json_object *answer, enum installation_action *action,
                        struct fault *fault) {
    const char *name = json_member_text(answer, "action");
    for (*action = 0; name != NULL && *action < INSTALLATION_ACTIONS; (*action)++)
        if (strcmp(action_names[*action], name) == 0)
            return true;
    return fault_set(fault, FAULT_INTERNAL, "the database does not say what it did with the app");
}

static void read_dropped(struct arena *arena, struct json_object *list,
                         struct installation *installed) {
    size_t count = json_object_array_length(list);
    struct installation_module *dropped = arena_alloc(arena, count * sizeof *dropped);
    for (size_t i = 0; i < count; i++) {
        struct json_object *module = json_object_array_get_idx(list, i);
        dropped[i].type = json_member_text(module, "type");
        dropped[i].key = json_member_text(module, "key");
    }
    installed->dropped = dropped;
    installed->dropped_count = count;
}

bool installation_read(const struct host *host, struct json_object *descriptor,
                       struct json_object *answer, const char *secret,
                       struct installation *installed, struct fault *fault) {
    *installed = (struct installation){
        .key = json_member_text(answer, "key"),
        .client_key = json_member_text(answer, "clientKey"),
        .state = json_member_text(answer, "state"),
        .site = json_member_text(answer, "site"),
        .site_base_url = json_member_text(answer, "baseUrl"),
        .base_url = json_member_text(descriptor, "baseUrl"),
    };
    if (!app_secret_open(host, installed->key, json_member_text(answer, "sharedSecret"),
                         &installed->shared_secret, fault))
        return false;
    installed->secret_kept = secret != NULL && strcmp(installed->shared_secret, secret) != 0;
    read_dropped(host->arena, json_member(answer, "dropped"), installed);
    return read_action(answer, &installed->action, fault);
}

bool installation_install(const struct host *host, struct json_object *descriptor,
                          const char *secret, struct problem_list *problems,
                          struct installation *installed, struct fault *fault) {
    struct json_object *answer;
    const char *kept;
    return installation_check(host, descriptor, problems, fault) &&
           app_secret_seal(host, json_member_text(descriptor, "key"), secret, &kept, fault) &&
           store_install_app(host->database, host->arena, host->site, json_text(descriptor), kept,
                             &answer, fault) &&
           installation_read(host, descriptor, answer, secret, installed, fault);
}

bool installation_rotate_secret(const struct host *host, const char *app_key, const char *secret,
                                long keep_seconds, const char **present, struct fault *fault) {
    const char *kept;
    return app_secret_seal(host, app_key, secret, &kept, fault) &&
           store_rotate_secret(host->database, host->arena, host->site, app_key, kept, keep_seconds,
                               &kept, fault) &&
           app_secret_open(host, app_key, kept, present, fault);
}

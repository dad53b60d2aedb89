/* dynmodctl app: the apps of a site and their states. */
#include <stdlib.h>
#include <string.h>

#include "ctl/callbacks.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/secret.h"
#include "host/app_secret.h"
#include "host/installation.h"
#include "host/task.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_find.h"

static const struct output_column list_columns[] = {
    {"KEY", "key"},
    {"NAME", "name"},
    {"STATE", "state"},
    {"DESCRIPTOR", "descriptorModules"},
    {"DYNAMIC", "dynamicModules"},
    {"BASE URL", "baseUrl"},
    {NULL, NULL},
};

static const struct output_column fields[] = {
    {"key", "key"},
    {"name", "name"},
    {"site", "site"},
    {"base URL of the site", "siteBaseUrl"},
    {"client key", "clientKey"},
    {"shared secret", "sharedSecret"},
    {"base URL", "baseUrl"},
    {"state", "state"},
    {"scopes", "scopes"},
    {"descriptor modules", "descriptorModules"},
    {"dynamic modules", "dynamicModules"},
    {"module limit", "moduleLimit"},
    {"dynamic bytes", "dynamicBytes"},
    {"byte limit", "byteLimit"},
    {"history bytes", "historyBytes"},
    {"installed", "installedAt"},
    {"changed", "changedAt"},
    {"modules changed", "modulesChangedAt"},
    {NULL, NULL},
};

bool run_app_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *apps;
    if (!store_list_apps(invocation->database, invocation->arena, invocation_site(invocation),
                         &apps, fault))
        return false;
    output_list(invocation, apps, list_columns);
    return true;
}

static bool add_secret(struct invocation *invocation, struct json_object *shown,
                       struct fault *fault) {
    const struct host host = invocation_host(invocation);
    const char *secret;
    struct app app;
    if (!store_find_app(host.database, host.arena, host.site, invocation->arguments[0], &app,
                        fault) ||
        !app_secret_open(&host, app.key, app.shared_secret, &secret, fault))
        return false;
    json_set_text(shown, "sharedSecret", secret);
    return true;
}

bool run_app_show(struct invocation *invocation, struct fault *fault) {
    struct json_object *app;
    if (!store_show_app(invocation->database, invocation->arena, invocation_site(invocation),
                        invocation->arguments[0], &app, fault) ||
        (invocation_has(invocation, OPTION_SHOW_SECRET) && !add_secret(invocation, app, fault)))
        return false;
    output_object(invocation, app, fields);
    return true;
}

/* The answer to a change of one app: its key, its site and one more member. */
static struct json_object *changed_app(struct invocation *invocation, const char *member,
                                       const char *value) {
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, "key", invocation->arguments[0]);
    json_set_text(answer, "site", invocation_site(invocation));
    json_set_text(answer, member, value);
    return answer;
}

static bool set_state(struct invocation *invocation, const char *state, struct fault *fault) {
    const char *key = invocation->arguments[0];
    const char *site = invocation_site(invocation);
    bool call = !invocation_has(invocation, OPTION_QUIET_APP);
    if (!store_set_app_state(invocation->database, site, key, state, call, NULL, fault) ||
        (call && !callbacks_call_app(invocation, key, fault)))
        return false;
    output_done(invocation, changed_app(invocation, "state", state), "%s is now %s on the site %s",
                key, state, site);
    return true;
}

bool run_app_enable(struct invocation *invocation, struct fault *fault) {
    return set_state(invocation, "enabled", fault);
}

bool run_app_disable(struct invocation *invocation, struct fault *fault) {
    return set_state(invocation, "disabled", fault);
}

bool run_app_uninstall(struct invocation *invocation, struct fault *fault) {
    return set_state(invocation, "uninstalled", fault);
}

/* With the call that tells the app of it. */
static bool rotate_secret(struct invocation *invocation, const char *secret, long keep_seconds,
                          const char **present, struct fault *fault) {
    const struct host host = invocation_host(invocation);
    struct task task = {.host = &host, .keep_seconds = keep_seconds, .report = invocation_tell};
    return task_create(&host, NULL, NULL, &task.id, fault) &&
           task_rotate_secret(&task, invocation->arguments[0], secret, present, fault);
}

bool run_app_rotate_secret(struct invocation *invocation, struct fault *fault) {
    const struct host host = invocation_host(invocation);
    const char *secret, *seconds = invocation->values[OPTION_OVERLAP];
    long keep_seconds = seconds == NULL ? 0 : strtol(seconds, NULL, 10);
    if (!secret_read(invocation, &secret, fault))
        return false;
    if (invocation_has(invocation, OPTION_QUIET_APP)
            ? !installation_rotate_secret(&host, invocation->arguments[0], secret, keep_seconds,
                                          &secret, fault)
            : !rotate_secret(invocation, secret, keep_seconds, &secret, fault))
        return false;
    output_object(invocation, changed_app(invocation, "sharedSecret", secret), fields);
    return true;
}

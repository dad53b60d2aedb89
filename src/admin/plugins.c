/* Apps as the Universal Plugin Manager (UPM) shows them to tools that install them. */
#include "admin/plugins.h"

#include <string.h>

#include "admin/work.h"
#include "base/limits.h"
#include "host/admin_access.h"
#include "host/service.h"
#include "host/task.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_task.h"

/* The types that tools compare, some of them with the charset. */
#define PLUGIN_TYPE "application/vnd.atl.plugins."
#define CHARSET ";charset=UTF-8"
#define INSTALLED_TYPE PLUGIN_TYPE "installed+json"
#define ONE_PLUGIN_TYPE PLUGIN_TYPE "plugin+json"
#define DOWNLOADING_TYPE PLUGIN_TYPE "install.downloading+json"
#define INSTALLING_TYPE PLUGIN_TYPE "install.installing+json"
#define FAILED_TYPE PLUGIN_TYPE "task.install.err+json"
#define FAILED_CODE "upm.pluginInstall.error.response.exception"

#define PLUGINS_PATH "/rest/plugins/1.0/"

enum { PING_AFTER = 100 }; /* milliseconds after which tools ask again */

static void add_truth(struct json_object *object, const char *name, bool truth) {
    json_object_object_add(object, name, json_object_new_boolean(truth));
}

static struct json_object *new_object(struct exchange *exchange) {
    return json_keep(exchange->request->arena, json_object_new_object());
}

static void answer(struct exchange *exchange, int status, const char *type,
                   struct json_object *body) {
    exchange->response->status = status;
    response_body(exchange->response, type, json_text(body));
    response_header(exchange->response, "Cache-Control", "no-store");
}

/* Like exchange_fail(), but says that it is somebody else who is in the way. */
static void fail(struct exchange *exchange, const struct fault *fault) {
    if (fault->kind == FAULT_CONFLICT)
        response_error(exchange->response, 409, fault->text);
    else
        exchange_fail(exchange, fault);
}

/* Settings and list ---------------------------------------------------------------------------- */

void plugins_settings(struct exchange *exchange, const void *caller) {
    (void)caller;
    struct json_object *body = new_object(exchange), *settings = json_object_new_array();
    struct json_object *development = json_object_new_object();
    json_set_text(development, "key", "connectDeveloperListingsEnabled");
    add_truth(development, "value", true);
    add_truth(development, "readOnly", true);
    json_object_array_add(settings, development);
    json_object_object_add(body, "settings", settings);
    answer(exchange, 200, RESPONSE_JSON, body);
}

static const char *plugin_path(const struct exchange *exchange, const char *app_key) {
    return arena_format(exchange->request->arena, "%s" PLUGINS_PATH "%s-key",
                        exchange->context_path, app_key);
}

static void add_vendor(struct json_object *plugin, struct json_object *vendor) {
    struct json_object *shown = json_object_new_object();
    json_set_text(shown, "name", json_member_text(vendor, "name"));
    json_set_text(shown, "link", json_member_text(vendor, "url"));
    json_object_object_add(plugin, "vendor", shown);
}

/* An app, as store_describe_apps() gives it, in the words of UPM. */
static struct json_object *new_plugin(const struct exchange *exchange, struct json_object *app) {
    struct json_object *plugin = json_object_new_object(), *links = json_object_new_object();
    const char *state = json_member_text(app, "state");
    json_set_text(links, "self", plugin_path(exchange, json_member_text(app, "key")));
    json_object_object_add(plugin, "links", links);
    json_set_text(plugin, "key", json_member_text(app, "key"));
    json_set_text(plugin, "name", json_member_text(app, "name"));
    json_set_text(plugin, "version", json_member_text(app, "version"));
    json_set_text(plugin, "description", json_member_text(app, "description"));
    add_vendor(plugin, json_member(app, "vendor"));
    add_truth(plugin, "enabled", strcmp(state, "enabled") == 0);
    add_truth(plugin, "enabledByDefault", true);
    add_truth(plugin, "userInstalled", true);
    add_truth(plugin, "remotable", true);
    add_truth(plugin, "optional", true);
    add_truth(plugin, "static", false);
    add_truth(plugin, "unloadable", true);
    add_truth(plugin, "usesLicensing", false);
    json_object_object_add(plugin, "modules", json_object_new_array());
    add_truth(plugin, "unrecognisedModuleTypes", false);
    return plugin;
}

void plugins_list(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    struct json_object *apps, *body = new_object(exchange), *list = json_object_new_array();
    struct fault fault;
    json_object_object_add(body, "plugins", list);
    json_object_object_add(body, "links", json_object_new_object());
    if (!store_describe_apps(host.database, host.arena, host.site, NULL, &apps, &fault)) {
        fail(exchange, &fault);
        return;
    }
    size_t count = apps == NULL ? 0 : json_object_array_length(apps);
    for (size_t i = 0; i < count; i++)
        json_object_array_add(list, new_plugin(exchange, json_object_array_get_idx(apps, i)));
    response_header(exchange->response, "upm-token", admin_access_token(host.arena, caller));
    answer(exchange, 200, INSTALLED_TYPE CHARSET, body);
}

/* Installation --------------------------------------------------------------------------------- */

/* The id in the path is also the end of the other address of the task. */
static void add_task_links(const struct exchange *exchange, struct json_object *body,
                           const char *id) {
    struct json_object *links = json_object_new_object();
    const char *base =
        arena_format(exchange->request->arena, "%s" PLUGINS_PATH, exchange->context_path);
    json_set_text(links, "self", arena_format(exchange->request->arena, "%spending/%s", base, id));
    json_set_text(links, "alternate",
                  arena_format(exchange->request->arena, "%stasks/%s", base, id));
    json_object_object_add(body, "links", links);
}

static struct json_object *new_task(struct exchange *exchange, const char *id, const char *source,
                                    struct json_object *status) {
    struct json_object *body = new_object(exchange);
    json_set_text(body, "type", "INSTALL");
    json_object_object_add(body, "pingAfter", json_object_new_int(PING_AFTER));
    json_set_text(status, "source", source);
    json_set_text(status, "name", source);
    json_object_object_add(body, "status", status);
    add_task_links(exchange, body, id);
    json_set_text(body, "id", id);
    return body;
}

static struct json_object *new_status(bool done, const char *type) {
    struct json_object *status = json_object_new_object();
    add_truth(status, "done", done);
    json_object_object_add(status, "statusCode", json_object_new_int(200));
    json_set_text(status, "contentType", type);
    return status;
}

static const char *read_plugin_uri(struct exchange *exchange, struct fault *fault) {
    struct json_object *body;
    if (!exchange_parse_body(exchange, &body, fault))
        return NULL;
    const char *uri = json_member_text(body, "pluginUri");
    if (uri == NULL)
        fault_set(fault, FAULT_INPUT,
                  "The body needs a member pluginUri, the URL of a descriptor.");
    else if (strlen(uri) > LIMIT_URL)
        fault_set(fault, FAULT_INPUT, "The URL in pluginUri has at most %d bytes.", LIMIT_URL);
    return uri != NULL && strlen(uri) <= LIMIT_URL ? uri : NULL;
}

static bool check_token(struct exchange *exchange, const struct admin *admin, struct fault *fault) {
    const struct query_parameter *token = query_first(&exchange->query, "token");
    return (token != NULL && admin_access_check_token(admin, token->value)) ||
           fault_set(fault, FAULT_REFUSED,
                     "The parameter token needs the upm-token that GET of this resource sends.");
}

static bool begin(struct exchange *exchange, const struct admin *admin, const char **uri,
                  const char **id, struct fault *fault) {
    const struct host host = service_host(exchange);
    return check_token(exchange, admin, fault) &&
           (*uri = read_plugin_uri(exchange, fault)) != NULL &&
           task_create(&host, *uri, arena_format(host.arena, "administrator %s", admin->name), id,
                       fault);
}

void plugins_install(struct exchange *exchange, const void *caller) {
    const struct admin *admin = caller;
    const char *uri, *id;
    struct fault fault;
    if (!begin(exchange, admin, &uri, &id, &fault)) {
        fail(exchange, &fault);
        return;
    }
    exchange->response->note =
        arena_format(exchange->request->arena, "installs %s, task %s", uri, id);
    exchange->order = work_order(exchange, "install", id);
    response_header(exchange->response, "Location",
                    arena_format(exchange->request->arena, "%s" PLUGINS_PATH "pending/%s",
                                 admin->base_url, id));
    answer(exchange, 202, DOWNLOADING_TYPE CHARSET,
           new_task(exchange, id, uri, new_status(false, DOWNLOADING_TYPE)));
}

static void answer_failed(struct exchange *exchange, struct json_object *task) {
    struct json_object *status = new_status(true, FAILED_TYPE);
    json_set_text(status, "errorMessage", json_member_text(task, "error"));
    json_set_text(status, "subCode", FAILED_CODE);
    /* the type of the response itself says nothing: it is what a tool waits for */
    answer(
        exchange, 200, INSTALLING_TYPE CHARSET,
        new_task(exchange, json_member_text(task, "id"), json_member_text(task, "source"), status));
}

static void answer_working(struct exchange *exchange, struct json_object *task) {
    bool installing = strcmp(json_member_text(task, "stage"), "installing") == 0;
    answer(exchange, 200, INSTALLING_TYPE CHARSET,
           new_task(exchange, json_member_text(task, "id"), json_member_text(task, "source"),
                    new_status(false, installing ? INSTALLING_TYPE : DOWNLOADING_TYPE)));
}

/* The place of the installed app; what its descriptor displaced stands in the body. */
static void answer_done(struct exchange *exchange, const struct admin *admin,
                        struct json_object *task) {
    struct json_object *body = new_object(exchange);
    add_truth(body, "done", true);
    json_object_object_add(body, "dropped", json_object_get(json_member(task, "dropped")));
    response_header(exchange->response, "Location",
                    arena_format(exchange->request->arena, "%s" PLUGINS_PATH "%s-key",
                                 admin->base_url, json_member_text(task, "key")));
    answer(exchange, 303, RESPONSE_JSON, body);
}

void plugins_task(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    struct json_object *task;
    struct fault fault;
    if (!store_find_task(host.database, host.arena, host.site, exchange->parameters[0], &task,
                         &fault)) {
        fail(exchange, &fault);
        return;
    }
    const char *stage = task == NULL ? "" : json_member_text(task, "stage");
    if (task == NULL)
        response_error(exchange->response, 404, "The task does not exist.");
    else if (strcmp(stage, "failed") == 0)
        answer_failed(exchange, task);
    else if (strcmp(stage, "done") == 0)
        answer_done(exchange, caller, task);
    else
        answer_working(exchange, task);
}

/* One app -------------------------------------------------------------------------------------- */

/* Answers with the app in the path as a plugin, or 404. */
static void answer_plugin(struct exchange *exchange) {
    const struct host host = service_host(exchange);
    const char *key = exchange->parameters[0];
    struct json_object *apps;
    struct fault fault;
    if (!store_describe_apps(host.database, host.arena, host.site, key, &apps, &fault)) {
        fail(exchange, &fault);
    } else if (apps == NULL) {
        response_error(exchange->response, 404,
                       arena_format(host.arena, "The app %s does not exist.", key));
    } else {
        struct json_object *plugin = new_plugin(exchange, json_object_array_get_idx(apps, 0));
        answer(exchange, 200, ONE_PLUGIN_TYPE CHARSET, json_keep(host.arena, plugin));
    }
}

void plugins_show(struct exchange *exchange, const void *caller) {
    (void)caller;
    answer_plugin(exchange);
}

/* Makes the app in the path `state` and has it told. */
static bool set_state(struct exchange *exchange, const struct admin *admin, const char *state,
                      struct fault *fault) {
    const struct host host = service_host(exchange);
    const char *key = exchange->parameters[0];
    const char *actor = arena_format(host.arena, "administrator %s", admin->name);
    if (!store_set_app_state(host.database, host.site, key, state, true, actor, fault))
        return false;
    exchange->response->note = arena_format(host.arena, "%s is now %s", key, state);
    exchange->order = work_order(exchange, "call", key);
    return true;
}

void plugins_uninstall(struct exchange *exchange, const void *caller) {
    struct fault fault;
    if (set_state(exchange, caller, "uninstalled", &fault))
        exchange->response->status = 204;
    else
        fail(exchange, &fault);
}

static bool read_enabled(struct exchange *exchange, bool *enabled, struct fault *fault) {
    struct json_object *body;
    if (!exchange_parse_body(exchange, &body, fault))
        return false;
    struct json_object *value = json_member(body, "enabled");
    *enabled = json_object_get_boolean(value);
    return json_object_is_type(value, json_type_boolean) ||
           fault_set(fault, FAULT_INPUT, "The body needs a member enabled, true or false.");
}

void plugins_set_enabled(struct exchange *exchange, const void *caller) {
    struct fault fault;
    bool enabled = false;
    if (read_enabled(exchange, &enabled, &fault) &&
        set_state(exchange, caller, enabled ? "enabled" : "disabled", &fault))
        answer_plugin(exchange);
    else
        fail(exchange, &fault);
}

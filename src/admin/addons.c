/* Apps as they see themselves: what they are on the site, and the properties they keep there. */
#include "admin/addons.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/app.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "host/admin_access.h"
#include "host/app_access.h"
#include "host/service.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_property.h"

#define ADDONS_PATH "/rest/atlassian-connect/1/addons/"

const void *addons_access(struct exchange *exchange) {
    const char *authorization = exchange->request->authorization;
    if (authorization != NULL && strncasecmp(authorization, "Basic ", 6) == 0)
        return admin_access(exchange) == NULL ? NULL : exchange->parameters[0];
    const struct app *app = app_access(exchange);
    return app == NULL ? NULL : app->key;
}

static void refuse_other(struct exchange *exchange) {
    response_error(exchange->response, 403, "An app may look at itself only.");
}

static const char *path_of(const struct exchange *exchange, const char *app_key) {
    return arena_format(exchange->request->arena, "%s" ADDONS_PATH "%s", exchange->context_path,
                        app_key);
}

static void answer_missing(struct exchange *exchange, const char *app_key) {
    struct json_object *body = json_keep(exchange->request->arena, json_object_new_object());
    json_object_object_add(body, "status-code", json_object_new_int(404));
    json_set_text(
        body, "message",
        arena_format(exchange->request->arena, "Add-on with key %s was not found", app_key));
    exchange->response->status = 404;
    response_body(exchange->response, RESPONSE_JSON, json_text(body));
}

static struct json_object *new_addon(struct exchange *exchange, struct json_object *app) {
    struct json_object *body = json_keep(exchange->request->arena, json_object_new_object());
    struct json_object *host = json_object_new_object(), *links = json_object_new_object();
    struct json_object *self = json_object_new_array();
    char *state = arena_text(exchange->request->arena, json_member_text(app, "state"));
    for (char *at = state; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    json_set_text(body, "key", json_member_text(app, "key"));
    json_set_text(body, "version", json_member_text(app, "version"));
    json_set_text(body, "state", state);
    json_set_text(host, "product", "Jira");
    json_object_object_add(host, "contacts", json_object_new_array());
    json_object_object_add(body, "host", host);
    json_object_array_add(self,
                          json_object_new_string(path_of(exchange, json_member_text(app, "key"))));
    json_object_object_add(links, "self", self);
    json_object_object_add(body, "links", links);
    return body;
}

void addons_show(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    const char *key = exchange->parameters[0];
    struct json_object *apps;
    struct fault fault;
    if (strcmp(key, caller) != 0) {
        refuse_other(exchange);
    } else if (!store_describe_apps(host.database, host.arena, host.site, key, &apps, &fault)) {
        exchange_fail(exchange, &fault);
    } else if (apps == NULL) {
        answer_missing(exchange, key);
    } else {
        exchange->response->status = 200;
        response_body(exchange->response, RESPONSE_JSON,
                      json_text(new_addon(exchange, json_object_array_get_idx(apps, 0))));
    }
}

/* Properties ----------------------------------------------------------------------------------- */

enum { APP = 0, PROPERTY = 1 }; /* parameters of the path */

static const char *property_path(const struct exchange *exchange, const char *property) {
    struct buffer path;
    buffer_init(&path, LIMIT_HEAD);
    buffer_add_format(&path, "%s/properties/", path_of(exchange, exchange->parameters[APP]));
    percent_encode(&path, property, strlen(property));
    return buffer_to_arena(&path, exchange->request->arena);
}

/* Whether the calling app is the one in the path; everyone else is answered. */
static bool is_own(struct exchange *exchange, const struct app *app) {
    if (strcmp(exchange->parameters[APP], app->key) == 0)
        return true;
    refuse_other(exchange);
    return false;
}

void addons_list_properties(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    const struct app *app = caller;
    struct json_object *keys;
    struct fault fault;
    if (!is_own(exchange, app))
        return;
    if (!store_list_properties(host.database, host.arena, host.site, app->key, &keys, &fault)) {
        exchange_fail(exchange, &fault);
        return;
    }
    struct json_object *body = json_keep(host.arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    json_object_object_add(body, "keys", list);
    for (size_t i = 0; i < json_object_array_length(keys); i++) {
        const char *key = json_object_get_string(json_object_array_get_idx(keys, i));
        struct json_object *shown = json_object_new_object();
        json_set_text(shown, "self", property_path(exchange, key));
        json_set_text(shown, "key", key);
        json_object_array_add(list, shown);
    }
    exchange->response->status = 200;
    response_body(exchange->response, RESPONSE_JSON, json_text(body));
}

/* Answers with the property, whose value is JSON text. */
static void answer_property(struct exchange *exchange, int status, const char *value) {
    const char *key = exchange->parameters[PROPERTY];
    const char *self = property_path(exchange, key);
    struct buffer body;
    buffer_init(&body, LIMIT_RESPONSE);
    buffer_add_text(&body, "{\"key\":");
    json_add_string(&body, key, strlen(key));
    buffer_add_format(&body, ",\"value\":%s,\"self\":", value);
    json_add_string(&body, self, strlen(self));
    buffer_add_byte(&body, '}');
    exchange->response->status = status;
    response_body(exchange->response, RESPONSE_JSON,
                  buffer_to_arena(&body, exchange->request->arena));
}

void addons_show_property(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    const struct app *app = caller;
    const char *value;
    struct fault fault;
    if (!is_own(exchange, app))
        return;
    if (!store_find_property(host.database, host.arena, host.site, app->key,
                             exchange->parameters[PROPERTY], &value, &fault))
        exchange_fail(exchange, &fault);
    else if (value == NULL)
        response_error(exchange->response, 404, "Property with key not found.");
    else
        answer_property(exchange, 200, value);
}

static bool check_property(struct exchange *exchange, struct fault *fault) {
    const struct request *request = exchange->request;
    const char *key = exchange->parameters[PROPERTY];
    struct json_object *value;
    if (utf8_count(key, strlen(key)) > LIMIT_PROPERTY_KEY)
        return fault_set(fault, FAULT_INPUT, "The key of a property has at most %d characters.",
                         LIMIT_PROPERTY_KEY);
    if (utf8_count(request->body, request->body_length) > LIMIT_PROPERTY_VALUE)
        return fault_set(fault, FAULT_INPUT, "The value of a property has at most %d characters.",
                         LIMIT_PROPERTY_VALUE);
    return json_parse(request->arena, request->body, request->body_length, &value, fault) ||
           fault_set(fault, FAULT_INPUT, "The value cannot be parsed as JSON: %s.", fault->text);
}

void addons_set_property(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    const struct app *app = caller;
    struct fault fault;
    bool created;
    if (!is_own(exchange, app))
        return;
    if (check_property(exchange, &fault) &&
        store_set_property(host.database, host.site, app->key, exchange->parameters[PROPERTY],
                           exchange->request->body, &created, &fault))
        answer_property(exchange, created ? 201 : 200, exchange->request->body);
    else if (strcmp(database_sqlstate(host.database), STORE_TOO_MANY_PROPERTIES) == 0)
        response_error(exchange->response, 409, fault.text);
    else
        app_access_fail(exchange, &fault);
}

void addons_remove_property(struct exchange *exchange, const void *caller) {
    const struct host host = service_host(exchange);
    const struct app *app = caller;
    struct fault fault;
    bool removed;
    if (!is_own(exchange, app))
        return;
    if (!store_remove_property(host.database, host.site, app->key, exchange->parameters[PROPERTY],
                               &removed, &fault))
        exchange_fail(exchange, &fault);
    else if (!removed)
        response_error(exchange->response, 404, "Property with key not found.");
    else
        exchange->response->status = 204;
}

/* dynmodctl site: the tenants. */
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/site_key.h"
#include "host/site_url.h"
#include "json/json.h"
#include "store/store_site.h"

static const struct output_column list_columns[] = {
    {"NAME", "name"},
    {"BASE URL", "siteBaseUrl"},
    {"APPS", "apps"},
    {"MODULE LIMIT", "moduleLimit"},
    {"ON CLASH", "onClash"},
    {"CLIENT KEY", "clientKey"},
    {NULL, NULL},
};

static const struct output_column fields[] = {
    {"name", "name"},
    {"base URL", "siteBaseUrl"},
    {"context path", "contextPath"},
    {"client key", "clientKey"},
    {"module limit", "moduleLimit"},
    {"byte limit", "byteLimit"},
    {"module byte limit", "moduleByteLimit"},
    {"history byte limit", "historyByteLimit"},
    {"on clash", "onClash"},
    {NULL, NULL},
};

static struct store_site read_settings(const struct invocation *invocation) {
    const char *const *values = invocation->values;
    const char *url = values[OPTION_BASE_URL];
    return (struct store_site){
        .base_url = url == NULL ? NULL : site_url_ascii(invocation->arena, url),
        .client_key = values[OPTION_CLIENT_KEY],
        .on_clash = values[OPTION_ON_CLASH],
        .module_limit = values[OPTION_MODULE_LIMIT],
        .byte_limit = values[OPTION_BYTE_LIMIT],
        .module_byte_limit = values[OPTION_MODULE_BYTE_LIMIT],
        .history_byte_limit = values[OPTION_HISTORY_BYTE_LIMIT],
    };
}

bool run_site_add(struct invocation *invocation, struct fault *fault) {
    const struct store_site settings = read_settings(invocation);
    struct json_object *site;
    if (!store_add_site(invocation->database, invocation->arena, invocation->arguments[0],
                        &settings, &site, fault))
        return false;
    output_object(invocation, site, fields);
    return true;
}

bool run_site_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *sites;
    if (!store_list_sites(invocation->database, invocation->arena, &sites, fault))
        return false;
    output_list(invocation, sites, list_columns);
    return true;
}

bool run_site_set(struct invocation *invocation, struct fault *fault) {
    const struct store_site settings = read_settings(invocation);
    struct json_object *site;
    const char *name;
    if (settings.base_url == NULL && settings.on_clash == NULL && settings.module_limit == NULL &&
        settings.byte_limit == NULL && settings.module_byte_limit == NULL &&
        settings.history_byte_limit == NULL)
        return invocation_misuse(invocation, fault, "\"site set\" requires at least one option");
    if (!invocation_find_site(invocation, invocation->arguments[0], &name, fault) ||
        !store_set_site(invocation->database, invocation->arena, name, &settings, &site, fault))
        return false;
    output_object(invocation, site, fields);
    return true;
}

bool run_site_rotate_key(struct invocation *invocation, struct fault *fault) {
    struct host host = invocation_host(invocation);
    struct store_host site;
    if (!invocation_find_site(invocation, invocation->arguments[0], &host.site, fault) ||
        !site_key_rotate(&host, &site, fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, "name", site.name);
    json_set_text(answer, "kid", site.kid);
    json_set_text(answer, "publicKey", site.public_key);
    output_done(invocation, answer, "the calls of the site %s are now signed with the key %s",
                site.name, site.kid);
    return true;
}

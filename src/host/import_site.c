/* What stands before the apps in an export: the site, its keys and module types. */
#include "host/import_site.h"

#include <string.h>

#include "host/import_types.h"
#include "host/secret_box.h"
#include "json/json.h"
#include "store/store_import.h"

void import_site_init(struct import_site *site, struct arena *arena) {
    *site = (struct import_site){
        .arena = arena,
        .keys = json_keep(arena, json_object_new_array()),
        .types = json_keep(arena, json_object_new_array()),
        .allowed = json_keep(arena, json_object_new_array()),
    };
}

void import_site_add(struct import_site *site, const struct export_reader *reader,
                     const struct export_line *line) {
    struct json_object *list = line->kind == EXPORT_KEY    ? site->keys
                               : line->kind == EXPORT_TYPE ? site->types
                                                           : site->allowed;
    long *first = line->kind == EXPORT_KEY    ? &site->keys_line
                  : line->kind == EXPORT_TYPE ? &site->types_line
                                              : &site->allowed_line;
    if (line->kind == EXPORT_SITE) {
        site->line = reader->number;
        site->body = json_keep(site->arena, json_object_get(line->body));
        return;
    }
    if (json_object_array_length(list) == 0)
        *first = reader->number;
    json_object_array_add(list, json_object_get(line->body));
}

const char *import_site_name(const struct import_site *site) {
    return json_member_text(site->body, "name");
}

static bool has_text(struct json_object *object, const char *member, const char *text) {
    return strcmp(json_member_text(object, member), text) == 0;
}

/* The site itself if it is here already; reports others that are in its way. */
static struct json_object *compare_sites(const struct import *import,
                                         const struct import_site *site,
                                         struct json_object *found) {
    const char *name = import->host->site;
    const char *client_key = json_member_text(site->body, "clientKey");
    struct json_object *present = NULL;
    for (size_t i = 0; i < json_object_array_length(found); i++) {
        struct json_object *other = json_object_array_get_idx(found, i);
        const char *other_name = json_member_text(other, "name");
        bool same_key = has_text(other, "clientKey", client_key);
        if (has_text(other, "name", name) && same_key)
            present = other;
        else if (has_text(other, "name", name))
            import_problem(import, site->line, "/name", "site",
                           "there is another site %s here, with another client key; --site names "
                           "another one",
                           name);
        else if (same_key)
            import_problem(import, site->line, "/clientKey", "site",
                           "the site %s has this client key", other_name);
        else
            import_problem(import, site->line, "/baseUrl", "site",
                           "the site %s has this base URL; http and https, and the ports 80 and "
                           "443, make no difference",
                           other_name);
    }
    return present;
}

/* Whether it is a name for a site: 1 to 64 letters, digits, ".", "_" or "-". */
static bool is_site_name(const char *name) {
    size_t length =
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length >= 1 && length <= 64 && name[length] == '\0';
}

static bool check_keys(const struct import *import, const struct import_site *site,
                       struct fault *fault) {
    long in_use = 0;
    for (size_t i = 0; i < json_object_array_length(site->keys); i++) {
        struct json_object *key = json_object_array_get_idx(site->keys, i);
        const char *kid = json_member_text(key, "kid");
        long line = site->keys_line + (long)i;
        bool retired = json_member(key, "retiredAt") != NULL, taken;
        in_use += !retired;
        if ((json_member(key, "privateKey") == NULL) != retired || in_use > 1)
            import_problem(import, line, "", "key",
                           "a site has one key that is not retired, the only one with a private "
                           "key");
        if (!store_key_is_taken(import->host->database, import->host->site, kid, &taken, fault))
            return false;
        if (taken || seen_before(import->secrets, kid))
            import_problem(import, line, "/kid", "key", "another key has the id %s",
                           problem_quote(import->host->arena, kid));
    }
    return true;
}

static long number(struct json_object *object, const char *member) {
    return (long)json_object_get_int64(json_member(object, member));
}

bool import_site_check(struct import *import, const struct import_site *site, struct fault *fault) {
    const struct host *host = import->host;
    const char *base_url = json_member_text(site->body, "baseUrl");
    struct json_object *found;
    if (!is_site_name(host->site))
        import_problem(import, site->line, "/name", "site",
                       "the name of a site has 1 to 64 letters, digits, \".\", \"_\" and \"-\"");
    if (!store_find_sites(host->database, host->arena, host->site,
                          json_member_text(site->body, "clientKey"), base_url, &found, fault))
        return false;
    if (found == NULL)
        import_problem(import, site->line, "/baseUrl", "site", "%s is not a base URL",
                       problem_quote(host->arena, base_url));
    struct json_object *present = found == NULL ? NULL : compare_sites(import, site, found);
    struct json_object *limits = present == NULL ? site->body : present;
    import->module_limit = number(limits, "moduleLimit");
    import->byte_limit = number(limits, "byteLimit");
    import->module_byte_limit = number(limits, "moduleByteLimit");
    return check_keys(import, site, fault) &&
           import_types_check(import, site->types, site->types_line, site->allowed,
                              site->allowed_line, fault);
}

/* Seals the private keys as this host does. */
static bool seal_keys(const struct import *import, struct json_object *keys, struct fault *fault) {
    for (size_t i = 0; i < json_object_array_length(keys); i++) {
        struct json_object *key = json_object_array_get_idx(keys, i);
        const char *private_key = json_member_text(key, "privateKey"), *kept;
        const struct secret_owner owner = {.site = import->host->site,
                                           .public_key = json_member_text(key, "publicKey")};
        if (private_key == NULL)
            continue;
        if (!secret_seal(import->host->arena, import->host->config, &owner, private_key, &kept,
                         fault))
            return false;
        json_set_text(key, "privateKey", kept);
    }
    return true;
}

bool import_site_store(const struct import *import, const struct import_site *site,
                       struct fault *fault) {
    bool added;
    return import_types_store(import, site->types, site->allowed, fault) &&
           seal_keys(import, site->keys, fault) &&
           store_import_site(import->host->database, import->host->site, json_text(site->body),
                             json_text(site->keys), &added, fault);
}

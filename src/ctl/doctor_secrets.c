/* What doctor checks of the secrets in the database. */
#include "ctl/doctor_secrets.h"

#include <string.h>

#include "host/secret_box.h"
#include "json/json.h"
#include "store/store_secret.h"
#include "store/store_site.h"

#define PLAIN "" /* in the place of the id of a key */

/* Counts one secret under the key that sealed it, and reports one that cannot be read. */
static void count_secret(struct findings *findings, const char *site, struct json_object *listed,
                         struct json_object *counts) {
    struct invocation *invocation = findings->invocation;
    const struct secret_owner owner = {site, json_member_text(listed, "app"),
                                       json_member_text(listed, "publicKey")};
    const char *kept = json_member_text(listed, "secret"), *secret;
    const char *id = secret_key_id(invocation->arena, kept);
    const char *name = id == NULL ? PLAIN : id;
    struct fault fault;
    json_object_object_add(
        counts, name, json_object_new_int64(json_object_get_int64(json_member(counts, name)) + 1));
    if (!secret_open(invocation->arena, &invocation->config, &owner, kept, &secret, &fault))
        findings_add(findings, FINDING_ERROR, "secrets", "%s", fault.text);
}

static void report(struct findings *findings, struct json_object *counts, const char *newest) {
    json_object_object_foreach(counts, id, count) {
        const char *number = json_object_get_string(count);
        if (id[0] != '\0')
            findings_add(findings, FINDING_OK, "secrets", "encrypted with the key %s: %s%s", id,
                         number,
                         newest == NULL || strcmp(id, newest) == 0
                             ? ""
                             : "; dynmodctl secrets rekey brings them to the first key");
        else if (newest == NULL)
            findings_add(findings, FINDING_OK, "secrets",
                         "plain: %s; the option secrets_key would "
                         "encrypt them",
                         number);
        else
            findings_add(findings, FINDING_WARNING, "secrets",
                         "plain: %s; dynmodctl secrets encrypt encrypts them", number);
    }
}

bool doctor_check_secrets(struct findings *findings, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    struct json_object *sites, *secrets;
    struct json_object *counts = json_keep(invocation->arena, json_object_new_object());
    const char *newest;
    if (!secret_newest_key(&invocation->config, &newest, fault) ||
        !store_list_sites(findings->tables, invocation->arena, &sites, fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(sites); i++) {
        const char *site = json_member_text(json_object_array_get_idx(sites, i), "name");
        if (!store_list_secrets(findings->tables, invocation->arena, site, &secrets, fault))
            return false;
        for (size_t j = 0; j < json_object_array_length(secrets); j++)
            count_secret(findings, site, json_object_array_get_idx(secrets, j), counts);
    }
    report(findings, counts, newest);
    return true;
}

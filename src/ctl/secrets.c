/* dynmodctl secrets: whether the database keeps secrets plain or encrypted, and with which key. */
#include <string.h>

#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/secret_box.h"
#include "json/json.h"
#include "store/store_secret.h"

/* Whether a secret that was sealed with the key `id`, NULL for a plain one, is to change. */
typedef bool selection(const char *id, const char *newest);

static bool is_plain(const char *id, const char *newest) {
    (void)newest;
    return id == NULL;
}

static bool has_older_key(const char *id, const char *newest) {
    return id != NULL && strcmp(id, newest) != 0;
}

static bool is_sealed(const char *id, const char *newest) {
    (void)newest;
    return id != NULL;
}

struct change {
    struct invocation *invocation;
    selection *selected;
    bool seal; /* what is selected is sealed with the newest key; otherwise it is made plain */
    const char *newest;
    long count;
};

/* A step of its own, so that programs go on meanwhile and an interrupted run can be repeated. */
static bool change_secret(struct change *change, const char *site, struct json_object *listed,
                          struct fault *fault) {
    struct invocation *invocation = change->invocation;
    struct arena *arena = invocation->arena;
    const struct secret_owner owner = {site, json_member_text(listed, "app"),
                                       json_member_text(listed, "publicKey")};
    const char *present = json_member_text(listed, "secret"), *secret;
    if (!change->selected(secret_key_id(arena, present), change->newest))
        return true;
    if (!secret_open(arena, &invocation->config, &owner, present, &secret, fault) ||
        (change->seal &&
         !secret_seal(arena, &invocation->config, &owner, secret, &secret, fault)) ||
        !store_replace_secret(invocation->database, site, owner.app_key, present, secret, fault))
        return false;
    change->count++;
    return true;
}

static bool change_site(struct change *change, const char *site, struct fault *fault) {
    struct json_object *secrets;
    if (!store_list_secrets(change->invocation->database, change->invocation->arena, site, &secrets,
                            fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(secrets); i++)
        if (!change_secret(change, site, json_object_array_get_idx(secrets, i), fault))
            return false;
    return true;
}

static bool run(struct invocation *invocation, selection *selected, bool seal, const char *done,
                struct fault *fault) {
    struct change change = {.invocation = invocation, .selected = selected, .seal = seal};
    struct json_object *sites;
    if (!secret_newest_key(&invocation->config, &change.newest, fault) ||
        !invocation_read_sites(invocation, &sites, fault))
        return false;
    if (change.newest == NULL)
        return fault_set(fault, FAULT_INPUT, "the option secrets_key is not set");
    for (size_t i = 0; i < json_object_array_length(sites); i++)
        if (!change_site(&change, json_member_text(json_object_array_get_idx(sites, i), "name"),
                         fault))
            return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "changed", json_object_new_int64(change.count));
    json_set_text(answer, "keyId", seal ? change.newest : NULL);
    output_done(invocation, answer, "%s %ld secret%s", done, change.count,
                change.count == 1 ? "" : "s");
    return true;
}

bool run_secrets_encrypt(struct invocation *invocation, struct fault *fault) {
    return run(invocation, is_plain, true, "encrypted", fault);
}

bool run_secrets_rekey(struct invocation *invocation, struct fault *fault) {
    return run(invocation, has_older_key, true, "encrypted again", fault);
}

bool run_secrets_decrypt(struct invocation *invocation, struct fault *fault) {
    return run(invocation, is_sealed, false, "decrypted", fault);
}

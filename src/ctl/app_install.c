/* dynmodctl app install: an app and its modules by its descriptor. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "connect/descriptor.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/secret.h"
#include "host/stored_types.h"
#include "store/store_app.h"
#include "json/json.h"

/* The secret comes first, so that it can be left out. */
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

/* Reads the descriptor and prints all that is wrong with it. */
static bool read_descriptor(struct invocation *invocation, struct descriptor *descriptor,
                            struct fault *fault) {
    struct problem_list *problems = problem_list_new(invocation->arena);
    struct module_types *types;
    struct json_object *sent;
    if (!invocation_read_json(invocation, invocation->arguments[0], &sent, fault) ||
        !stored_types_read(invocation->database, invocation->arena, &types, fault) ||
        !descriptor_read(invocation->arena, types, sent, descriptor, problems, fault))
        return false;
    invocation_print_problems(problems);
    return problems->errors == 0 ||
           fault_set(fault, FAULT_INPUT, "the descriptor has %zu error%s; nothing was installed",
                     problems->errors, problems->errors == 1 ? "" : "s");
}

/* What the operator would not expect. */
static void warn(const struct invocation *invocation, struct json_object *installed,
                 const char *secret) {
    const char *present = json_member_text(installed, "sharedSecret");
    bool chosen =
        invocation_has(invocation, OPTION_SECRET) || invocation_has(invocation, OPTION_SECRET_FILE);
    if (chosen && present != NULL && strcmp(present, secret) != 0)
        invocation_warn("an upgrade keeps the shared secret; dynmodctl app rotate-secret sets it");
    struct json_object *dropped = json_member(installed, "dropped");
    for (size_t i = 0; dropped != NULL && i < json_object_array_length(dropped); i++) {
        struct json_object *module = json_object_array_get_idx(dropped, i);
        invocation_warn("the descriptor clashes with dynamic modules: %s of type %s was removed",
                        json_member_text(module, "key"), json_member_text(module, "type"));
    }
}

bool run_app_install(struct invocation *invocation, struct fault *fault) {
    const char *secret;
    struct descriptor descriptor;
    struct json_object *installed;
    if (!secret_choose(invocation, &secret, fault) ||
        !read_descriptor(invocation, &descriptor, fault) ||
        !store_install_app(invocation->database, invocation->arena, invocation_site(invocation),
                           json_text(descriptor.json), secret, &installed, fault))
        return false;
    warn(invocation, installed, secret);
    /* people have seen the secret of an upgraded app when it was installed */
    bool upgraded = strcmp(json_member_text(installed, "action"), "upgraded") == 0;
    output_object(invocation, installed, upgraded ? fields + 1 : fields);
    return true;
}

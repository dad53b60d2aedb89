/* dynmodctl history: what became of modules and apps. */
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "json/json.h"
#include "store/store_history.h"

enum { STEP = 1000 }; /* rows of a kind in one transaction, so that nobody waits for it */

static bool prune_site(struct invocation *invocation, const char *site, long *deleted,
                       struct fault *fault) {
    long step = 0;
    do {
        if (!store_prune_history(invocation->database, invocation->arena, site,
                                 invocation->values[OPTION_KEEP], STEP, &step, fault))
            return false;
        *deleted += step;
    } while (step > 0);
    return true;
}

bool run_history_prune(struct invocation *invocation, struct fault *fault) {
    struct json_object *sites;
    long deleted = 0;
    if (!invocation_read_sites(invocation, &sites, fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(sites); i++)
        if (!prune_site(invocation, json_member_text(json_object_array_get_idx(sites, i), "name"),
                        &deleted, fault))
            return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "deleted", json_object_new_int64(deleted));
    output_done(invocation, answer, "deleted %ld row%s of history", deleted,
                deleted == 1 ? "" : "s");
    return true;
}

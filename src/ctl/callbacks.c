/* dynmodctl callbacks: the calls that tell apps of their state. */
#include "ctl/callbacks.h"

#include "ctl/handlers.h"
#include "ctl/output.h"
#include "host/callbacks.h"
#include "json/json.h"
#include "store/store_call.h"

static const struct output_column columns[] = {
    {"APP", "app"},         {"EVENT", "event"},        {"SINCE", "createdAt"},
    {"FAILED", "attempts"}, {"NEXT", "nextAttemptAt"}, {"LAST ERROR", "lastError"},
    {NULL, NULL},
};

struct count {
    long made, failed;
};

static void report(void *context, const char *app_key, const char *event, const char *error,
                   bool again) {
    struct count *count = context;
    count->made++;
    if (error == NULL)
        return;
    count->failed++;
    invocation_warn("%s was not told that it is %s: %s; %s", app_key, event, error,
                    again ? "dynmodctl callbacks retry tries again" : "given up");
}

bool callbacks_call_app(struct invocation *invocation, const char *app_key, struct fault *fault) {
    const struct host host = invocation_host(invocation);
    struct count count = {0};
    return callbacks_send(&host, app_key, report, &count, fault);
}

bool run_callbacks_list(struct invocation *invocation, struct fault *fault) {
    struct json_object *callbacks;
    if (!store_list_callbacks(invocation->database, invocation->arena, invocation_site(invocation),
                              &callbacks, fault))
        return false;
    output_list(invocation, callbacks, columns);
    return true;
}

bool run_callbacks_retry(struct invocation *invocation, struct fault *fault) {
    struct host host = invocation_host(invocation);
    struct json_object *sites;
    struct count count = {0};
    if (!invocation_read_sites(invocation, &sites, fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(sites); i++) {
        host.site = json_member_text(json_object_array_get_idx(sites, i), "name");
        if (!callbacks_send(&host, NULL, report, &count, fault))
            return false;
    }
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "made", json_object_new_int64(count.made));
    json_object_object_add(answer, "failed", json_object_new_int64(count.failed));
    output_done(invocation, answer, "made %ld call%s, %ld failed", count.made,
                count.made == 1 ? "" : "s", count.failed);
    return true;
}

/* The calls that wait for their apps, made in order. */
#include "host/callbacks.h"

#include "host/app_call.h"
#include "json/json.h"
#include "store/store_call.h"

struct waiting {
    struct json_object *app;
    const char *id, *event, *app_key;
};

static struct waiting read_waiting(struct json_object *callback) {
    struct json_object *app = json_member(callback, "app");
    return (struct waiting){
        .app = app,
        .id = json_object_get_string(json_member(callback, "id")),
        .event = json_member_text(callback, "event"),
        .app_key = json_member_text(app, "key"),
    };
}

static bool make_call(const struct host *host, struct json_object *callback,
                      callbacks_report *report, void *context, struct fault *fault) {
    const struct waiting waiting = read_waiting(callback);
    enum lifecycle_event event;
    const char *detail;
    struct fault refusal;
    bool again = false;
    if (!lifecycle_find(waiting.event, &event))
        return fault_set(fault, FAULT_INTERNAL, "%s is not a known event", waiting.event);
    bool ok = app_call_send(host, waiting.app, event, &detail, &refusal);
    /* the descriptor may have changed, so that the app no longer wants the call */
    if (!store_finish_callback(host->database, host->site, waiting.id,
                               detail == NULL ? "{}" : detail, &again, fault))
        return false;
    report(context, waiting.app_key, waiting.event, ok ? NULL : refusal.text, again);
    return true;
}

bool callbacks_send(const struct host *host, const char *app_key, callbacks_report *report,
                    void *context, struct fault *fault) {
    struct json_object *callback;
    for (;;) {
        if (!store_claim_callback(host->database, host->arena, host->site, app_key,
                                  app_call_seconds(host->config), &callback, fault))
            return false;
        if (callback == NULL)
            return true;
        if (!make_call(host, callback, report, context, fault))
            return false;
    }
}

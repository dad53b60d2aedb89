/* One call of the host to an app: what it says, and how it went. */
#include "host/app_call.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "host/app_secret.h"
#include "host/http_client.h"
#include "host/site_key.h"
#include "json/json.h"

long app_call_seconds(const struct config *config) {
    return config->app_timeout + LIMIT_CALL_MARGIN;
}

/* An app in trouble may send back what it was sent; its secret is not to get into the history. */
static const char *start_of_answer(const struct http_answer *answer, const char *secret,
                                   struct arena *arena) {
    struct buffer text;
    if (memmem(answer->body, answer->length, secret, strlen(secret)) != NULL)
        return "(not kept: it contains the shared secret)";
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add_escaped(&text, answer->body, answer->length, LIMIT_ECHO);
    return buffer_to_arena(&text, arena);
}

static const char *describe(const struct host *host, const char *secret, enum lifecycle_event event,
                            const char *url, const struct http_answer *answer, const char *error) {
    struct json_object *detail = json_keep(host->arena, json_object_new_object());
    json_set_text(detail, "event", lifecycle_name(event));
    json_set_text(detail, "url", url);
    if (answer->status != 0)
        json_object_object_add(detail, "status", json_object_new_int64(answer->status));
    json_object_object_add(detail, "milliseconds", json_object_new_int64(answer->milliseconds));
    if (answer->body != NULL && answer->length > 0)
        json_set_text(detail, "answer", start_of_answer(answer, secret, host->arena));
    if (error != NULL)
        json_set_text(detail, "error", error);
    return json_text(detail);
}

/* Whether the answer means that the app has understood; others do not count, whatever they say. */
static bool check_status(const struct http_answer *answer, struct fault *fault) {
    if (answer->status == 200 || answer->status == 201 || answer->status == 204)
        return true;
    if (answer->location != NULL)
        return fault_set(fault, FAULT_CONFLICT,
                         "The app host returned HTTP response code %ld, a redirect to %s, which is "
                         "not followed",
                         answer->status, answer->location);
    return fault_set(fault, FAULT_CONFLICT, "The app host returned HTTP response code %ld",
                     answer->status);
}

static bool send(const struct host *host, struct json_object *json, const char *secret,
                 enum lifecycle_event event, const char *url, struct http_answer *answer,
                 struct fault *fault) {
    struct store_host site;
    if (!site_key_find(host, &site, fault))
        return false;
    const struct lifecycle_host caller = {site.client_key, site.base_url, site.name,
                                          site.public_key};
    const struct lifecycle_app app = {json_member_text(json, "key"),
                                      json_member_text(json, "baseUrl"), secret,
                                      json_member_text(json, "installationId")};
    struct http_call call = {.method = "POST",
                             .url = url,
                             .body = lifecycle_body(host->arena, event, &caller, &app),
                             .answer_maximum = LIMIT_CALL_ANSWER};
    return lifecycle_authorization(host->arena, event, url, &caller, &app, site.kid,
                                   site.private_key, clock_now(), &call.authorization, fault) &&
           http_client_call(host->arena, host->config, &call, answer, fault) &&
           check_status(answer, fault);
}

bool app_call_send(const struct host *host, struct json_object *app, enum lifecycle_event event,
                   const char **detail, struct fault *fault) {
    struct http_answer answer = {0};
    const char *url = lifecycle_url(host->arena, app, event), *secret;
    *detail = NULL;
    if (url == NULL)
        return true;
    if (!app_secret_open(host, json_member_text(app, "key"), json_member_text(app, "sharedSecret"),
                         &secret, fault))
        return false;
    bool ok = send(host, app, secret, event, url, &answer, fault);
    *detail = describe(host, secret, event, url, &answer, ok ? NULL : fault->text);
    return ok;
}

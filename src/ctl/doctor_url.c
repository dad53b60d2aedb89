/* What doctor asks the running service. */
#include "ctl/doctor_url.h"

#include <string.h>

#include "base/limits.h"
#include "ctl/signature.h"
#include "host/app_secret.h"
#include "host/http_client.h"
#include "json/json.h"
#include "store/store_app.h"
#include "store/store_find.h"

#define RESOURCE "/rest/atlassian-connect/1/app/module/dynamic"
#define REFUSAL "The request is not from a Connect app."

enum { LIFETIME_SECONDS = 60 };

/* The site with this base URL, by name; NULL when there is none or nobody knows. */
static const char *site_at(const struct findings *findings, const char *base) {
    struct json_object *site = findings_site(findings, base);
    return site == NULL ? NULL : json_member_text(site, "name");
}

/* The service may be anywhere, and answers with whatever an app has registered. */
static bool ask(struct findings *findings, const char *url, const char *authorization,
                struct http_answer *answer, struct fault *fault) {
    struct config config = findings->invocation->config;
    const struct http_call call = {.method = "GET",
                                   .url = url,
                                   .authorization = authorization,
                                   .answer_maximum = LIMIT_INPUT_FILE};
    config.allowed_app_urls = url;
    return http_client_call(findings->invocation->arena, &config, &call, answer, fault);
}

/* What an answer that should be another may come from. */
static const char *reason(long status) {
    switch (status) {
    case 401:
        return "; the log of the web server says why: another site in DYNMOD_SITE, no "
               "Authorization header, or the clock";
    case 404:
        return "; nobody serves dynmod there, or DYNMOD_SITE names another site";
    case 503:
        return "; dynmodctl doctor --as USER says why the database is unavailable";
    default:
        return "";
    }
}

/* Whether dynmod answers at all. */
static bool check_refusal(struct findings *findings, const char *url) {
    struct http_answer answer;
    struct fault fault;
    if (!ask(findings, url, NULL, &answer, &fault)) {
        findings_add(findings, FINDING_ERROR, "service", "%s", fault.text);
        return false;
    }
    if (answer.status == 401 && strstr(answer.body, REFUSAL) != NULL) {
        findings_add(findings, FINDING_OK, "service", "dynmod answers at %s", url);
        return true;
    }
    findings_add(findings, FINDING_ERROR, "service", "%s: instead of 401 the answer is %ld%s", url,
                 answer.status, reason(answer.status));
    return false;
}

/* The first enabled app of the site; NULL when it has none. */
static const char *enabled_app(struct findings *findings, const char *site, struct fault *fault) {
    struct json_object *apps;
    if (!store_list_apps(findings->tables, findings->invocation->arena, site, &apps, fault))
        return NULL;
    for (size_t i = 0; i < json_object_array_length(apps); i++) {
        struct json_object *app = json_object_array_get_idx(apps, i);
        if (strcmp(json_member_text(app, "state"), "enabled") == 0)
            return json_member_text(app, "key");
    }
    return NULL;
}

/* A request as the app `key` would send it. */
static bool ask_signed(struct findings *findings, const char *url, const char *site,
                       const char *key, struct http_answer *answer, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    const struct host host = {findings->tables, &invocation->config, invocation->arena, site};
    struct app app;
    const char *secret;
    struct signature signature;
    return store_find_app(findings->tables, invocation->arena, site, key, &app, fault) &&
           app_secret_open(&host, key, app.shared_secret, &secret, fault) &&
           signature_make(invocation->arena, &app, secret, "GET", url, LIFETIME_SECONDS, &signature,
                          fault) &&
           ask(findings, url, signature.authorization, answer, fault);
}

void doctor_check_url(struct findings *findings, const char *base) {
    struct arena *arena = findings->invocation->arena;
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    base = arena_copy(arena, base, length);
    const char *url = arena_format(arena, "%s" RESOURCE, base), *site = site_at(findings, base);
    struct http_answer answer;
    struct fault fault;
    if (!check_refusal(findings, url))
        return;
    if (site == NULL) {
        findings_add(findings, FINDING_NOTE, "service", "no site is known to have the base URL %s",
                     base);
        return;
    }
    const char *key = enabled_app(findings, site, &fault);
    if (key == NULL)
        findings_add(findings, FINDING_NOTE, "service",
                     "the site %s has no enabled app whose requests could be tried", site);
    else if (!ask_signed(findings, url, site, key, &answer, &fault))
        findings_add(findings, FINDING_ERROR, "service", "%s", fault.text);
    else if (answer.status == 200)
        findings_add(findings, FINDING_OK, "service", "a request of the app %s is answered", key);
    else
        findings_add(findings, FINDING_ERROR, "service",
                     "%s: the answer to a request of the app %s is %ld%s", url, key, answer.status,
                     reason(answer.status));
}

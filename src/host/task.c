/* Tasks: what calls an app and is undone when the app does not agree. */
#include "host/task.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/app_call.h"
#include "host/app_secret.h"
#include "host/http_client.h"
#include "json/json.h"
#include "store/store_call.h"
#include "store/store_task.h"

/* What an installation has begun with in the database. */
typedef bool begin_step(const struct task *task, const char *subject, const char *secret,
                        struct json_object **begun, struct fault *fault);

static void report(const struct task *task, const char *text) {
    if (task->report != NULL)
        task->report(text);
}

bool task_create(const struct host *host, const char *source, const char *actor, const char **id,
                 struct fault *fault) {
    return store_create_task(host->database, host->arena, host->site, source,
                             LIMIT_CALL_MARGIN + LIMIT_BUSY_SECONDS, actor, id, fault);
}

/* Downloads -------------------------------------------------------------------------------------*/

static bool read_descriptor(const struct host *host, const char *url,
                            const struct http_answer *answer, struct json_object **descriptor,
                            struct fault *fault) {
    if (answer->location != NULL)
        return fault_set(fault, FAULT_INPUT, "%s redirects to %s, which is not followed", url,
                         answer->location);
    if (answer->status != 200)
        return fault_set(fault, FAULT_INPUT, "%s answers with HTTP response code %ld", url,
                         answer->status);
    return json_parse(host->arena, answer->body, answer->length, descriptor, fault) ||
           fault_set(fault, FAULT_INPUT, "what is at %s cannot be read as JSON: %s", url,
                     fault->text);
}

static bool download(const struct task *task, struct json_object **descriptor,
                     struct fault *fault) {
    const struct host *host = task->host;
    struct http_call call = {.method = "GET", .answer_maximum = LIMIT_DESCRIPTOR};
    struct http_answer answer;
    if (!store_begin_download(host->database, host->arena, host->site, task->id,
                              app_call_seconds(host->config) + LIMIT_BUSY_SECONDS, &call.url,
                              fault))
        return false;
    report(task, arena_format(host->arena, "downloading %s", call.url));
    return http_client_call(host->arena, host->config, &call, &answer, fault) &&
           read_descriptor(host, call.url, &answer, descriptor, fault);
}

/* Changes with a call ---------------------------------------------------------------------------*/

static bool begin_installation(const struct task *task, const char *descriptor, const char *secret,
                               struct json_object **begun, struct fault *fault) {
    const struct host *host = task->host;
    return store_begin_installation(host->database, host->arena, host->site, task->id, descriptor,
                                    secret, app_call_seconds(host->config), begun, fault);
}

static bool begin_rotation(const struct task *task, const char *app_key, const char *secret,
                           struct json_object **begun, struct fault *fault) {
    const struct host *host = task->host;
    return store_begin_rotation(host->database, host->arena, host->site, task->id, app_key, secret,
                                app_call_seconds(host->config), task->keep_seconds, begun, fault);
}

/* Takes the step, again and again while somebody else is at the app. */
static bool begin(const struct task *task, begin_step *step, const char *subject,
                  const char *secret, struct json_object **begun, struct fault *fault) {
    static const struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};
    int64_t end = clock_milliseconds() + (int64_t)1000 * LIMIT_BUSY_SECONDS;
    while (!step(task, subject, secret, begun, fault)) {
        if (strcmp(database_sqlstate(task->host->database), STORE_APP_BUSY) != 0 ||
            clock_milliseconds() > end)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* In the words that administrators know from the original where the app itself has answered. */
static bool explain(struct fault *fault) {
    if (fault->kind == FAULT_CONFLICT)
        return fault_set(fault, fault->kind,
                         "%s when we tried to contact it during installation. Please try again "
                         "later or contact the app vendor.",
                         fault->text);
    return fault_set(fault, fault->kind, "The app could not be called during installation: %s.",
                     fault->text);
}

static bool call_installed(const struct task *task, struct json_object *app, struct fault *fault) {
    const struct host *host = task->host;
    const char *detail;
    struct fault unrecorded;
    report(task, arena_format(host->arena, "calling %s", json_member_text(app, "baseUrl")));
    bool ok = app_call_send(host, app, LIFECYCLE_INSTALLED, &detail, fault);
    if (detail != NULL && !store_record_call(host->database, host->site,
                                             json_member_text(app, "key"), detail, &unrecorded))
        log_write(LOG_LEVEL_ERROR, "a call is missing in the history: %s", unrecorded.text);
    return ok || explain(fault);
}

static bool change(const struct task *task, begin_step *step, const char *subject,
                   const char *secret, struct json_object **begun, struct fault *fault) {
    return begin(task, step, subject, secret, begun, fault) &&
           call_installed(task, json_member(*begun, "app"), fault);
}

/* Ends the task: `ok` says whether everything went well so far, the fault what did not. */
static bool conclude(const struct task *task, bool ok, bool call_enabled, struct fault *fault) {
    const struct host *host = task->host;
    struct fault unfinished;
    bool ended = store_end_installation(host->database, host->site, task->id,
                                        ok ? NULL : fault->text, call_enabled, &unfinished);
    if (!ended)
        log_write(LOG_LEVEL_ERROR, "the end of task %s cannot be noted: %s", task->id,
                  unfinished.text);
    return ok && (ended || fault_set(fault, unfinished.kind, "%s", unfinished.text));
}

/* The fault of a descriptor with errors also names the first of them. */
static bool check(const struct task *task, struct json_object *descriptor,
                  struct problem_list *problems, struct fault *fault) {
    if (installation_check(task->host, descriptor, problems, fault))
        return true;
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_ERROR)
            return fault_set(fault, fault->kind, "%s: %s", fault->text,
                             problem_describe(task->host->arena, &problems->items[i]));
    return false;
}

static bool install(const struct task *task, struct json_object *descriptor, const char *secret,
                    struct problem_list *problems, struct installation *installed,
                    struct fault *fault) {
    struct json_object *begun;
    const char *kept;
    return check(task, descriptor, problems, fault) &&
           app_secret_seal(task->host, json_member_text(descriptor, "key"), secret, &kept, fault) &&
           change(task, begin_installation, json_text(descriptor), kept, &begun, fault) &&
           installation_read(task->host, descriptor, begun, secret, installed, fault);
}

bool task_install_from_url(const struct task *task, const char *secret,
                           struct problem_list *problems, struct installation *installed,
                           struct fault *fault) {
    struct json_object *descriptor;
    bool ok = download(task, &descriptor, fault) &&
              install(task, descriptor, secret, problems, installed, fault);
    return conclude(task, ok, true, fault);
}

bool task_install(const struct task *task, struct json_object *descriptor, const char *secret,
                  struct problem_list *problems, struct installation *installed,
                  struct fault *fault) {
    bool ok = install(task, descriptor, secret, problems, installed, fault);
    return conclude(task, ok, true, fault);
}

bool task_rotate_secret(const struct task *task, const char *app_key, const char *secret,
                        const char **present, struct fault *fault) {
    struct json_object *begun;
    const char *kept;
    bool ok = app_secret_seal(task->host, app_key, secret, &kept, fault) &&
              change(task, begin_rotation, app_key, kept, &begun, fault) &&
              app_secret_open(task->host, app_key, json_member_text(begun, "sharedSecret"), present,
                              fault);
    return conclude(task, ok, false, fault);
}

/* What the admin program goes on with when a request has been answered. */
#include "admin/work.h"

#include <string.h>

#include "base/log.h"
#include "host/callbacks.h"
#include "host/service.h"
#include "host/task.h"

const char *work_order(const struct exchange *exchange, const char *verb, const char *subject) {
    return arena_format(exchange->request->arena, "%s %s %s", verb, exchange->site, subject);
}

static void report(void *context, const char *app_key, const char *event, const char *error,
                   bool again) {
    (void)context;
    if (error == NULL)
        log_write(LOG_LEVEL_INFO, "%s knows that it is %s", app_key, event);
    else
        log_write(LOG_LEVEL_WARNING, "%s was not told that it is %s: %s; %s", app_key, event, error,
                  again ? "dynmodctl callbacks retry tries again" : "given up");
}

static bool call(const struct host *host, const char *app_key, struct fault *fault) {
    return callbacks_send(host, app_key, report, NULL, fault);
}

static bool install(const struct host *host, const char *id, struct fault *fault) {
    const struct task task = {.host = host, .id = id};
    struct problem_list *problems = problem_list_new(host->arena);
    struct installation installed;
    return task_install_from_url(&task, NULL, problems, &installed, fault) &&
           call(host, installed.key, fault);
}

void work_do(const struct config *config, const char *name, const char *order) {
    struct service *service = service_new_host(config, name, false);
    struct arena *arena = arena_new();
    char *subject = arena_text(arena, order);
    const char *verb = strsep(&subject, " ");
    const struct host host = {service->database, config, arena, strsep(&subject, " ")};
    struct fault fault;
    bool ok = strcmp(verb, "install") == 0 ? install(&host, subject, &fault)
                                           : call(&host, subject, &fault);
    if (!ok)
        log_write(LOG_LEVEL_WARNING, "%s: %s", order, fault.text);
    arena_free(arena);
    service_free(service);
}

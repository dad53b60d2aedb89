/* What a web program keeps from one request to the next. */
#include "host/service.h"

#include <stdlib.h>

#include "base/memory.h"

static struct service *open_service(const struct config *config, const char *conninfo,
                                    const char *name, bool lasting) {
    struct service *service = memory_alloc(sizeof *service);
    service->database = database_new(config, conninfo, name, lasting);
    database_require_schema(service->database);
    return service;
}

void *service_new(const struct config *config, const char *name, bool lasting) {
    return open_service(config, config->database, name, lasting);
}

void *service_new_host(const struct config *config, const char *name, bool lasting) {
    return open_service(config, config->admin_database, name, lasting);
}

struct host service_host(const struct exchange *exchange) {
    const struct service *service = exchange->service;
    return (struct host){service->database, exchange->config, exchange->request->arena,
                         exchange->site};
}

void service_free(void *kept) {
    struct service *service = kept;
    if (service == NULL)
        return;
    module_types_free(service->types);
    known_apps_clear(&service->known_apps);
    database_free(service->database);
    free(service);
}

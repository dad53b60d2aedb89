/* What a web program keeps from one request to the next. */
#include "host/service.h"

#include <stdlib.h>

#include "base/memory.h"

void *service_new(const struct config *config, const char *name, bool lasting) {
    struct service *service = memory_alloc(sizeof *service);
    service->database = database_new(config, name, lasting);
    database_require_schema(service->database);
    return service;
}

void service_free(void *kept) {
    struct service *service = kept;
    if (service == NULL)
        return;
    module_types_free(service->types);
    database_free(service->database);
    free(service);
}

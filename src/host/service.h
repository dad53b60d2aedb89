/* What a process keeps from one request to the next. */
#ifndef DYNMOD_HOST_SERVICE_H
#define DYNMOD_HOST_SERVICE_H

#include "base/config.h"
#include "connect/module_type.h"
#include "store/database.h"

struct service {
    const struct config *config;
    struct database *database;
    struct module_types *types; /* as of the last registration; NULL before the first */
};

#endif

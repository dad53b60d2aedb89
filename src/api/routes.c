/* The resources of the public program. */
#include "api/routes.h"

#include "api/dynamic_modules.h"
#include "api/health.h"
#include "api/module_history.h"
#include "api/monitoring.h"
#include "host/app_access.h"

static const struct route_method dynamic_modules[] = {
    {"GET", app_access_with_document, ROUTE_BODY_IGNORED, dynamic_modules_list},
    {"POST", app_access_to_register, ROUTE_BODY_JSON, dynamic_modules_register},
    {"PUT", app_access_for_registration, ROUTE_BODY_JSON, dynamic_modules_replace},
    {"DELETE", app_access_to_change, ROUTE_BODY_IGNORED, dynamic_modules_remove},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

static const struct route_method history[] = {
    {"GET", app_access, ROUTE_BODY_IGNORED, module_history_events},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

static const struct route_method modules_at[] = {
    {"GET", app_access_for_registration, ROUTE_BODY_IGNORED, module_history_set},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

static const struct route_method health[] = {
    {"GET", NULL, ROUTE_BODY_IGNORED, health_alive},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

static const struct route_method ready[] = {
    {"GET", NULL, ROUTE_BODY_IGNORED, health_ready},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

static const struct route_method monitoring[] = {
    {"GET", monitoring_access, ROUTE_BODY_IGNORED, monitoring_show},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

const struct route api_routes[] = {
    {"/rest/atlassian-connect/1/app/module/dynamic", dynamic_modules},
    {"/rest/dynmod/1/history", history},
    {"/rest/dynmod/1/modules-at", modules_at},
    {"/rest/dynmod/1/health", health},
    {"/rest/dynmod/1/ready", ready},
    {"/rest/dynmod/1/metrics", monitoring},
    {NULL, NULL},
};

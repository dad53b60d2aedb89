/* The resources of the public program. */
#include "api/routes.h"

#include "api/dynamic_modules.h"
#include "host/app_access.h"

static const struct route_method dynamic_modules[] = {
    {"GET", app_access_with_document, ROUTE_BODY_IGNORED, dynamic_modules_list},
    {"POST", app_access_for_registration, ROUTE_BODY_JSON, dynamic_modules_register},
    {"DELETE", app_access, ROUTE_BODY_IGNORED, dynamic_modules_remove},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};

const struct route api_routes[] = {
    {"/rest/atlassian-connect/1/app/module/dynamic", dynamic_modules},
    {NULL, NULL},
};

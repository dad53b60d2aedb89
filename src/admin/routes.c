/* The resources of the admin program. */
#include "admin/routes.h"

#include "admin/addons.h"
#include "admin/keys.h"
#include "admin/plugins.h"
#include "host/admin_access.h"
#include "host/app_access.h"

#define END                                                                                        \
    { NULL, NULL, ROUTE_BODY_IGNORED, NULL }

static const struct route_method settings[] = {
    {"GET", admin_access, ROUTE_BODY_IGNORED, plugins_settings},
    END,
};

static const struct route_method plugins[] = {
    {"GET", admin_access, ROUTE_BODY_IGNORED, plugins_list},
    {"POST", admin_access, ROUTE_BODY_JSON_TYPES, plugins_install},
    END,
};

static const struct route_method task[] = {
    {"GET", admin_access, ROUTE_BODY_IGNORED, plugins_task},
    END,
};

static const struct route_method plugin[] = {
    {"GET", admin_access, ROUTE_BODY_IGNORED, plugins_show},
    {"PUT", admin_access, ROUTE_BODY_JSON_TYPES, plugins_set_enabled},
    {"DELETE", admin_access, ROUTE_BODY_IGNORED, plugins_uninstall},
    END,
};

static const struct route_method key[] = {
    {"GET", NULL, ROUTE_BODY_IGNORED, keys_show},
    END,
};

static const struct route_method addon[] = {
    {"GET", addons_access, ROUTE_BODY_IGNORED, addons_show},
    END,
};

static const struct route_method properties[] = {
    {"GET", app_access, ROUTE_BODY_IGNORED, addons_list_properties},
    END,
};

static const struct route_method property[] = {
    {"GET", app_access, ROUTE_BODY_IGNORED, addons_show_property},
    {"PUT", app_access, ROUTE_BODY_ANY, addons_set_property},
    {"DELETE", app_access, ROUTE_BODY_IGNORED, addons_remove_property},
    END,
};

const struct route admin_routes[] = {
    {"/rest/plugins/1.0/settings", settings},
    {"/rest/plugins/1.0/pending/{}", task},
    {"/rest/plugins/1.0/tasks/{}", task},
    {"/rest/plugins/1.0/{}-key", plugin},
    {"/rest/plugins/1.0", plugins},
    {"/rest/dynmod/1/keys/{}", key},
    {"/rest/atlassian-connect/1/addons/{}/properties/{}", property},
    {"/rest/atlassian-connect/1/addons/{}/properties", properties},
    {"/rest/atlassian-connect/1/addons/{}", addon},
    {NULL, NULL},
};

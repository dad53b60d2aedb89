/* The resources of the admin program. */
#include "admin/routes.h"

const struct route admin_routes[] = {
    {NULL, NULL},
};

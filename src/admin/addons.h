/* Apps as they see themselves: what they are on the site, and the properties they keep there. */
#ifndef DYNMOD_ADMIN_ADDONS_H
#define DYNMOD_ADMIN_ADDONS_H

#include "http/router.h"

/* Admits an app by its token, or an administrator by name and password. The caller is the key of
 * the app that may be looked at. */
route_admit addons_access;

route_handler addons_show; /* for callers of addons_access() */

/* The properties of the calling struct app. */
route_handler addons_list_properties;
route_handler addons_show_property;
route_handler addons_set_property;
route_handler addons_remove_property;

#endif

/* Apps as the Universal Plugin Manager (UPM) shows them to tools that install them. */
#ifndef DYNMOD_ADMIN_PLUGINS_H
#define DYNMOD_ADMIN_PLUGINS_H

#include "http/router.h"

/* The caller is a struct admin. */
route_handler plugins_settings; /* whether the site takes apps that are not in a marketplace */
route_handler plugins_list;     /* the installed apps, and the token that plugins_install wants */
route_handler plugins_install;  /* begins to install the app whose descriptor is at `pluginUri` */
route_handler plugins_task;     /* how far an installation is */
route_handler plugins_show;
route_handler plugins_uninstall;
route_handler plugins_set_enabled;

#endif

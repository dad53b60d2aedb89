/* The resources in which an app finds its past: what became of its modules, and former sets. */
#ifndef DYNMOD_API_MODULE_HISTORY_H
#define DYNMOD_API_MODULE_HISTORY_H

#include "http/router.h"

/* The caller is the app, as admitted by host/app_access.h; module_history_set() needs the types. */

/* GET and HEAD: 200 with {"events": [...]}, the newest first, as many as the parameter limit says
 * before the id in the parameter before; where there are more, Link leads to them. */
route_handler module_history_events;
/* GET and HEAD: 200 with the set as it was at the moment in the parameter time, as GET of the
 * dynamic modules gave it then; 404 when the history does not tell. */
route_handler module_history_set;

#endif

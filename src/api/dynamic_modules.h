/* The resource for an app's dynamic modules: list, register, replace, remove. */
#ifndef DYNMOD_API_DYNAMIC_MODULES_H
#define DYNMOD_API_DYNAMIC_MODULES_H

#include "http/router.h"

/* The caller is the app, as admitted by host/app_access.h. */

/* GET and HEAD: 200 with the map of module type to modules, only those that moduleKey names if the
 * query has it, or 304: the tag is that of the whole set, which is right for every query. */
route_handler dynamic_modules_list;
/* POST: 200 without a body, or 400 with a message that names every problem. */
route_handler dynamic_modules_register;
/* PUT: 200 with the keys that were added, updated, removed and unchanged, or 400 as above. */
route_handler dynamic_modules_replace;
/* DELETE: 204, even when there was nothing to remove. */
route_handler dynamic_modules_remove;

#endif

/* The resources of the admin program. */
#ifndef DYNMOD_ADMIN_ROUTES_H
#define DYNMOD_ADMIN_ROUTES_H

#include "http/router.h"

/* For router_answer(). */
extern const struct route admin_routes[];

#endif

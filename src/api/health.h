/* The resources that tell load balancers whether requests can be served. */
#ifndef DYNMOD_API_HEALTH_H
#define DYNMOD_API_HEALTH_H

#include "http/router.h"

/* 200 as long as the program runs with its configuration; does not ask the database. */
route_handler health_alive;
/* 200 when requests of apps can be served: the database answers, is new enough, grants what the
 * program needs, and can be written to; otherwise 503. `exchange->service` is a struct service. */
route_handler health_ready;

#endif

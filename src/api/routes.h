/* The resources of the public program. */
#ifndef DYNMOD_API_ROUTES_H
#define DYNMOD_API_ROUTES_H

#include "http/router.h"

/* For router_answer(); the exchange's service is a struct service. */
extern const struct route api_routes[];

#endif

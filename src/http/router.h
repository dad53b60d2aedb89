/* Which resource answers a request, and the checks that come before it is asked. */
#ifndef DYNMOD_HTTP_ROUTER_H
#define DYNMOD_HTTP_ROUTER_H

#include "http/exchange.h"

/* Who may call: checks the credentials of the request. Returns who is calling, for the handler; or
 * NULL when nobody who may, and then the response is complete. */
typedef const void *route_admit(struct exchange *exchange);

/* Answers a request that passed all checks; `caller` is what the route's admit function returned,
 * NULL for a route open to anybody. */
typedef void route_handler(struct exchange *exchange, const void *caller);

enum route_body { ROUTE_BODY_IGNORED, ROUTE_BODY_JSON };

struct route_method {
    const char *name;   /* "GET" serves HEAD as well */
    route_admit *admit; /* NULL: anybody may call */
    enum route_body body;
    route_handler *handle;
};

/* A resource. A program has an array of these, which a NULL path ends. */
struct route {
    const char *path;                   /* below the context path */
    const struct route_method *methods; /* a NULL name ends them; OPTIONS is the router's */
};

/* Answers the exchange by the table `routes`. Checks in this order, each with its own answer: path
 * (404), method (405 with Allow), credentials (by the route), Content-Type (415), size (413), then
 * the resource itself. */
void router_answer(const struct route *routes, struct exchange *exchange) __attribute__((nonnull));

#endif

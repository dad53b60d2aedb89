/* Which resource answers a request, and the checks that are made first. */
#ifndef DYNMOD_HTTP_ROUTER_H
#define DYNMOD_HTTP_ROUTER_H

#include "http/exchange.h"

/* The message of a 404, whether the path or what precedes it is wrong. */
#define ROUTER_NOT_FOUND_TEXT "There is no such resource."

/* Checks the credentials of a request. Returns the caller, which is passed to the handler, or NULL
 * when the request is not admitted; the response is complete then. It may presume who is calling,
 * see exchange.h. */
typedef const void *route_admit(struct exchange *exchange);

/* Answers a request that has passed all checks; `caller` is what the route's admit function
 * returned, NULL for a route that anyone may call. */
typedef void route_handler(struct exchange *exchange, const void *caller);

enum route_body {
    ROUTE_BODY_IGNORED,
    ROUTE_BODY_JSON,       /* application/json, or no type */
    ROUTE_BODY_JSON_TYPES, /* these, or a type that ends in "+json" (RFC 6839, 3.1) */
    ROUTE_BODY_ANY,        /* whatever its type says */
};

struct route_method {
    const char *name;   /* "GET" serves HEAD as well */
    route_admit *admit; /* NULL: anyone may call */
    enum route_body body;
    route_handler *handle;
};

/* A resource. A program has an array of these, ending with a NULL path; of several that match, the
 * first answers.
 *
 * A segment {} of the path matches any one segment that is not empty, and {}-key one that ends in
 * "-key"; what {} stands for becomes a parameter of the exchange. A path has at most
 * LIMIT_ROUTE_PARAMETERS of them, otherwise nothing matches it. */
struct route {
    const char *path;                   /* below the context path */
    const struct route_method *methods; /* ends with a NULL name; the router adds OPTIONS */
};

/* Answers the exchange from the table `routes`. Checks in this order, each with a response of its
 * own: path (404), method (405 with Allow), credentials (by the route), Content-Type (415), size
 * (413); then the resource itself answers. */
void router_answer(const struct route *routes, struct exchange *exchange) __attribute__((nonnull));

#endif

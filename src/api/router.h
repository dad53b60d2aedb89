/* The route table, and the checks that come before a resource is asked. */
#ifndef DYNMOD_API_ROUTER_H
#define DYNMOD_API_ROUTER_H

#include "base/fault.h"
#include "host/service.h"
#include "http/request.h"
#include "http/response.h"

/* Answers `request`. Checks in this order, each with its own answer: path (404), method (405 with
 * Allow), credentials (401), Content-Type (415), size (413), then the resource itself. */
void router_answer(struct service *service, const struct request *request,
                   struct response *response) __attribute__((nonnull));

/* Answers a request that cannot be served before `fault` is mended: 503. */
void router_unavailable(struct service *service, const struct request *request,
                        struct response *response, const struct fault *fault)
    __attribute__((nonnull));

#endif

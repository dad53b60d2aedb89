/* One request on its way to one response. */
#ifndef DYNMOD_API_EXCHANGE_H
#define DYNMOD_API_EXCHANGE_H

#include "base/fault.h"
#include "host/service.h"
#include "http/query.h"
#include "http/request.h"
#include "http/response.h"
#include "http/uri.h"
#include "store/store_caller.h"

struct exchange {
    struct service *service;
    const struct request *request;
    struct response *response;
    struct uri_target target;
    struct query query;
    const char *context_path; /* what stands before the resource in the path, raw */
    struct caller caller;     /* the app, once it has been authenticated */
};

/* Answers with what `fault` says: 404, 503 and so on; logs what the client is not told. */
void exchange_fail(struct exchange *exchange, const struct fault *fault) __attribute__((nonnull));

/* Answers 401 with the text that the original documents. `reason` and `canonical` (the canonical
 * request, may be NULL) go to the log, and into a header if the configuration has auth_hints. */
void exchange_refuse(struct exchange *exchange, const char *reason, const char *canonical)
    __attribute__((nonnull(1, 2)));

#endif

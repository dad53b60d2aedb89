/* One request on its way to one response. */
#ifndef DYNMOD_HTTP_EXCHANGE_H
#define DYNMOD_HTTP_EXCHANGE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/limits.h"
#include "http/query.h"
#include "http/request.h"
#include "http/response.h"
#include "http/uri.h"

struct exchange {
    const struct config *config;
    const struct request *request;
    struct response *response;
    void *service; /* what the program keeps from one request to the next */

    /* Set by a resource: the work that program->work() does in the background once the response has
     * been written. NULL for none. */
    const char *order;
    /* Set by a resource that machines ask all the time: its answers are not worth a line of the
     * log, unless they are failures, nor to be among the durations that are measured. */
    bool routine;
    /* Set by whoever admits the request, as soon as it is known. */
    struct {
        const char *app, *administrator; /* the key or name that was sent; NULL for none */
        bool known;                      /* whether it has been shown to be them */
    } caller;

    /* Set by whoever admits the request by what the process remembers of the caller. It is cleared
     * by the resource once the database has confirmed that, and otherwise nothing is answered:
     * router_answer() begins anew, for which whoever admits must remember nothing. */
    bool presumed;
    bool anew;
    struct json_object *body; /* as parsed before, for exchange_parse_body() */

    /* set by router_answer() before it calls anything else */
    struct uri_target target;
    struct query query;
    const char *context_path; /* the part before the path of the route, raw */
    /* What finds the site, see request_site(); its name once a caller has been admitted. */
    const char *site;
    /* The texts that stand for each {} in the path of the route: not empty, and decoded, so that
     * they may contain "/". */
    const char *parameters[LIMIT_ROUTE_PARAMETERS];
};

/* Parses the body of the request as JSON into *value, owned by the request's arena and not to be
 * changed. Fails with FAULT_INPUT, in words for the client. */
bool exchange_parse_body(struct exchange *exchange, struct json_object **value,
                         struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Answers with 429: the caller may ask again in so many seconds. */
void exchange_answer_busy(struct exchange *exchange, const char *text, unsigned seconds)
    __attribute__((nonnull));

/* Answers with the status that `fault` calls for: 400, 403, 404, 429, 500 or 503. What
 * the client is not told is in the note of the response. */
void exchange_fail(struct exchange *exchange, const struct fault *fault) __attribute__((nonnull));

#endif

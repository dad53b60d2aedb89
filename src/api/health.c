/* The resources that tell load balancers whether requests can be served. */
#include "api/health.h"

#include "host/service.h"
#include "store/store_health.h"

static void answer(struct exchange *exchange, const char *text) {
    exchange->response->status = 200;
    response_body(exchange->response, RESPONSE_JSON, text);
    response_header(exchange->response, "Cache-Control", "no-store");
}

void health_alive(struct exchange *exchange, const void *caller) {
    (void)caller;
    exchange->routine = true;
    answer(exchange, "{\"status\":\"alive\"}");
}

void health_ready(struct exchange *exchange, const void *caller) {
    const struct service *service = exchange->service;
    struct fault fault;
    (void)caller;
    exchange->routine = true;
    if (store_check_ready(service->database, exchange->request->arena, &fault))
        answer(exchange, "{\"status\":\"ready\"}");
    else
        exchange_fail(exchange, &fault);
}

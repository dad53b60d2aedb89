/* One request on its way to one response. */
#include "http/exchange.h"

#include "base/metrics.h"
#include "json/json.h"

#define UNAVAILABLE_TEXT "The service is temporarily unavailable. Please try again later."
#define UNKNOWN_TEXT                                                                               \
    "The database did not confirm the change in time; it may have been made. GET tells."
enum { BUSY_SECONDS = 1 }; /* what delays a caller lasts no longer */

bool exchange_parse_body(struct exchange *exchange, struct json_object **value,
                         struct fault *fault) {
    const struct request *request = exchange->request;
    *value = exchange->body;
    if (*value != NULL)
        return true;
    if (!json_parse(request->arena, request->body, request->body_length, value, fault))
        return fault_set(fault, FAULT_INPUT, "The body cannot be parsed as JSON: %s.", fault->text);
    exchange->body = *value;
    return true;
}

static void fail_unavailable(struct exchange *exchange, const char *reason, const char *text) {
    response_error(exchange->response, 503, text);
    exchange->response->note = arena_text(exchange->request->arena, reason);
    response_header(exchange->response, "Retry-After",
                    arena_format(exchange->request->arena, "%ld", exchange->config->retry_after));
}

void exchange_answer_busy(struct exchange *exchange, const char *text, unsigned seconds) {
    response_error(exchange->response, 429, text);
    response_header(exchange->response, "Retry-After",
                    arena_format(exchange->request->arena, "%u", seconds));
}

void exchange_fail(struct exchange *exchange, const struct fault *fault) {
    switch (fault->kind) {
    case FAULT_INPUT:
    case FAULT_CONFLICT:
        response_error(exchange->response, 400, fault->text);
        break;
    case FAULT_REFUSED:
        response_error(exchange->response, 403, fault->text);
        break;
    case FAULT_NOT_FOUND:
        response_error(exchange->response, 404, fault->text);
        break;
    case FAULT_BUSY:
        metrics_count_refusal(METRICS_REFUSAL_BUSY);
        exchange_answer_busy(exchange, fault->text, BUSY_SECONDS);
        break;
    case FAULT_UNAVAILABLE:
        fail_unavailable(exchange, fault->text, UNAVAILABLE_TEXT);
        break;
    case FAULT_UNKNOWN:
        fail_unavailable(exchange, fault->text, UNKNOWN_TEXT);
        break;
    case FAULT_INTERNAL:
        response_internal_error(exchange->response, fault->text);
        break;
    }
}

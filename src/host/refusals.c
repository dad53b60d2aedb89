/* Credentials that are refused: how often, from where, and why. */
#include "host/refusals.h"

#include "base/counters.h"
#include "http/flood.h"

bool refusals_admit(struct exchange *exchange) {
    struct arena *arena = exchange->request->arena;
    if (exchange->config->refused_rate == 0)
        return true;
    struct count count = counters_get(exchange->config->counters_file,
                                      arena_format(arena, "refused %s ", flood_address(exchange)));
    if (count.now < exchange->config->refused_rate)
        return true;
    metrics_count_refusal(METRICS_REFUSAL_ADDRESS);
    exchange_answer_busy(exchange, "Too many requests were refused. Please try again later.",
                         count.seconds);
    return false;
}

void refusals_note(struct exchange *exchange, enum metrics_refusal reason, const char *text) {
    metrics_count_refusal(reason);
    exchange->response->note = arena_text(exchange->request->arena, text);
    if (exchange->config->refused_rate > 0)
        flood_count(exchange, "refused", "");
}

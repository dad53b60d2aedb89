/* Credentials that are refused: how often, from where, and what the log says of them. */
#include "host/refusals.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/counters.h"
#include "base/limits.h"
#include "base/log.h"

/* What counts as one address: of IPv6 a network of 64 bits, which is one customer's. */
static const char *address_of(const struct exchange *exchange) {
    const char *address = exchange->request->client_address;
    struct in6_addr ipv6;
    if (address == NULL)
        return "nowhere";
    if (inet_pton(AF_INET6, address, &ipv6) != 1 || IN6_IS_ADDR_V4MAPPED(&ipv6))
        return address;
    char text[INET6_ADDRSTRLEN];
    for (size_t i = 8; i < sizeof ipv6.s6_addr; i++)
        ipv6.s6_addr[i] = 0;
    inet_ntop(AF_INET6, &ipv6, text, sizeof text);
    return arena_format(exchange->request->arena, "%s/64", text);
}

static struct count add(const struct exchange *exchange, const char *kind, const char *text) {
    return counters_add(
        exchange->config->counters_file,
        arena_format(exchange->request->arena, "%s %s %s", kind, address_of(exchange), text));
}

bool refusals_admit(struct exchange *exchange) {
    const char *address = address_of(exchange);
    struct arena *arena = exchange->request->arena;
    if (exchange->config->refused_rate == 0)
        return true;
    struct count count =
        counters_get(exchange->config->counters_file, arena_format(arena, "refused %s ", address));
    if (count.now < exchange->config->refused_rate)
        return true;
    metrics_count_refusal(METRICS_REFUSAL_ADDRESS);
    exchange_answer_busy(exchange, "Too many requests were refused. Please try again later.",
                         count.seconds);
    return false;
}

void refusals_note(const struct exchange *exchange, enum metrics_refusal reason, const char *text) {
    metrics_count_refusal(reason);
    if (exchange->config->refused_rate > 0)
        add(exchange, "refused", "");
    if (exchange->config->log_level == LOG_LEVEL_DEBUG) {
        log_write(LOG_LEVEL_WARNING, "%s", text);
        return;
    }
    struct count equal = add(exchange, "line", text);
    if (equal.now > 1)
        return;
    struct count lines = add(exchange, "lines", "");
    if (lines.now <= LIMIT_LOG_REFUSALS && equal.before > 1)
        log_write(LOG_LEVEL_WARNING, "%s (and %u more like it that were not logged)", text,
                  equal.before - 1);
    else if (lines.now <= LIMIT_LOG_REFUSALS)
        log_write(LOG_LEVEL_WARNING, "%s", text);
    else if (lines.now == LIMIT_LOG_REFUSALS + 1)
        log_write(LOG_LEVEL_WARNING, "further refusals of %s in this minute are not logged",
                  address_of(exchange));
}

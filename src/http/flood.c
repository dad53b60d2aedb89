/* Floods of refused requests: what counts as one address, and what the log takes of one. */
#include "http/flood.h"

#include <arpa/inet.h>

#include "base/log.h"

const char *flood_address(const struct exchange *exchange) {
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

struct count flood_count(const struct exchange *exchange, const char *kind, const char *text) {
    return counters_add(
        exchange->config->counters_file,
        arena_format(exchange->request->arena, "%s %s %s", kind, flood_address(exchange), text));
}

bool flood_admits_line(const struct exchange *exchange, const char *text, unsigned *more,
                       bool *last) {
    *more = 0;
    *last = false;
    if (exchange->config->log_level == LOG_LEVEL_DEBUG)
        return true;
    struct count equal = flood_count(exchange, "line", text);
    if (equal.now > 1)
        return false;
    struct count lines = flood_count(exchange, "lines", "");
    *more = equal.before > 1 ? equal.before - 1 : 0;
    *last = lines.now == LIMIT_LOG_REFUSALS;
    return lines.now <= LIMIT_LOG_REFUSALS;
}

/* Floods of refused requests: what counts as one address, and what the log takes of one. */
#ifndef DYNMOD_HTTP_FLOOD_H
#define DYNMOD_HTTP_FLOOD_H

#include "base/counters.h"
#include "http/exchange.h"

/* The client's address; of IPv6 a network of 64 bits, which is one customer's. Owned by the arena
 * of the request. */
const char *flood_address(const struct exchange *exchange)
    __attribute__((nonnull, returns_nonnull));

/* Counts the `kind` of event, with `text`, once more for the client's address. */
struct count flood_count(const struct exchange *exchange, const char *kind, const char *text)
    __attribute__((nonnull));

/* Whether the log may say `text` of a refused request: not when the same was said of this address
 * within the minute, nor after LIMIT_LOG_REFUSALS others; at the level debug always. Sets *more to
 * how many like it were left out before, *last when it is the last one in this minute. */
bool flood_admits_line(const struct exchange *exchange, const char *text, unsigned *more,
                       bool *last) __attribute__((nonnull, warn_unused_result));

#endif

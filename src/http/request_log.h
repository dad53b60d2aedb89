/* The log of requests: one line for each that has been answered. */
#ifndef DYNMOD_HTTP_REQUEST_LOG_H
#define DYNMOD_HTTP_REQUEST_LOG_H

#include <stdint.h>

#include "http/exchange.h"

/* Writes the line of a request whose response is complete, with how long it has taken, and waited
 * for the database, in microseconds. Its level is error for 5xx, warning for 4xx, and info for the
 * rest, or debug when it is routine. Of refused requests whose caller nobody knows, and of those
 * that come too often, not more is written than flood_admits_line() says. */
void request_log(const struct exchange *exchange, uint64_t taken, uint64_t database)
    __attribute__((nonnull));

#endif

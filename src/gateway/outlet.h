/* What goes back to the web server over a FastCGI connection: lines of the log, and the response.
 */
#ifndef DYNMOD_GATEWAY_OUTLET_H
#define DYNMOD_GATEWAY_OUTLET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct outlet {
    int socket;
    unsigned request;   /* its id on the connection */
    long seconds;       /* that the web server may take for what it does not take at once */
    struct buffer held; /* records of lines that go out with the response */
    bool holds;
    bool waits;  /* the web server has not taken something at once */
    bool counts; /* and so a deadline of its own runs */
};

/* Nothing has been sent yet. outlet_close() frees it. */
void outlet_open(struct outlet *outlet, int socket, unsigned request, long seconds)
    __attribute__((nonnull));

/* From now on lines are not sent at once but with the response, which must follow soon. */
void outlet_hold(struct outlet *outlet) __attribute__((nonnull));

/* Sends a line of the log. What cannot be sent goes to standard error. */
void outlet_log(struct outlet *outlet, const char *line, size_t length) __attribute__((nonnull));

/* Sends the response and the end of the request: what fits into one record in one write, together
 * with the lines that were held. Returns false when the web server has gone, or has not taken all
 * in time. */
bool outlet_respond(struct outlet *outlet, const char *head, size_t head_length, const char *body,
                    size_t body_length) __attribute__((nonnull, warn_unused_result));

/* Frees it; lines that were held and not sent go to standard error. The socket stays open. */
void outlet_close(struct outlet *outlet) __attribute__((nonnull));

#endif

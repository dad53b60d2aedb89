/* The two ways in which web servers run a program: CGI and FastCGI. */
#ifndef DYNMOD_GATEWAY_GATEWAY_H
#define DYNMOD_GATEWAY_GATEWAY_H

#include <stdbool.h>

#include "gateway/deadline.h"
#include "http/transport.h"

/* What a gateway calls for each request. */
struct gateway_calls {
    /* Called when a request is about to be read; returns the deadlines that it has. */
    struct deadlines (*before)(void *context);
    /* Answers the request that `transport` carries, with one call to its write(). While it reads,
     * the deadline of the body runs, which it must stop. Returns false when writing failed. */
    bool (*answer)(void *context, const struct transport *transport);
    /* Called after each request, when the web server has got the whole response. */
    void (*after)(void *context);
    void *context;
};

/* Whether the web server speaks FastCGI to this process: then standard input is a listening socket
 * (FastCGI specification, 2.2). */
bool gateway_is_fastcgi(void);

/* Serves the one request of a CGI process (RFC 3875). Returns the exit status. */
int gateway_serve_cgi(const struct gateway_calls *calls) __attribute__((nonnull));

/* Serves one request after another until SIGTERM, SIGUSR1, SIGINT or SIGHUP; a request that has
 * begun is finished first. Returns the exit status. */
int gateway_serve_fastcgi(const struct gateway_calls *calls) __attribute__((nonnull));

#endif

/* The two ways in which web servers run a program: CGI and FastCGI. */
#ifndef DYNMOD_GATEWAY_GATEWAY_H
#define DYNMOD_GATEWAY_GATEWAY_H

#include <stdbool.h>

#include "http/transport.h"

/* Answers the request that `transport` carries, with one call to its write(). Returns false when
 * that failed. */
typedef bool gateway_answer(void *context, const struct transport *transport);
/* Called after each request, when the web server has got the whole response. */
typedef void gateway_after(void *context);

/* Whether the web server speaks FastCGI to this process: then standard input is a listening socket
 * (FastCGI specification, 2.2). */
bool gateway_is_fastcgi(void);

/* Serves the one request of a CGI process (RFC 3875). Returns the exit status. */
int gateway_serve_cgi(gateway_answer *answer, gateway_after *after, void *context)
    __attribute__((nonnull(1, 2)));

/* Serves one request after another until SIGTERM, SIGUSR1, SIGINT or SIGHUP; a request that has
 * begun is finished first. Returns the exit status. */
int gateway_serve_fastcgi(gateway_answer *answer, gateway_after *after, void *context)
    __attribute__((nonnull(1, 2)));

#endif

/* One HTTP request to an app, within what the configuration allows. */
#ifndef DYNMOD_HOST_HTTP_CLIENT_H
#define DYNMOD_HOST_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/memory.h"

struct http_call {
    const char *method; /* any but HEAD */
    const char *url;
    const char *authorization; /* the value of the header; NULL for none */
    const char *body;          /* JSON; NULL for none */
    size_t answer_maximum;     /* bytes of the answer's body */
};

/* Owned by the arena. */
struct http_answer {
    long status;          /* 0 when the call failed */
    const char *location; /* of a redirect, an absolute URL, printable; NULL when there is none */
    const char *body;     /* NUL-terminated; never NULL once the call has succeeded */
    size_t length;
    long milliseconds; /* how long the call took, also when it failed */
};

/* Sends the request and waits for the whole answer, whatever its status. Redirects are not
 * followed, and neither proxies nor passwords are taken from the environment. The URL is checked by
 * app_url_check(), and so is the very address that is connected to. Certificates are verified, with
 * the authorities in app_ca_file besides those of the system (where libcurl has these as a file
 * only, and not as a directory like that of Debian: instead of them). Fails with FAULT_REFUSED or
 * FAULT_INPUT as app_url_check() does, and with FAULT_UNAVAILABLE when there is no complete answer
 * within app_timeout seconds and answer_maximum bytes; the text says why. */
bool http_client_call(struct arena *arena, const struct config *config,
                      const struct http_call *call, struct http_answer *answer, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

/* A request as the resources see it, whichever gateway it came through. */
#ifndef DYNMOD_HTTP_REQUEST_H
#define DYNMOD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/memory.h"
#include "http/transport.h"

enum body_state {
    BODY_WHOLE,     /* all of it is in `body` */
    BODY_TOO_LARGE, /* larger than the limit; it was read and dropped */
    BODY_CUT_OFF,   /* fewer bytes were received than were announced */
};

/* Strings live as long as the request; a string is NULL when the client did not send it. */
struct request {
    struct arena *arena;
    /* Identifies the request in the log: what the client or a proxy has sent in X-Request-Id, if it
     * is letters, digits and -._:=+/ only, otherwise made. */
    char id[LIMIT_REQUEST_ID + 1];
    const char *method; /* as sent; never NULL */
    const char *target; /* the raw request target, path and query; never NULL */
    const char *accept;
    const char *authorization;
    const char *content_type;
    const char *if_match; /* this and dry_run may be "" */
    const char *if_none_match;
    const char *prefer;
    const char *dry_run;        /* X-Dynmod-Dry-Run */
    const char *client_address; /* as the web server says */
    const char *authority;      /* the host, and maybe the port, that the client asked */
    const char *site;           /* as DYNMOD_SITE names it */
    const char *body;           /* NUL-terminated; never NULL */
    size_t body_length;
    enum body_state body_state;
};

/* Fills in `request` from `transport`, with all of a body of up to `max_body_bytes`. A larger body
 * is read to its end and dropped, because servers lose the response to a body that was not read. */
void request_read(struct request *request, struct arena *arena, const struct transport *transport,
                  size_t max_body_bytes) __attribute__((nonnull));

/* What finds the site of the request: the name or the address that DYNMOD_SITE says, else the
 * address that was asked, with this context path; "default" where the web server tells neither. */
const char *request_site(const struct request *request, const char *context_path)
    __attribute__((nonnull, returns_nonnull));

#endif

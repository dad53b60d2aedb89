/* What carries a request to the program and the response back: CGI or FastCGI. */
#ifndef DYNMOD_HTTP_TRANSPORT_H
#define DYNMOD_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct transport {
    /* The request parameters of RFC 3875, 4.1 as "NAME=value", with NULL after the last; valid
     * until the request ends. */
    char *const *parameters;
    /* Reads up to `size` bytes of the body. Fewer mean that it has ended; sets *failed when it
     * ended prematurely. */
    size_t (*read)(void *context, char *bytes, size_t size, bool *failed);
    /* Called when the response is complete, before write(): what is logged from now on goes to the
     * web server together with it. NULL where the log goes another way. */
    void (*hold)(void *context);
    /* Writes the response: everything before the body, then the body. Returns false when the peer
     * is gone. */
    bool (*write)(void *context, const char *head, size_t head_length, const char *body,
                  size_t body_length);
    void *context;
    bool body_ends; /* the stream itself marks the end of the body, as in FastCGI */
};

#endif

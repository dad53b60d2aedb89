/* A response, built in memory and written in one go. */
#ifndef DYNMOD_HTTP_RESPONSE_H
#define DYNMOD_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

#define RESPONSE_JSON "application/json;charset=UTF-8"

struct response {
    int status;
    struct buffer headers; /* whole lines, "Name: value\r\n" */
    struct buffer body;
};

/* An empty answer 500, so that a forgotten status shows. */
void response_init(struct response *response) __attribute__((nonnull));
void response_free(struct response *response) __attribute__((nonnull));
/* Adds a header; control characters in `value` become spaces. */
void response_header(struct response *response, const char *name, const char *value)
    __attribute__((nonnull));
/* Makes it an error answer: the body {"message": text}, not to be stored by caches. What was set
 * before, headers apart, is replaced. The text must be UTF-8. */
void response_error(struct response *response, int status, const char *text)
    __attribute__((nonnull));
/* Appends the response to `out` as RFC 3875, 6 wants it from a CGI program; without the body when
 * `head`. Adds what every answer carries. */
void response_render(const struct response *response, bool head, struct buffer *out)
    __attribute__((nonnull));

#endif

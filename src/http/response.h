/* A response, built in memory and written at once. */
#ifndef DYNMOD_HTTP_RESPONSE_H
#define DYNMOD_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "http/transport.h"

#define RESPONSE_JSON "application/json;charset=UTF-8"
#define RESPONSE_PROBLEM "application/problem+json"

struct response {
    struct arena *arena; /* owns the parts of the response */
    int status;
    struct buffer headers; /* whole lines, "Name: value\r\n" */
    const char *body;      /* not copied: it lives at least as long as the response */
    size_t body_length;
    const char *accept; /* of the request; NULL for nothing. It says what errors look like */
    const char *note;   /* for the log: why it failed, or what was done; NULL for nothing */
};

/* Makes the response an empty 500, so that a forgotten status is noticed. */
void response_init(struct response *response, struct arena *arena) __attribute__((nonnull));
void response_free(struct response *response) __attribute__((nonnull));
/* Takes back all that was set since, headers too. */
void response_clear(struct response *response) __attribute__((nonnull));
/* Adds a header; control characters in `value` become spaces. */
void response_header(struct response *response, const char *name, const char *value)
    __attribute__((nonnull));
/* Makes `text` the body, with its type; the string must live as long as the response. */
void response_body(struct response *response, const char *content_type, const char *text)
    __attribute__((nonnull));
/* Whether the client has asked for errors as RFC 9457 has them, by RESPONSE_PROBLEM in Accept. */
bool response_wants_problem(const struct response *response) __attribute__((nonnull));
/* Makes it an error response with the body {"message": text}, or as RFC 9457 has it for clients
 * that want that, which caches must not store. Replaces whatever was set before, except headers.
 * The text must be UTF-8, and is the note as well. */
void response_error(struct response *response, int status, const char *text)
    __attribute__((nonnull));
/* The same with further members for clients that want RFC 9457: JSON text, with a comma before
 * each; other clients are not told. */
void response_problem(struct response *response, int status, const char *text, const char *members)
    __attribute__((nonnull));
/* Makes it a 412 with the body {"message": text, "etag": tag}, or as RFC 9457 has it, with the
 * member too. `tag` is the present entity tag of what was to be changed, with its quotes; the
 * header ETag has it as well. */
void response_precondition_failed(struct response *response, const char *tag, const char *text)
    __attribute__((nonnull));
/* Makes it a 500 without details, with `reason` as the note. */
void response_internal_error(struct response *response, const char *reason)
    __attribute__((nonnull));
/* Called once nothing is added any more: a response that exceeds LIMIT_HEAD or LIMIT_RESPONSE is
 * never sent in part, and becomes a 500. */
void response_end(struct response *response) __attribute__((nonnull));
/* Writes the response as RFC 3875, 6 requires it from a CGI program, with the headers that every
 * response has, and without the body if `head`. Returns false when the peer is gone. */
bool response_write(const struct response *response, bool head, const struct transport *transport)
    __attribute__((nonnull));

#endif

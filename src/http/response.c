/* A response, built in memory and written at once. */
#include "http/response.h"

#include <string.h>

#include "base/limits.h"
#include "http/accept.h"
#include "json/json.h"

#define INTERNAL_ERROR_TEXT "An internal error occurred. See the log of the host for details."

enum { STATUS_AND_COMMON_HEADERS = 200 }; /* bytes, at most */

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

static const char *reason(int status) {
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

void response_init(struct response *response, struct arena *arena) {
    *response = (struct response){.arena = arena, .status = 500, .body = ""};
    buffer_init(&response->headers, LIMIT_HEAD);
}

void response_free(struct response *response) {
    buffer_free(&response->headers);
}

void response_clear(struct response *response) {
    buffer_clear(&response->headers);
    response->status = 500;
    response->body = "";
    response->body_length = 0;
    response->note = NULL;
}

void response_header(struct response *response, const char *name, const char *value) {
    buffer_add_text(&response->headers, name);
    buffer_add_text(&response->headers, ": ");
    for (const char *byte = value; *byte != '\0'; byte++) {
        bool control = (unsigned char)*byte < 0x20 || *byte == 0x7f;
        buffer_add_byte(&response->headers, control ? ' ' : *byte);
    }
    buffer_add_text(&response->headers, "\r\n");
}

void response_body(struct response *response, const char *content_type, const char *text) {
    response_header(response, "Content-Type", content_type);
    response->body = text;
    response->body_length = strlen(text);
}

bool response_wants_problem(const struct response *response) {
    return accept_names(response->accept, RESPONSE_PROBLEM);
}

/* An error response with further members: JSON text, with a comma before each. */
static void set_error(struct response *response, int status, const char *text,
                      const char *members) {
    const bool problem = response_wants_problem(response);
    struct buffer body;
    buffer_init(&body, LIMIT_RESPONSE);
    if (problem)
        buffer_add_format(&body,
                          "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":",
                          reason(status), status);
    else
        buffer_add_text(&body, "{\"message\":");
    json_add_string(&body, text, strlen(text));
    buffer_add_text(&body, members);
    buffer_add_byte(&body, '}');
    response->status = status;
    response->note = arena_text(response->arena, text);
    response_body(response, problem ? RESPONSE_PROBLEM : RESPONSE_JSON,
                  buffer_to_arena(&body, response->arena));
    response_header(response, "Cache-Control", "no-store");
}

void response_error(struct response *response, int status, const char *text) {
    set_error(response, status, text, "");
}

void response_problem(struct response *response, int status, const char *text,
                      const char *members) {
    set_error(response, status, text, response_wants_problem(response) ? members : "");
}

void response_precondition_failed(struct response *response, const char *tag, const char *text) {
    struct buffer member;
    buffer_init(&member, LIMIT_HEAD);
    buffer_add_text(&member, ",\"etag\":");
    json_add_string(&member, tag, strlen(tag));
    set_error(response, 412, text, buffer_to_arena(&member, response->arena));
    response_header(response, "ETag", tag);
}

void response_internal_error(struct response *response, const char *reason) {
    response_error(response, 500, INTERNAL_ERROR_TEXT);
    response->note = arena_text(response->arena, reason);
}

/* A truncated response would look complete to its client, so it is not sent at all. */
static void refuse_too_large(struct response *response) {
    const char *reason =
        response->headers.overflow
            ? arena_format(response->arena, "the headers of the response are longer than %d bytes",
                           LIMIT_HEAD)
            : arena_format(response->arena, "the response is larger than %d bytes", LIMIT_RESPONSE);
    buffer_clear(&response->headers);
    response_internal_error(response, reason);
}

void response_end(struct response *response) {
    if (response->headers.overflow || response->body_length > LIMIT_RESPONSE)
        refuse_too_large(response);
}

bool response_write(const struct response *response, bool head, const struct transport *transport) {
    bool bodiless = response->status == 204 || response->status == 304;
    struct buffer start;
    buffer_init(&start, response->headers.length + STATUS_AND_COMMON_HEADERS);
    buffer_add_format(&start, "Status: %d %s\r\n", response->status, reason(response->status));
    buffer_add(&start, buffer_text(&response->headers), response->headers.length);
    buffer_add_text(&start, "X-Content-Type-Options: nosniff\r\n");
    if (!bodiless)
        buffer_add_format(&start, "Content-Length: %zu\r\n", response->body_length);
    buffer_add_text(&start, "\r\n");
    bool written = transport->write(transport->context, buffer_text(&start), start.length,
                                    response->body, bodiless || head ? 0 : response->body_length);
    buffer_free(&start);
    return written;
}

/* A response, built in memory and written in one go. */
#include "http/response.h"

#include <string.h>

#include "base/limits.h"
#include "json/json.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

static const char *reason(int status) {
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

void response_init(struct response *response) {
    response->status = 500;
    buffer_init(&response->headers, LIMIT_RESPONSE);
    buffer_init(&response->body, LIMIT_RESPONSE);
}

void response_free(struct response *response) {
    buffer_free(&response->headers);
    buffer_free(&response->body);
}

void response_header(struct response *response, const char *name, const char *value) {
    buffer_add_format(&response->headers, "%s: ", name);
    for (const char *byte = value; *byte != '\0'; byte++) {
        bool control = (unsigned char)*byte < 0x20 || *byte == 0x7f;
        buffer_add_byte(&response->headers, control ? ' ' : *byte);
    }
    buffer_add_text(&response->headers, "\r\n");
}

void response_error(struct response *response, int status, const char *text) {
    response->status = status;
    response_header(response, "Content-Type", RESPONSE_JSON);
    response_header(response, "Cache-Control", "no-store");
    buffer_clear(&response->body);
    buffer_add_text(&response->body, "{\"message\":");
    json_add_string(&response->body, text, strlen(text));
    buffer_add_byte(&response->body, '}');
}

void response_render(const struct response *response, bool head, struct buffer *out) {
    bool bodiless = response->status == 204 || response->status == 304;
    buffer_add_format(out, "Status: %d %s\r\n", response->status, reason(response->status));
    buffer_add(out, buffer_text(&response->headers), response->headers.length);
    buffer_add_text(out, "X-Content-Type-Options: nosniff\r\n");
    if (!bodiless)
        buffer_add_format(out, "Content-Length: %zu\r\n", response->body.length);
    buffer_add_text(out, "\r\n");
    if (!bodiless && !head)
        buffer_add(out, buffer_text(&response->body), response->body.length);
}

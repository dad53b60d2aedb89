/* A request as the resources see it, whichever gateway it came through. */
#include "http/request.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/limits.h"

#define DEFAULT_SITE "default"

/* The parameter, copied; NULL when unset or empty, which servers do not tell apart. */
static const char *parameter(const struct request *request, const struct transport *transport,
                             const char *name) {
    const char *value = transport->parameter(transport->context, name);
    return value == NULL || value[0] == '\0' ? NULL : arena_text(request->arena, value);
}

static const char *either(const char *first, const char *second) {
    return first != NULL ? first : second;
}

/* The announced length, or -1 when there is none. */
static int64_t announced_length(const char *content_length) {
    if (content_length == NULL || content_length[0] == '\0') /* nginx sends an empty one */
        return -1;
    char *end = NULL;
    errno = 0;
    long long length = strtoll(content_length, &end, 10);
    return errno != 0 || *end != '\0' || length < 0 ? -1 : (int64_t)length;
}

/* Reads up to `expected` bytes (any number when -1), keeps up to `most` of them and returns how
 * many came. */
static int64_t drain(const struct transport *transport, struct buffer *body, int64_t expected,
                     bool *failed) {
    char chunk[16 * 1024];
    int64_t total = 0;
    while (total < LIMIT_DRAIN && total != expected) {
        size_t wanted = sizeof chunk;
        if (expected >= 0 && expected - total < (int64_t)wanted)
            wanted = (size_t)(expected - total);
        size_t count = transport->read(transport->context, chunk, wanted, failed);
        buffer_add(body, chunk, count);
        total += (int64_t)count;
        if (count < wanted)
            break;
    }
    return total;
}

static void read_body(struct request *request, const struct transport *transport,
                      size_t max_body_bytes) {
    int64_t announced =
        announced_length(transport->parameter(transport->context, "CONTENT_LENGTH"));
    const char *coding = transport->parameter(transport->context, "HTTP_TRANSFER_ENCODING");
    bool chunked = announced < 0 && coding != NULL && coding[0] != '\0';
    struct buffer body;
    buffer_init(&body, max_body_bytes);
    bool failed = false;
    int64_t total = 0;
    if (transport->body_ends)
        total = drain(transport, &body, -1, &failed);
    else if (chunked || announced > 0)
        total = drain(transport, &body, announced, &failed);
    if (body.overflow || announced > (int64_t)max_body_bytes)
        request->body_state = BODY_TOO_LARGE;
    else if (failed || (announced >= 0 && total != announced))
        request->body_state = BODY_CUT_OFF;
    request->body_length = body.length;
    request->body = buffer_to_arena(&body, request->arena);
}

/* Unique enough to find the lines of one request in a log. */
static void set_id(struct request *request) {
    static unsigned int count;
    snprintf(request->id, sizeof request->id, "%lx-%x-%x", (unsigned long)clock_now(),
             (unsigned int)getpid() & 0xffffff, ++count & 0xffff);
}

void request_read(struct request *request, struct arena *arena, const struct transport *transport,
                  size_t max_body_bytes) {
    *request = (struct request){.arena = arena};
    set_id(request);
    request->method = either(parameter(request, transport, "REQUEST_METHOD"), "");
    request->target = either(parameter(request, transport, "REQUEST_URI"), "");
    /* A rewrite in .htaccess renames what was set before it (fcgid, CGI). */
    request->authorization = either(parameter(request, transport, "HTTP_AUTHORIZATION"),
                                    parameter(request, transport, "REDIRECT_HTTP_AUTHORIZATION"));
    request->content_type = parameter(request, transport, "CONTENT_TYPE");
    request->if_none_match = parameter(request, transport, "HTTP_IF_NONE_MATCH");
    request->site = either(parameter(request, transport, "DYNMOD_SITE"),
                           parameter(request, transport, "REDIRECT_DYNMOD_SITE"));
    request->site = either(request->site, config_environment("DYNMOD_SITE"));
    request->site = either(request->site, DEFAULT_SITE);
    read_body(request, transport, max_body_bytes);
}

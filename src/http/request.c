/* A request as the resources see it, whichever gateway it came through. */
#include "http/request.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "http/site_address.h"

#define DEFAULT_SITE "default"
#define NO_ADDRESS "//" /* the address of no site */

/* The parameters that count; nothing else of a request is ever looked at. */
enum parameter {
    METHOD,
    TARGET,
    ACCEPT,
    AUTHORIZATION,
    REDIRECTED_AUTHORIZATION,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    IF_MATCH,
    IF_NONE_MATCH,
    PREFER,
    DRY_RUN,
    CLIENT_ADDRESS,
    HOST,
    SERVER_NAME,
    SERVER_PORT,
    REQUEST_ID,
    SITE,
    REDIRECTED_SITE,
    PARAMETER_COUNT
};

static const char *const names[PARAMETER_COUNT] = {
    [METHOD] = "REQUEST_METHOD",
    [TARGET] = "REQUEST_URI",
    [ACCEPT] = "HTTP_ACCEPT",
    [AUTHORIZATION] = "HTTP_AUTHORIZATION",
    /* a rewrite in .htaccess renames variables that were set before it (fcgid, CGI) */
    [REDIRECTED_AUTHORIZATION] = "REDIRECT_HTTP_AUTHORIZATION",
    [CONTENT_TYPE] = "CONTENT_TYPE",
    [CONTENT_LENGTH] = "CONTENT_LENGTH",
    [TRANSFER_ENCODING] = "HTTP_TRANSFER_ENCODING",
    [IF_MATCH] = "HTTP_IF_MATCH",
    [IF_NONE_MATCH] = "HTTP_IF_NONE_MATCH",
    [PREFER] = "HTTP_PREFER",
    [DRY_RUN] = "HTTP_X_DYNMOD_DRY_RUN",
    [CLIENT_ADDRESS] = "REMOTE_ADDR",
    [HOST] = "HTTP_HOST",
    [SERVER_NAME] = "SERVER_NAME",
    [SERVER_PORT] = "SERVER_PORT",
    [REQUEST_ID] = "HTTP_X_REQUEST_ID",
    [SITE] = "DYNMOD_SITE",
    [REDIRECTED_SITE] = "REDIRECT_DYNMOD_SITE",
};

static void read_parameter(const char *text, const char *values[PARAMETER_COUNT]) {
    size_t length = (size_t)(strchrnul(text, '=') - text);
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *name = names[i];
        if (text[0] != name[0] || strncmp(text, name, length) != 0 || name[length] != '\0')
            continue;
        if (values[i] == NULL && text[length] == '=') /* of duplicates the first counts */
            values[i] = text + length + 1;
        return;
    }
}

/* Reads all values in one pass. NULL means unset or empty, which servers do not distinguish; but
 * where one does, an empty header that was to keep something from being done counts as a mistake.
 */
static void read_parameters(char *const *parameters, const char *values[PARAMETER_COUNT]) {
    for (; *parameters != NULL; parameters++)
        read_parameter(*parameters, values);
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        if (values[i] != NULL && values[i][0] == '\0' && i != IF_MATCH && i != DRY_RUN)
            values[i] = NULL;
}

static const char *either(const char *first, const char *second) {
    return first != NULL ? first : second;
}

/* The announced length, or -1 when there is none. */
static int64_t announced_length(const char *content_length) {
    if (content_length == NULL)
        return -1;
    char *end = NULL;
    errno = 0;
    long long length = strtoll(content_length, &end, 10);
    return errno != 0 || *end != '\0' || length < 0 ? -1 : (int64_t)length;
}

/* Reads up to `expected` bytes (any number when -1), keeps as many as fit into `body` and returns
 * how many were received. */
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
                      const char *content_length, const char *coding, size_t max_body_bytes) {
    int64_t announced = announced_length(content_length);
    bool chunked = announced < 0 && coding != NULL;
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

/* The host and port that were asked; NULL when the web server does not say. */
static const char *read_authority(struct arena *arena, const char *values[PARAMETER_COUNT]) {
    if (values[HOST] != NULL || values[SERVER_NAME] == NULL)
        return values[HOST];
    return arena_format(arena, "%s:%s", values[SERVER_NAME], either(values[SERVER_PORT], ""));
}

static bool is_sane_id(const char *id) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:=+/";
    size_t length = strspn(id, alphabet);
    return length > 0 && length <= LIMIT_REQUEST_ID && id[length] == '\0';
}

/* An id that is made is unique enough to find the lines of one request in a log. */
static void set_id(struct request *request, const char *sent) {
    static unsigned int count;
    if (sent != NULL && is_sane_id(sent)) {
        snprintf(request->id, sizeof request->id, "%s", sent);
        return;
    }
    snprintf(request->id, sizeof request->id, "%lx-%x-%x", (unsigned long)clock_now(),
             (unsigned int)getpid() & 0xffffff, ++count & 0xffff);
}

void request_read(struct request *request, struct arena *arena, const struct transport *transport,
                  size_t max_body_bytes) {
    const char *values[PARAMETER_COUNT] = {NULL};
    read_parameters(transport->parameters, values);
    *request = (struct request){
        .arena = arena,
        .method = either(values[METHOD], ""),
        .target = either(values[TARGET], ""),
        .accept = values[ACCEPT],
        .authorization = either(values[AUTHORIZATION], values[REDIRECTED_AUTHORIZATION]),
        .content_type = values[CONTENT_TYPE],
        .if_match = values[IF_MATCH],
        .if_none_match = values[IF_NONE_MATCH],
        .prefer = values[PREFER],
        .dry_run = values[DRY_RUN],
        .client_address = values[CLIENT_ADDRESS],
        .authority = read_authority(arena, values),
        .site = either(values[SITE], values[REDIRECTED_SITE]),
    };
    request->site = either(request->site, config_environment("DYNMOD_SITE"));
    set_id(request, values[REQUEST_ID]);
    read_body(request, transport, values[CONTENT_LENGTH], values[TRANSFER_ENCODING],
              max_body_bytes);
}

const char *request_site(const struct request *request, const char *context_path) {
    const char *site = DEFAULT_SITE;
    if (request->site != NULL)
        site = site_address_of_name(request->arena, request->site);
    else if (request->authority != NULL)
        site = site_address(request->arena, request->authority, context_path);
    /* A path that is UTF-8 once decoded need not be before; the database refuses other text. */
    return site != NULL && utf8_valid_prefix(site, strlen(site)) == strlen(site) ? site
                                                                                 : NO_ADDRESS;
}

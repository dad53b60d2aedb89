/* One HTTP request to an app, within what the configuration allows. */
#include "host/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/version.h"
#include "host/app_url.h"

/* A call on its way. */
struct transfer {
    CURL *curl;
    struct curl_slist *headers;
    struct app_url_reach reach;
    struct buffer body;
    size_t head_length;             /* bytes of header lines, trailers and interim answers too */
    char refused[INET6_ADDRSTRLEN]; /* an address that the reach does not cover; "" for none */
    bool connecting;                /* to an address that it covers */
    char reason[CURL_ERROR_SIZE];
};

/* Called by libcurl with each address of the host, before it connects. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    struct transfer *transfer = context;
    const void *any = &address->addr;
    const struct sockaddr_in *ipv4 = any;
    const struct sockaddr_in6 *ipv6 = any;
    (void)purpose;
    if (!app_url_allows(&transfer->reach, any)) {
        const void *bytes = address->family == AF_INET ? (const void *)&ipv4->sin_addr
                                                       : (const void *)&ipv6->sin6_addr;
        inet_ntop(address->family, bytes, transfer->refused, sizeof transfer->refused);
        return CURL_SOCKET_BAD;
    }
    transfer->connecting = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Called by libcurl with the next bytes of the body; what it returns ends the call unless it is
 * `count`. */
static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    buffer_add(&transfer->body, bytes, size * count);
    return transfer->body.overflow ? 0 : count;
}

/* Called by libcurl with each header line and trailer; what it returns ends the call unless it is
 * `count`. libcurl keeps them all, and limits only those before the body. */
static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    (void)bytes;
    transfer->head_length += size * count;
    return transfer->head_length > LIMIT_CALL_HEAD ? 0 : count;
}

#define SET(option, value) (curl_easy_setopt(transfer->curl, option, value) == CURLE_OK)

/* Whatever bounds the call: refusing an option must not go unnoticed. */
static bool set_bounds(struct transfer *transfer, const struct config *config) {
    return SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
           SET(CURLOPT_PROXY, "") && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
           SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) && SET(CURLOPT_OPENSOCKETDATA, transfer) &&
           SET(CURLOPT_WRITEFUNCTION, take_body) && SET(CURLOPT_WRITEDATA, transfer) &&
           SET(CURLOPT_HEADERFUNCTION, take_header) && SET(CURLOPT_HEADERDATA, transfer) &&
           SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
           SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_CONNECTTIMEOUT, (long)LIMIT_CONNECT_SECONDS) &&
           SET(CURLOPT_TIMEOUT, config->app_timeout) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && /* does not wait for a slow name server */
           (config->app_ca_file[0] == '\0' || SET(CURLOPT_CAINFO, config->app_ca_file));
}

static bool add_header(struct transfer *transfer, const char *header) {
    struct curl_slist *headers = curl_slist_append(transfer->headers, header);
    if (headers != NULL)
        transfer->headers = headers;
    return headers != NULL;
}

static bool set_request(struct arena *arena, struct transfer *transfer,
                        const struct http_call *call) {
    if (!SET(CURLOPT_URL, call->url) || !SET(CURLOPT_ERRORBUFFER, transfer->reason) ||
        !SET(CURLOPT_USERAGENT, "dynmod/" DYNMOD_VERSION) ||
        !add_header(transfer, "Accept: application/json"))
        return false;
    if (call->body != NULL &&
        (!SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body)) ||
         !SET(CURLOPT_POSTFIELDS, call->body) || !add_header(transfer, "Expect:") ||
         !add_header(transfer, "Content-Type: application/json")))
        return false;
    if (call->authorization != NULL &&
        !add_header(transfer, arena_format(arena, "Authorization: %s", call->authorization)))
        return false;
    return SET(CURLOPT_CUSTOMREQUEST, call->method) && SET(CURLOPT_HTTPHEADER, transfer->headers);
}

static long information(struct transfer *transfer, CURLINFO which) {
    long number = 0;
    curl_easy_getinfo(transfer->curl, which, &number);
    return number;
}

/* What the app has sent goes into messages, JSON and terminals, so that it must be printable. */
static const char *printable(struct arena *arena, const char *text) {
    struct buffer escaped;
    if (text == NULL)
        return NULL;
    buffer_init(&escaped, LIMIT_MESSAGE);
    buffer_add_escaped(&escaped, text, strlen(text), LIMIT_ECHO);
    return buffer_to_arena(&escaped, arena);
}

static const char *redirect_url(struct arena *arena, struct transfer *transfer) {
    const char *text = NULL;
    curl_easy_getinfo(transfer->curl, CURLINFO_REDIRECT_URL, &text);
    return printable(arena, text);
}

/* Whether the request could be sent, because the connection stood. */
static bool was_connected(struct transfer *transfer) {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_PRETRANSFER_TIME_T, &microseconds);
    return microseconds > 0;
}

static bool explain_timeout(struct transfer *transfer, const struct config *config,
                            struct fault *fault) {
    if (was_connected(transfer))
        return fault_set(fault, FAULT_UNAVAILABLE, "%s gave no complete answer within %ld s",
                         transfer->reach.origin, config->app_timeout);
    return fault_set(fault, FAULT_UNAVAILABLE, "%s did not accept a connection within %ld s",
                     transfer->reach.origin,
                     config->app_timeout < LIMIT_CONNECT_SECONDS ? config->app_timeout
                                                                 : (long)LIMIT_CONNECT_SECONDS);
}

static bool explain_no_connection(struct transfer *transfer, struct fault *fault) {
    if (transfer->refused[0] != '\0' && !transfer->connecting)
        return fault_set(fault, FAULT_REFUSED,
                         "%s resolves to %s, which the option allowed_app_urls does not allow",
                         transfer->reach.origin, transfer->refused);
    return fault_set(fault, FAULT_UNAVAILABLE, "%s does not accept connections: %s",
                     transfer->reach.origin,
                     strerror((int)information(transfer, CURLINFO_OS_ERRNO)));
}

/* Says in the fault why there is no answer. */
static bool explain(struct arena *arena, struct transfer *transfer, const struct config *config,
                    CURLcode code, struct fault *fault) {
    const char *origin = transfer->reach.origin;
    const char *reason =
        transfer->reason[0] == '\0' ? curl_easy_strerror(code) : printable(arena, transfer->reason);
    if (transfer->head_length > LIMIT_CALL_HEAD)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s answered with more than %d bytes of headers",
                         origin, LIMIT_CALL_HEAD);
    if (transfer->body.overflow)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s answered with more than %zu bytes", origin,
                         transfer->body.maximum);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return fault_set(fault, FAULT_UNAVAILABLE, "%s has a host name without an address", origin);
    case CURLE_COULDNT_CONNECT:
        return explain_no_connection(transfer, fault);
    case CURLE_OPERATION_TIMEDOUT:
        return explain_timeout(transfer, config, fault);
    case CURLE_PEER_FAILED_VERIFICATION:
        return fault_set(fault, FAULT_UNAVAILABLE, "%s has a certificate that is not accepted: %s",
                         origin, reason);
    case CURLE_SSL_CACERT_BADFILE:
        return fault_set(
            fault, FAULT_UNAVAILABLE, "the certificates of authorities%s%s cannot be read",
            config->app_ca_file[0] == '\0' ? "" : " in app_ca_file ", config->app_ca_file);
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "%s closed the connection before its answer was complete", origin);
    default:
        return fault_set(fault, FAULT_UNAVAILABLE, "%s cannot be called: %s", origin, reason);
    }
}

static bool perform(struct arena *arena, struct transfer *transfer, const struct config *config,
                    struct http_answer *answer, struct fault *fault) {
    CURLcode code = curl_easy_perform(transfer->curl);
    if (code != CURLE_OK)
        return explain(arena, transfer, config, code, fault);
    answer->status = information(transfer, CURLINFO_RESPONSE_CODE);
    answer->location = redirect_url(arena, transfer);
    answer->length = transfer->body.length;
    answer->body = buffer_to_arena(&transfer->body, arena);
    return true;
}

static bool start(void) {
    static bool started;
    if (!started)
        started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return started;
}

bool http_client_call(struct arena *arena, const struct config *config,
                      const struct http_call *call, struct http_answer *answer,
                      struct fault *fault) {
    struct transfer transfer = {0};
    int64_t began = clock_milliseconds();
    *answer = (struct http_answer){0};
    if (!app_url_check(arena, config, call->url, &transfer.reach, fault))
        return false;
    buffer_init(&transfer.body, call->answer_maximum);
    transfer.curl = start() ? curl_easy_init() : NULL;
    bool ok = transfer.curl != NULL && set_bounds(&transfer, config) &&
              set_request(arena, &transfer, call);
    if (ok)
        ok = perform(arena, &transfer, config, answer, fault);
    else
        fault_set(fault, FAULT_INTERNAL, "libcurl cannot be used as this program needs it");
    curl_easy_cleanup(transfer.curl);
    curl_slist_free_all(transfer.headers);
    buffer_free(&transfer.body);
    answer->milliseconds = (long)(clock_milliseconds() - began);
    return ok;
}

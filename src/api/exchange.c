/* One request on its way to one response. */
#include "api/exchange.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"

#define REFUSED_TEXT "The request is not from a Connect app."
#define UNAVAILABLE_TEXT "The service is not available at the moment. Please try again later."
#define INTERNAL_TEXT "An internal error occurred. The log of the host says more."

enum { HINT_MAX = 2000 }; /* bytes; servers limit a header to 8 KiB */

void exchange_fail(struct exchange *exchange, const struct fault *fault) {
    char seconds[24];
    switch (fault->kind) {
    case FAULT_INPUT:
    case FAULT_CONFLICT:
        response_error(exchange->response, 400, fault->text);
        break;
    case FAULT_NOT_FOUND:
        response_error(exchange->response, 404, fault->text);
        break;
    case FAULT_REFUSED:
        exchange_refuse(exchange, fault->text, NULL);
        break;
    case FAULT_UNAVAILABLE:
        log_write(LOG_LEVEL_ERROR, "503: %s", fault->text);
        response_error(exchange->response, 503, UNAVAILABLE_TEXT);
        snprintf(seconds, sizeof seconds, "%ld", exchange->service->config->retry_after);
        response_header(exchange->response, "Retry-After", seconds);
        break;
    case FAULT_INTERNAL:
        log_write(LOG_LEVEL_ERROR, "500: %s", fault->text);
        response_error(exchange->response, 500, INTERNAL_TEXT);
        break;
    }
}

static void add_hint(struct exchange *exchange, const char *reason, const char *canonical) {
    struct buffer hint;
    buffer_init(&hint, HINT_MAX);
    buffer_add_text(&hint, reason);
    if (canonical != NULL)
        buffer_add_format(&hint, "; the canonical request is %s", canonical);
    response_header(exchange->response, "X-Dynmod-Auth-Hint", buffer_text(&hint));
    buffer_free(&hint);
}

void exchange_refuse(struct exchange *exchange, const char *reason, const char *canonical) {
    log_write(LOG_LEVEL_WARNING, "401: %s%s%s", reason,
              canonical == NULL ? "" : "; the canonical request is ",
              canonical == NULL ? "" : canonical);
    response_error(exchange->response, 401, REFUSED_TEXT);
    response_header(exchange->response, "WWW-Authenticate", "JWT realm=\"Atlassian Connect\"");
    if (exchange->service->config->auth_hints)
        add_hint(exchange, reason, canonical);
}

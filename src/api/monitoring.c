/* The resource that a Prometheus server reads: metrics of the programs and of the database. */
#include "api/monitoring.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/networks.h"
#include "base/version.h"
#include "host/refusals.h"
#include "host/service.h"
#include "json/json.h"
#include "store/store_health.h"

#define SCHEME "Bearer "
#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define REFUSED_TEXT "The metrics are for the monitoring of this host only."

/* Compares in a time that tells nothing of the token. */
static bool is_token(const char *sent, const char *token) {
    unsigned char one[DIGEST_SIZE], other[DIGEST_SIZE];
    digest_sha256(sent, strlen(sent), one);
    digest_sha256(token, strlen(token), other);
    return digest_equal(one, other, sizeof one);
}

static bool sends_token(const struct exchange *exchange) {
    const char *header = exchange->request->authorization;
    const char *token = exchange->config->metrics_token;
    return token[0] != '\0' && header != NULL &&
           strncasecmp(header, SCHEME, sizeof SCHEME - 1) == 0 &&
           is_token(header + sizeof SCHEME - 1, token);
}

const void *monitoring_access(struct exchange *exchange) {
    const struct config *config = exchange->config;
    if (config->metrics_token[0] == '\0' && config->metrics_addresses[0] == '\0') {
        response_error(exchange->response, 404, ROUTER_NOT_FOUND_TEXT);
        return NULL;
    }
    if (networks_contain(config->metrics_addresses, exchange->request->client_address))
        return exchange;
    if (!refusals_admit(exchange))
        return NULL;
    if (sends_token(exchange))
        return exchange;
    response_error(exchange->response, 401, REFUSED_TEXT);
    refusals_note(exchange, METRICS_REFUSAL_PASSWORD,
                  "neither the metrics_token was sent nor is the address one of "
                  "metrics_addresses");
    response_header(exchange->response, "WWW-Authenticate", "Bearer realm=\"dynmod\"");
    return NULL;
}

/* Appends the value of a label, escaped. */
static void write_label(struct buffer *text, const char *value) {
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            buffer_add_byte(text, '\\');
        if (*value == '\n')
            buffer_add_text(text, "\\n");
        else
            buffer_add_byte(text, *value);
    }
}

/* A gauge with a sample for each member of `numbers`. */
static void write_gauges(struct buffer *text, const char *name, const char *label, const char *help,
                         struct json_object *numbers) {
    metrics_write_head(text, name, "gauge", help);
    json_object_object_foreach(numbers, value, number) {
        buffer_add_format(text, "%s{%s=\"", name, label);
        write_label(text, value);
        buffer_add_format(text, "\"} %" PRId64 "\n", json_object_get_int64(number));
    }
}

static void write_gauge(struct buffer *text, const char *name, const char *help, int64_t value) {
    metrics_write_head(text, name, "gauge", help);
    buffer_add_format(text, "%s %" PRId64 "\n", name, value);
}

static void write_figures(struct buffer *text, struct json_object *figures) {
    write_gauges(text, "dynmod_apps", "state", "Apps of all sites.", json_member(figures, "apps"));
    write_gauges(text, "dynmod_modules", "type", "Modules of all apps.",
                 json_member(figures, "modules"));
    write_gauges(text, "dynmod_history_rows", "kind", "Events in the history, about.",
                 json_member(figures, "history"));
    write_gauge(text, "dynmod_waiting_callbacks", "Calls that apps are still to get.",
                json_object_get_int64(json_member(figures, "callbacks")));
}

void monitoring_show(struct exchange *exchange, const void *caller) {
    const struct service *service = exchange->service;
    struct json_object *figures;
    struct buffer text;
    struct fault fault;
    (void)caller;
    exchange->routine = true;
    bool up = store_read_metrics(service->database, exchange->request->arena, &figures, &fault);
    if (!up)
        log_write(LOG_LEVEL_ERROR, "no metrics from the database: %s", fault.text);
    buffer_init(&text, LIMIT_RESPONSE);
    metrics_write_head(&text, "dynmod_build_info", "gauge", "The version of the program.");
    buffer_add_text(&text, "dynmod_build_info{version=\"" DYNMOD_VERSION "\"} 1\n");
    metrics_write(&text);
    write_gauge(&text, "dynmod_database_up", "Whether the database answers.", up);
    if (up)
        write_figures(&text, figures);
    exchange->response->status = 200;
    response_body(exchange->response, TEXT_TYPE, buffer_to_arena(&text, exchange->request->arena));
    response_header(exchange->response, "Cache-Control", "no-store");
}

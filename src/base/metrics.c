/* What the web programs have done, counted by all processes together for monitoring. */
#include "base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/shared_file.h"

typedef _Atomic uint64_t counter;

static const char *const programs[] = {"dynmod.fcgi", "dynmod-admin.fcgi"};
/* Others are counted under the last name. Those in front are what resources have. */
static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "other"};
static const int statuses[] = {200, 201, 202, 204, 303, 304, 400, 401, 403, 404,
                               405, 408, 409, 412, 413, 415, 429, 500, 503, 0};
static const char *const refusals[METRICS_REFUSALS] = {
    [METRICS_REFUSAL_NO_TOKEN] = "no_token",
    [METRICS_REFUSAL_TOKEN] = "token",
    [METRICS_REFUSAL_TIME] = "time",
    [METRICS_REFUSAL_UNKNOWN_APP] = "unknown_app",
    [METRICS_REFUSAL_APP_STATE] = "app_state",
    [METRICS_REFUSAL_SIGNATURE] = "signature",
    [METRICS_REFUSAL_QSH] = "qsh",
    [METRICS_REFUSAL_USED] = "used",
    [METRICS_REFUSAL_PASSWORD] = "password",
    [METRICS_REFUSAL_APP_RATE] = "app_rate",
    [METRICS_REFUSAL_ADDRESS] = "address",
    [METRICS_REFUSAL_GUESSES] = "guesses",
    [METRICS_REFUSAL_BUSY] = "busy",
};
/* Upper bounds of buckets, in microseconds; beyond them there is one more. */
static const uint32_t bounds[] = {1000,   2500,   5000,    10000,   25000,   50000,   100000,
                                  250000, 500000, 1000000, 2500000, 5000000, 10000000};

enum {
    PROGRAMS = sizeof programs / sizeof programs[0],
    METHODS = sizeof methods / sizeof methods[0],
    CHANGING_METHODS = 4, /* those in front */
    STATUSES = sizeof statuses / sizeof statuses[0],
    BOUNDS = sizeof bounds / sizeof bounds[0],
    FIRST_FAILURE = 500, /* the lowest status that is the host's fault */
};

struct histogram {
    counter buckets[BOUNDS + 1]; /* how many were in each, not in those before it */
    counter microseconds;
};

struct counts {
    counter requests[METHODS][STATUSES];
    counter refusals[METRICS_REFUSALS];
    counter events[METRICS_EVENTS];
    struct histogram requests_taken, queries_taken;
};

/* A change of it needs another FORM and SUFFIX: old programs may run beside new ones. */
struct table {
    struct shared_file_head head;
    struct counts programs[PROGRAMS];
};

#define FORM "metric2"
#define SUFFIX "-metrics2"

static struct table own;
static struct table *table = &own;
static struct counts *present = &own.programs[0];
static uint64_t database_time;

void metrics_open(const char *counters_file, const char *name) {
    if (table == &own)
        table = shared_file_map(counters_file, SUFFIX, FORM, sizeof *table);
    for (size_t i = 0; i < PROGRAMS; i++)
        if (strcmp(programs[i], name) == 0)
            present = &table->programs[i];
}

static void add(counter *count, uint64_t more) {
    atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}

static uint64_t get(counter *count) {
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void add_time(struct histogram *histogram, uint64_t microseconds) {
    size_t bucket = 0;
    while (bucket < BOUNDS && microseconds > bounds[bucket])
        bucket++;
    add(&histogram->buckets[bucket], 1);
    add(&histogram->microseconds, microseconds);
}

void metrics_count_request(const char *method, int status, uint64_t microseconds, bool timed) {
    size_t row = 0, column = 0;
    while (row < METHODS - 1 && strcmp(methods[row], method) != 0)
        row++;
    while (column < STATUSES - 1 && statuses[column] != status)
        column++;
    add(&present->requests[row][column], 1);
    if (timed)
        add_time(&present->requests_taken, microseconds);
}

void metrics_count_refusal(enum metrics_refusal reason) {
    add(&present->refusals[reason], 1);
}

void metrics_count_event(enum metrics_event event) {
    add(&present->events[event], 1);
}

void metrics_count_query(uint64_t microseconds) {
    add_time(&present->queries_taken, microseconds);
    database_time += microseconds;
}

uint64_t metrics_take_database_time(void) {
    uint64_t taken = database_time;
    database_time = 0;
    return taken;
}

void metrics_write_head(struct buffer *text, const char *name, const char *type, const char *help) {
    buffer_add_format(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Those that are zero are left out, but not failures: what begins with 1 does not count as a rise.
 */
static void write_requests(struct buffer *text, size_t program) {
    for (size_t row = 0; row < METHODS; row++)
        for (size_t column = 0; column < STATUSES; column++) {
            uint64_t count = get(&table->programs[program].requests[row][column]);
            bool failure = statuses[column] >= FIRST_FAILURE && row < CHANGING_METHODS;
            if (count == 0 && !failure)
                continue;
            buffer_add_format(text, "dynmod_requests_total{program=\"%s\",method=\"%s\",status=\"",
                              programs[program], methods[row]);
            if (statuses[column] == 0)
                buffer_add_text(text, "other");
            else
                buffer_add_format(text, "%d", statuses[column]);
            buffer_add_format(text, "\"} %" PRIu64 "\n", count);
        }
}

static void write_refusals(struct buffer *text, size_t program) {
    for (size_t i = 0; i < METRICS_REFUSALS; i++)
        buffer_add_format(text, "dynmod_refusals_total{program=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
                          programs[program], refusals[i],
                          get(&table->programs[program].refusals[i]));
}

static void write_histogram(struct buffer *text, const char *name, size_t program,
                            struct histogram *histogram) {
    uint64_t count = 0;
    for (size_t i = 0; i < BOUNDS; i++) {
        count += get(&histogram->buckets[i]);
        buffer_add_format(text, "%s_bucket{program=\"%s\",le=\"%g\"} %" PRIu64 "\n", name,
                          programs[program], bounds[i] / 1e6, count);
    }
    count += get(&histogram->buckets[BOUNDS]);
    buffer_add_format(text, "%s_bucket{program=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
                      programs[program], count);
    buffer_add_format(text, "%s_sum{program=\"%s\"} %.6f\n", name, programs[program],
                      (double)get(&histogram->microseconds) / 1e6);
    buffer_add_format(text, "%s_count{program=\"%s\"} %" PRIu64 "\n", name, programs[program],
                      count);
}

static void write_histograms(struct buffer *text, const char *name, const char *help,
                             size_t offset) {
    metrics_write_head(text, name, "histogram", help);
    for (size_t i = 0; i < PROGRAMS; i++)
        write_histogram(text, name, i,
                        (struct histogram *)(void *)((char *)&table->programs[i] + offset));
}

static void write_events(struct buffer *text) {
    static const struct {
        const char *name, *help;
    } events[METRICS_EVENTS] = {
        [METRICS_EVENT_CONNECTION] = {"dynmod_database_connections_total",
                                      "Connections made to the database."},
        [METRICS_EVENT_CONNECTION_FAILURE] = {"dynmod_database_connection_failures_total",
                                              "Connections to the database that failed."},
        [METRICS_EVENT_RECONNECTION] = {"dynmod_database_reconnects_total",
                                        "Connections made in the place of one that was lost."},
        [METRICS_EVENT_RETRY] = {"dynmod_database_retries_total", "Statements that run again."},
    };
    for (size_t event = 0; event < METRICS_EVENTS; event++) {
        metrics_write_head(text, events[event].name, "counter", events[event].help);
        for (size_t i = 0; i < PROGRAMS; i++)
            buffer_add_format(text, "%s{program=\"%s\"} %" PRIu64 "\n", events[event].name,
                              programs[i], get(&table->programs[i].events[event]));
    }
}

void metrics_write(struct buffer *text) {
    metrics_write_head(text, "dynmod_requests_total", "counter", "Requests that were answered.");
    for (size_t i = 0; i < PROGRAMS; i++)
        write_requests(text, i);
    write_histograms(text, "dynmod_request_duration_seconds",
                     "How long requests took, those for health, readiness and metrics left out.",
                     offsetof(struct counts, requests_taken));
    metrics_write_head(text, "dynmod_refusals_total", "counter", "Requests that were refused.");
    for (size_t i = 0; i < PROGRAMS; i++)
        write_refusals(text, i);
    write_histograms(text, "dynmod_database_duration_seconds",
                     "How long questions to the database took.",
                     offsetof(struct counts, queries_taken));
    write_events(text);
}

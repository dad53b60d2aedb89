/* What the web programs have done, counted by all processes together for monitoring. */
#ifndef DYNMOD_BASE_METRICS_H
#define DYNMOD_BASE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Why a request was refused. */
enum metrics_refusal {
    METRICS_REFUSAL_NO_TOKEN,    /* nothing was sent to authenticate with */
    METRICS_REFUSAL_TOKEN,       /* the token cannot be read, or lacks what it needs */
    METRICS_REFUSAL_TIME,        /* expired, not valid yet, or valid for too long */
    METRICS_REFUSAL_UNKNOWN_APP, /* the site has no such app */
    METRICS_REFUSAL_APP_STATE,   /* the app is not enabled, or has no secret */
    METRICS_REFUSAL_SIGNATURE,   /* the signature is wrong */
    METRICS_REFUSAL_QSH,         /* the token was made for another request */
    METRICS_REFUSAL_USED,        /* the token has been used before */
    METRICS_REFUSAL_PASSWORD,    /* of an administrator, or the token of the metrics */
    METRICS_REFUSAL_APP_RATE,    /* the app asks too often (app_rate) */
    METRICS_REFUSAL_ADDRESS,     /* too many refusals from the address (refused_rate) */
    METRICS_REFUSAL_GUESSES,     /* too many wrong passwords */
    METRICS_REFUSAL_BUSY,        /* too many changes of the app wait */
    METRICS_REFUSALS
};

/* What else happens. */
enum metrics_event {
    METRICS_EVENT_CONNECTION,         /* a connection to the database was made */
    METRICS_EVENT_CONNECTION_FAILURE, /* or could not be made */
    METRICS_EVENT_RECONNECTION,       /* that was not the first of its process */
    METRICS_EVENT_RETRY,              /* a statement runs again */
    METRICS_EVENTS
};

/* From now on counts what follows for the program `name` in a file next to `counters_file`; for ""
 * in /dev/shm. Until then, and for other programs, it is counted in the process only. */
void metrics_open(const char *counters_file, const char *name) __attribute__((nonnull));

/* The functions below that count make no system call and wait for nobody. */

/* Counts a request that has been answered; `timed`: with its duration in microseconds. */
void metrics_count_request(const char *method, int status, uint64_t microseconds, bool timed)
    __attribute__((nonnull));
void metrics_count_refusal(enum metrics_refusal reason);
void metrics_count_event(enum metrics_event event);
/* Counts a question to the database, which has taken so many microseconds. */
void metrics_count_query(uint64_t microseconds);

/* The microseconds that this process has waited for the database since the last call. */
uint64_t metrics_take_database_time(void);

/* Appends everything, in the text format of Prometheus. */
void metrics_write(struct buffer *text) __attribute__((nonnull));
/* Appends the lines that introduce a metric; `type` is "gauge" or another type of Prometheus. */
void metrics_write_head(struct buffer *text, const char *name, const char *type, const char *help)
    __attribute__((nonnull));

#endif

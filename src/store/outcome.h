/* What the server says of a statement that failed. */
#ifndef DYNMOD_STORE_OUTCOME_H
#define DYNMOD_STORE_OUTCOME_H

#include <stdbool.h>

#include "base/fault.h"

/* What became of one try. */
enum outcome {
    OUTCOME_DONE,
    OUTCOME_FAILED,      /* the server said why; trying again is of no use */
    OUTCOME_ROLLED_BACK, /* the server undid it; it may run again */
    OUTCOME_RECONNECT,   /* nothing was done; a new connection may do better */
    OUTCOME_LOST,        /* the connection died behind our back: done or not, nobody knows */
};

/* Whether the SQLSTATE, "" for none, is in `list`, where spaces separate them. */
bool outcome_is_one_of(const char *sqlstate, const char *list) __attribute__((nonnull));
enum outcome outcome_of(const char *sqlstate) __attribute__((nonnull));
enum fault_kind outcome_fault_kind(const char *sqlstate) __attribute__((nonnull));

/* Fills in the fault with "what: message", where the server's message, NULL for none, may come with
 * a newline and with several lines. */
void outcome_server_fault(struct fault *fault, enum fault_kind kind, const char *what,
                          const char *message) __attribute__((nonnull(1, 3)));

#endif

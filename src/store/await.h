/* Waiting for what a connection to the database answers, no longer than until a deadline. */
#ifndef DYNMOD_STORE_AWAIT_H
#define DYNMOD_STORE_AWAIT_H

#include <libpq-fe.h>
#include <stdint.h>

/* The last result of what was sent, as `sent` says in the way of PQsendQuery(), on a connection
 * that does not block. At the deadline, in milliseconds of clock_milliseconds(), what is running is
 * cancelled and its end awaited. Returns NULL when nothing was sent, the connection is gone, or the
 * time without a word; the caller frees the result. */
PGresult *await_result(PGconn *connection, int sent, int64_t deadline)
    __attribute__((warn_unused_result));

/* Waits a few milliseconds before the next try, longer after each; how long differs between
 * processes, so that two of them do not clash again. */
void await_pause(int try);

#endif

/* Waiting for what a connection to the database answers, no longer than until a deadline. */
#include "store/await.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/cancel.h"

/* Waits until the socket can do `events`, or the deadline has passed. */
static bool wait_for_socket(PGconn *connection, short events, int64_t deadline) {
    for (;;) {
        int64_t left = deadline - clock_milliseconds();
        struct pollfd socket = {.fd = PQsocket(connection), .events = events};
        int ready = poll(&socket, 1, left < 0 ? 0 : (int)left);
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

static bool flush_query(PGconn *connection, int64_t deadline) {
    int pending;
    while ((pending = PQflush(connection)) == 1)
        if (!wait_for_socket(connection, POLLIN | POLLOUT, deadline) || !PQconsumeInput(connection))
            return false;
    return pending == 0;
}

/* Waits for what was sent to come to its end, with its last result so far in *result, NULL for
 * none. Returns false when the connection or the time is gone before. */
static bool await_end(PGconn *connection, int64_t deadline, PGresult **result) {
    if (!flush_query(connection, deadline))
        return false;
    for (;;) {
        while (PQisBusy(connection))
            if (!wait_for_socket(connection, POLLIN, deadline) || !PQconsumeInput(connection))
                return false;
        PGresult *next = PQgetResult(connection);
        if (next == NULL)
            return true;
        PQclear(*result);
        *result = next;
    }
}

/* Has the statement cancelled whose time is up, and waits for what has become of it. */
static bool cancel_and_await(PGconn *connection, PGresult **result) {
    pid_t process = cancel_begin(connection);
    bool ended =
        await_end(connection, clock_milliseconds() + (int64_t)1000 * LIMIT_CANCEL_SECONDS, result);
    cancel_end(process);
    return ended;
}

PGresult *await_result(PGconn *connection, int sent, int64_t deadline) {
    PGresult *result = NULL;
    if (sent != 1)
        return NULL;
    if (await_end(connection, deadline, &result) ||
        (clock_milliseconds() >= deadline && cancel_and_await(connection, &result)))
        return result;
    PQclear(result); /* without the end behind it, it proves nothing */
    return NULL;
}

void await_pause(int try) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long milliseconds = try * (5 + now.tv_nsec / 1000 % 20);
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

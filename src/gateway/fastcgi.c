/* FastCGI: one request after another on a listening socket, with libfcgi. */
#include <errno.h>
#include <fcgiapp.h>
#include <fcgios.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "gateway/deadline.h"
#include "gateway/gateway.h"
#include "gateway/outlet.h"

enum { LISTENING = 0 /* FCGI_LISTENSOCK_FILENO */, NOT_LISTENING = -1, NO_CONNECTION = -1 };

/* One connection and its one request. */
struct connection {
    FCGX_Request request;
    struct deadlines deadlines;
    struct outlet outlet;
};

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number) {
    (void)signal_number;
    stop_requested = 1;
}

/* libfcgi takes an interrupted read() for the end of the body, so the stop signals are blocked
 * except while the process waits for the next request. `while_waiting` is the mask to wait with. */
static void block_stop_signals(sigset_t *while_waiting) {
    static const int signals[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigprocmask(SIG_SETMASK, NULL, while_waiting);
    struct sigaction action = {.sa_handler = request_stop};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaddset(&blocked, signals[i]);
        sigdelset(while_waiting, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static size_t read_bytes(void *context, char *bytes, size_t size, bool *failed) {
    const struct connection *connection = context;
    FCGX_Stream *in = connection->request.in;
    int count = FCGX_GetStr(bytes, size > INT_MAX ? INT_MAX : (int)size, in);
    if (FCGX_GetError(in) != 0)
        *failed = true;
    return count < 0 ? 0 : (size_t)count;
}

static void write_log_line(void *context, const char *line, size_t length) {
    struct connection *connection = context;
    outlet_log(&connection->outlet, line, length);
}

static void hold_lines(void *context) {
    struct connection *connection = context;
    outlet_hold(&connection->outlet);
}

static bool write_response(void *context, const char *head, size_t head_length, const char *body,
                           size_t body_length) {
    struct connection *connection = context;
    return outlet_respond(&connection->outlet, head, head_length, body, body_length);
}

/* Closes the connection. What is left to read would take the response away with it; libfcgi waits
 * in that case until the web server has closed it. */
static void end_connection(FCGX_Request *request) {
    const bool all_read = FCGX_HasSeenEOF(request->in) == EOF && FCGX_GetError(request->in) == 0;
    if (all_read)
        close(request->ipcFd);
    FCGX_Free(request, !all_read);
    request->ipcFd = NO_CONNECTION;
}

static void serve(struct connection *connection, const struct gateway_calls *calls) {
    FCGX_Request *request = &connection->request;
    const struct transport transport = {.parameters = request->envp,
                                        .read = read_bytes,
                                        .hold = hold_lines,
                                        .write = write_response,
                                        .context = connection,
                                        .body_ends = true};
    outlet_open(&connection->outlet, request->ipcFd, (unsigned)request->requestId,
                connection->deadlines.write);
    log_to(write_log_line, connection);
    calls->answer(calls->context, &transport);
    log_to(NULL, NULL);
    outlet_close(&connection->outlet);
    /* One that is kept open would occupy this process while others wait for it. */
    end_connection(request);
}

/* Waits for a connection, or for a signal that asks to stop. */
static bool wait_for_connection(const sigset_t *while_waiting) {
    struct pollfd socket = {.fd = LISTENING, .events = POLLIN};
    if (ppoll(&socket, 1, NULL, while_waiting) < 0)
        return errno == EINTR;
    if ((socket.revents & POLLIN) != 0)
        return true;
    log_write(LOG_LEVEL_ERROR, "the FastCGI socket was closed");
    return false;
}

/* Accepts a connection that another process may have got meanwhile; then there is none, and
 * `ipcFd` is negative. Returns false when none can be accepted. */
static bool accept_connection(FCGX_Request *request) {
    request->ipcFd = OS_Accept(LISTENING, 1, config_environment("FCGI_WEB_SERVER_ADDRS"));
    if (request->ipcFd >= 0 || errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return true;
    log_write(LOG_LEVEL_ERROR, "cannot accept a FastCGI connection: %s", strerror(errno));
    return false;
}

/* Reads the parameters of a request from the new connection. Returns false when none came; the
 * connection is closed then. */
static bool begin_request(struct connection *connection) {
    /* Left to itself libfcgi would accept the next connection when this one brings no request, and
     * no deadline would be known for that; it has no socket to do so. It must not close ours first.
     */
    connection->request.keepConnection = 1;
    deadline_start(connection->request.ipcFd, SHUT_RD, connection->deadlines.body);
    if (FCGX_Accept_r(&connection->request) == 0)
        return true;
    if (!deadline_stop())
        log_write(LOG_LEVEL_WARNING, DEADLINE_NOT_ARRIVED, connection->deadlines.body);
    return false;
}

bool gateway_is_fastcgi(void) {
    return !FCGX_IsCGI();
}

int gateway_serve_fastcgi(const struct gateway_calls *calls) {
    sigset_t while_waiting;
    block_stop_signals(&while_waiting);
    struct connection connection;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&connection.request, NOT_LISTENING, 0) != 0 ||
        fcntl(LISTENING, F_SETFL, fcntl(LISTENING, F_GETFL) | O_NONBLOCK) != 0) {
        log_write(LOG_LEVEL_ERROR, "cannot use the FastCGI socket: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    bool ok = true;
    while (ok && !stop_requested) {
        ok = wait_for_connection(&while_waiting);
        if (!ok || stop_requested)
            break;
        connection.deadlines = calls->before(calls->context);
        ok = accept_connection(&connection.request);
        if (connection.request.ipcFd >= 0 && begin_request(&connection)) {
            serve(&connection, calls);
            calls->after(calls->context);
        }
    }
    FCGX_Free(&connection.request, 1);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

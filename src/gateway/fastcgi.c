/* FastCGI: one request after another on a listening socket, with libfcgi. */
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gateway/gateway.h"

enum { LISTENING = 0 }; /* FCGI_LISTENSOCK_FILENO */

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
    const FCGX_Request *request = context;
    int count = FCGX_GetStr(bytes, size > INT_MAX ? INT_MAX : (int)size, request->in);
    if (FCGX_GetError(request->in) != 0)
        *failed = true;
    return count < 0 ? 0 : (size_t)count;
}

static void write_log_line(void *context, const char *line, size_t length) {
    const FCGX_Request *request = context;
    FCGX_PutStr(line, (int)length, request->err);
    FCGX_FFlush(request->err);
}

static bool write_bytes(FCGX_Stream *out, const char *bytes, size_t length) {
    while (length > 0) {
        int count = FCGX_PutStr(bytes, length > INT_MAX ? INT_MAX : (int)length, out);
        if (count <= 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

static bool write_response(void *context, const char *head, size_t head_length, const char *body,
                           size_t body_length) {
    const FCGX_Request *request = context;
    return write_bytes(request->out, head, head_length) &&
           write_bytes(request->out, body, body_length);
}

static void serve(FCGX_Request *request, gateway_answer *answer, void *context) {
    /* A connection that is kept open would occupy this process while others wait for it. */
    request->keepConnection = 0;
    const struct transport transport = {.parameters = request->envp,
                                        .read = read_bytes,
                                        .write = write_response,
                                        .context = request,
                                        .body_ends = true};
    log_to(write_log_line, request);
    answer(context, &transport);
    log_to(NULL, NULL);
    FCGX_Finish_r(request);
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

bool gateway_is_fastcgi(void) {
    return !FCGX_IsCGI();
}

int gateway_serve_fastcgi(gateway_answer *answer, gateway_after *after, void *context) {
    sigset_t while_waiting;
    block_stop_signals(&while_waiting);
    FCGX_Request request;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, LISTENING, 0) != 0 ||
        fcntl(LISTENING, F_SETFL, fcntl(LISTENING, F_GETFL) | O_NONBLOCK) != 0) {
        log_write(LOG_LEVEL_ERROR, "cannot use the FastCGI socket: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    bool ok = true;
    while (ok && !stop_requested) {
        ok = wait_for_connection(&while_waiting);
        if (!ok || stop_requested)
            break;
        int result = FCGX_Accept_r(&request);
        if (result == 0) {
            serve(&request, answer, context);
            after(context);
        } else if (result != -EAGAIN && result != -EINTR && result != -ECONNABORTED) {
            log_write(LOG_LEVEL_ERROR, "cannot accept a FastCGI connection: %s", strerror(-result));
            ok = false;
        }
    }
    FCGX_Free(&request, 1);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

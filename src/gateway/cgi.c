/* CGI: one request, in the environment and on standard input (RFC 3875). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/deadline.h"
#include "gateway/gateway.h"
#include "gateway/parts.h"

/* Whether reading or writing may go on after a call that has returned `count`. */
static bool may_go_on(ssize_t count) {
    return (count >= 0 || errno == EINTR) && !deadline_passed();
}

static size_t read_bytes(void *context, char *bytes, size_t size, bool *failed) {
    (void)context;
    size_t total = 0;
    while (total < size) {
        ssize_t count = read(STDIN_FILENO, bytes + total, size - total);
        if (count > 0)
            total += (size_t)count;
        if (!may_go_on(count))
            *failed = true;
        if (*failed || count == 0)
            break;
    }
    return total;
}

static bool write_response(void *context, const char *head, size_t head_length, const char *body,
                           size_t body_length) {
    const struct deadlines *deadlines = context;
    struct iovec parts[] = {part_of(head, head_length), part_of(body, body_length)};
    bool ok = true;
    deadline_start(DEADLINE_NO_SOCKET, 0, deadlines->write);
    while (ok && parts_length(parts, 2) > 0) {
        ssize_t count = writev(STDOUT_FILENO, parts, 2);
        ok = may_go_on(count);
        if (count > 0)
            parts_skip(parts, 2, (size_t)count);
    }
    if (!deadline_stop())
        log_write(LOG_LEVEL_WARNING, DEADLINE_NOT_TAKEN, deadlines->write);
    return ok;
}

int gateway_serve_cgi(const struct gateway_calls *calls) {
    signal(SIGPIPE, SIG_IGN); /* a client that has gone is no reason to die */
    struct deadlines deadlines = calls->before(calls->context);
    const struct transport transport = {
        .parameters = environ, .read = read_bytes, .write = write_response, .context = &deadlines};
    deadline_start(DEADLINE_NO_SOCKET, 0, deadlines.body);
    bool written = calls->answer(calls->context, &transport);
    calls->after(calls->context);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

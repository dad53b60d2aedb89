/* CGI: one request, in the environment and on standard input (RFC 3875). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "gateway/gateway.h"

static const char *parameter(void *context, const char *name) {
    (void)context;
    return getenv(name);
}

static size_t read_bytes(void *context, char *bytes, size_t size, bool *failed) {
    (void)context;
    size_t total = 0;
    while (total < size) {
        ssize_t count = read(STDIN_FILENO, bytes + total, size - total);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            *failed = true;
        if (count <= 0)
            break;
        total += (size_t)count;
    }
    return total;
}

static bool write_bytes(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

int gateway_serve_cgi(gateway_answer *answer, void *context) {
    signal(SIGPIPE, SIG_IGN); /* a client that left is no reason to die of it */
    const struct request_source source = {.parameter = parameter, .read = read_bytes};
    struct buffer out;
    buffer_init(&out, LIMIT_RESPONSE);
    answer(context, &source, &out);
    bool ok = write_bytes(buffer_text(&out), out.length);
    if (!ok)
        log_write(LOG_LEVEL_INFO, "the response could not be written");
    buffer_free(&out);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

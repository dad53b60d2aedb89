/* CGI: one request, in the environment and on standard input (RFC 3875). */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "gateway/gateway.h"

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

/* Skips the first `count` bytes of the parts. */
static void skip(struct iovec *parts, int parts_count, size_t count) {
    for (int i = 0; i < parts_count; i++) {
        size_t part = count < parts[i].iov_len ? count : parts[i].iov_len;
        parts[i].iov_base = (char *)parts[i].iov_base + part;
        parts[i].iov_len -= part;
        count -= part;
    }
}

static bool write_response(void *context, const char *head, size_t head_length, const char *body,
                           size_t body_length) {
    (void)context;
    struct iovec parts[] = {{(void *)(uintptr_t)head, head_length},
                            {(void *)(uintptr_t)body, body_length}};
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t count = writev(STDOUT_FILENO, parts, 2);
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0)
            skip(parts, 2, (size_t)count);
    }
    return true;
}

int gateway_serve_cgi(gateway_answer *answer, gateway_after *after, void *context) {
    signal(SIGPIPE, SIG_IGN); /* a client that has gone is no reason to die */
    const struct transport transport = {
        .parameters = environ, .read = read_bytes, .write = write_response};
    bool written = answer(context, &transport);
    after(context);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

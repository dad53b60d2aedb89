/* What goes back to the web server over a FastCGI connection: lines of the log, and the response.
 *
 * These are the records that libfcgi would write, but in one system call where libfcgi needs
 * several, and with a line of the log in one record: libfcgi would cut it into several of 512
 * bytes, of which web servers make a line each. */
#include "gateway/outlet.h"

#include <errno.h>
#include <fastcgi.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "gateway/deadline.h"
#include "gateway/parts.h"

enum {
    RECORD_MAX = 0xffff, /* bytes of content */
    END_SIZE = 2 * FCGI_HEADER_LEN + (int)sizeof(FCGI_EndRequestBody),
    HELD_MAX = 64 * 1024 /* bytes of records of lines */
};

void outlet_open(struct outlet *outlet, int socket, unsigned request, long seconds) {
    *outlet = (struct outlet){.socket = socket, .request = request, .seconds = seconds};
    buffer_init(&outlet->held, HELD_MAX);
}

void outlet_hold(struct outlet *outlet) {
    outlet->holds = true;
}

static void fill_header(const struct outlet *outlet, unsigned char header[FCGI_HEADER_LEN],
                        unsigned char type, size_t length) {
    memset(header, 0, FCGI_HEADER_LEN);
    header[0] = FCGI_VERSION_1;
    header[1] = type;
    header[2] = (unsigned char)(outlet->request >> 8);
    header[3] = (unsigned char)outlet->request;
    header[4] = (unsigned char)(length >> 8);
    header[5] = (unsigned char)length;
}

/* Sends all parts. The deadline starts only when the web server does not take them at once. */
static bool send_parts(struct outlet *outlet, struct iovec *parts, size_t count) {
    while (parts_length(parts, count) > 0) {
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
        ssize_t sent =
            sendmsg(outlet->socket, &message, MSG_NOSIGNAL | (outlet->waits ? 0 : MSG_DONTWAIT));
        if (sent >= 0) {
            parts_skip(parts, count, (size_t)sent);
        } else if (errno == EAGAIN && !outlet->waits) {
            outlet->waits = true;
            outlet->counts = !deadline_runs();
            if (outlet->counts)
                deadline_start(outlet->socket, SHUT_RDWR, outlet->seconds);
        } else if (errno != EINTR || deadline_passed()) {
            return false;
        }
    }
    return true;
}

/* Ends the deadline of what was sent, if there was one. */
static bool end_waiting(struct outlet *outlet) {
    bool counts = outlet->counts;
    outlet->waits = outlet->counts = false;
    return !counts || deadline_stop();
}

void outlet_log(struct outlet *outlet, const char *line, size_t length) {
    unsigned char header[FCGI_HEADER_LEN];
    fill_header(outlet, header, FCGI_STDERR, length);
    if (outlet->holds && sizeof header + length <= HELD_MAX - outlet->held.length) {
        buffer_add(&outlet->held, header, sizeof header);
        buffer_add(&outlet->held, line, length);
        return;
    }
    struct iovec parts[] = {part_of(header, sizeof header), part_of(line, length)};
    bool sent = send_parts(outlet, parts, sizeof parts / sizeof parts[0]);
    if (!end_waiting(outlet) || !sent)
        log_to_standard_error(line, length);
}

/* The lines whose records could not be sent. */
static void log_held(const struct outlet *outlet) {
    const struct buffer *held = &outlet->held;
    for (size_t at = 0; at < held->length;) {
        const unsigned char *header = (const unsigned char *)held->bytes + at;
        size_t length = (size_t)header[4] << 8 | header[5];
        log_to_standard_error(held->bytes + at + FCGI_HEADER_LEN, length);
        at += FCGI_HEADER_LEN + length;
    }
}

/* Sends all, and sets *lines_sent to whether the lines that were held are gone. */
static bool send_response(struct outlet *outlet, struct iovec *content, bool *lines_sent) {
    unsigned char header[FCGI_HEADER_LEN], end[END_SIZE] = {0};
    fill_header(outlet, end, FCGI_STDOUT, 0);
    fill_header(outlet, end + FCGI_HEADER_LEN, FCGI_END_REQUEST, sizeof(FCGI_EndRequestBody));
    *lines_sent = false;
    bool more = true;
    while (more) {
        size_t length = parts_length(content, 2);
        more = length > RECORD_MAX;
        if (more)
            length = RECORD_MAX;
        size_t head = content[0].iov_len < length ? content[0].iov_len : length;
        fill_header(outlet, header, FCGI_STDOUT, length);
        struct iovec parts[] = {
            part_of(buffer_text(&outlet->held), *lines_sent ? 0 : outlet->held.length),
            part_of(header, length == 0 ? 0 : sizeof header), part_of(content[0].iov_base, head),
            part_of(content[1].iov_base, length - head), part_of(end, more ? 0 : sizeof end)};
        bool sent = send_parts(outlet, parts, sizeof parts / sizeof parts[0]);
        *lines_sent = *lines_sent || parts[0].iov_len == 0;
        if (!sent)
            return false;
        parts_skip(content, 2, length);
    }
    return true;
}

bool outlet_respond(struct outlet *outlet, const char *head, size_t head_length, const char *body,
                    size_t body_length) {
    struct iovec content[] = {part_of(head, head_length), part_of(body, body_length)};
    bool lines_sent;
    bool sent = send_response(outlet, content, &lines_sent);
    if (lines_sent)
        buffer_clear(&outlet->held);
    outlet->holds = false;
    if (end_waiting(outlet))
        return sent;
    log_write(LOG_LEVEL_WARNING, DEADLINE_NOT_TAKEN, outlet->seconds);
    return false;
}

void outlet_close(struct outlet *outlet) {
    log_held(outlet);
    buffer_free(&outlet->held);
}

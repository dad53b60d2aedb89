/* Sends prepared requests over connections that stay open, one after the other on each, and prints
 * how long each kind took, as JSON.
 *
 *   client PORT LIMIT FILE...
 *
 * LIMIT is a time such as 2s, or a number of requests. Each FILE is one connection's list, which is
 * sent again and again: for each request a line "LABEL STATUS STOP LENGTH" and LENGTH bytes, to
 * which the header Host is added. An answer with another status ends the program with status 1.
 * STOP is 1 where a run may end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 64,
    LABELS_MAX = 16,
    LABEL_SIZE = 24,
    HOST_SIZE = 40, /* bytes of its header, at most */
    RECEIVED_MAX = 1 << 20,
    SILENCE_MILLISECONDS = 20000
};

struct request {
    int label; /* in `labels` */
    int status;
    bool stop;
    const char *bytes;
    size_t length;
};

struct connection {
    int socket; /* -1 when closed */
    struct request *requests;
    size_t count, next;
    bool busy;
    size_t sent;
    double started;
    char *received; /* RECEIVED_MAX bytes */
    size_t length;
};

struct label {
    char name[LABEL_SIZE];
    float *times; /* microseconds */
    size_t count, room;
};

static struct connection connections[CONNECTIONS_MAX];
static struct label labels[LABELS_MAX];
static in_port_t port;

static void fail(const char *what, const char *detail) {
    fprintf(stderr, "client: %s%s%s\n", what, detail[0] == '\0' ? "" : ": ", detail);
    exit(EXIT_FAILURE);
}

static void *allocate(void *former, size_t size) {
    void *memory = realloc(former, size);
    if (memory == NULL)
        fail("out of memory", "");
    return memory;
}

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int label_number(const char *name) {
    for (int i = 0; i < LABELS_MAX; i++) {
        if (labels[i].name[0] == '\0')
            snprintf(labels[i].name, LABEL_SIZE, "%s", name);
        if (strcmp(labels[i].name, name) == 0)
            return i;
    }
    fail("too many labels", name);
    return 0;
}

/* The whole file, with a zero byte behind it. */
static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail(path, strerror(errno));
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = allocate(NULL, *length + 1);
    if (fread(bytes, 1, *length, file) != *length)
        fail(path, "cannot be read");
    bytes[*length] = '\0';
    fclose(file);
    return bytes;
}

/* Copies the request and puts the address that is asked behind its first line. */
static void set_bytes(struct request *request, const char *bytes, size_t length) {
    char host[HOST_SIZE];
    size_t added = (size_t)snprintf(host, sizeof host, "Host: 127.0.0.1:%u\r\n", port);
    const char *line = memmem(bytes, length, "\r\n", 2);
    if (line == NULL)
        fail("a request has no line", "");
    size_t first = (size_t)(line - bytes) + 2;
    char *whole = allocate(NULL, length + added);
    memcpy(whole, bytes, first);
    memcpy(whole + first, host, added);
    memcpy(whole + first + added, bytes + first, length - first);
    request->bytes = whole;
    request->length = length + added;
}

static void read_requests(struct connection *connection, const char *path) {
    size_t length;
    char *bytes = read_file(path, &length);
    for (char *at = bytes; at < bytes + length;) {
        char name[LABEL_SIZE];
        struct request request;
        size_t size;
        int stop, head;
        if (sscanf(at, "%23s %d %d %zu%n", name, &request.status, &stop, &size, &head) != 4 ||
            at + head + 1 + size > bytes + length)
            fail(path, "is not a list of requests");
        request.label = label_number(name);
        request.stop = stop == 1;
        set_bytes(&request, at + head + 1, size);
        at += (size_t)head + 1 + size;
        connection->requests =
            allocate(connection->requests, (connection->count + 1) * sizeof request);
        connection->requests[connection->count++] = request;
    }
    free(bytes);
    if (connection->count == 0)
        fail(path, "is empty");
    connection->received = allocate(NULL, RECEIVED_MAX + 1);
    connection->socket = -1;
}

static void open_socket(struct connection *connection) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->socket < 0 ||
        connect(connection->socket, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect", strerror(errno));
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void close_socket(struct connection *connection) {
    close(connection->socket);
    connection->socket = -1;
}

/* Sends what the socket takes of the request that is on its way. */
static void send_some(struct connection *connection) {
    const struct request *request = &connection->requests[connection->next];
    ssize_t count = send(connection->socket, request->bytes + connection->sent,
                         request->length - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN)
        fail("cannot send", strerror(errno));
    if (count > 0)
        connection->sent += (size_t)count;
}

static void start_request(struct connection *connection) {
    if (connection->socket < 0)
        open_socket(connection);
    connection->busy = true;
    connection->sent = 0;
    connection->length = 0;
    connection->started = microseconds();
    send_some(connection);
}

/* Whether the text of the headers has this one, "Name: value" up to where `header` ends. */
static const char *find_header(const char *headers, const char *header) {
    size_t length = strlen(header);
    for (const char *line = strstr(headers, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, header, length) == 0)
            return line + 2 + length;
    return NULL;
}

/* Whether the response is whole. `body` is where its body begins. */
static bool is_whole(const struct connection *connection, int status, const char *body) {
    size_t received = connection->length - (size_t)(body - connection->received);
    const char *announced = find_header(connection->received, "Content-Length:");
    if (status == 204 || status == 304)
        return true;
    if (announced != NULL)
        return received >= strtoul(announced, NULL, 10);
    if (find_header(connection->received, "Transfer-Encoding: chunked") == NULL)
        fail("an answer without a length", connection->received);
    return received >= 5 && memcmp(body + received - 5, "0\r\n\r\n", 5) == 0;
}

static void note_time(int number, double time) {
    struct label *label = &labels[number];
    if (label->count == label->room) {
        label->room = label->room * 2 + 4096;
        label->times = allocate(label->times, label->room * sizeof *label->times);
    }
    label->times[label->count++] = (float)time;
}

/* Takes what has come; true when that ends the response. */
static bool receive_some(struct connection *connection) {
    ssize_t count = recv(connection->socket, connection->received + connection->length,
                         RECEIVED_MAX - connection->length, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN)
        return false;
    if (count <= 0)
        fail("the connection ended within an answer", count < 0 ? strerror(errno) : "");
    connection->length += (size_t)count;
    connection->received[connection->length] = '\0';
    char *end = strstr(connection->received, "\r\n\r\n");
    if (end == NULL)
        return false;
    const struct request *request = &connection->requests[connection->next];
    long status = strtol(connection->received + strlen("HTTP/1.1 "), NULL, 10);
    if (status != request->status)
        fail("an unexpected answer", connection->received);
    end[2] = '\0'; /* what is searched for headers ends here */
    if (!is_whole(connection, request->status, end + 4)) {
        end[2] = '\r';
        return false;
    }
    note_time(request->label, microseconds() - connection->started);
    if (find_header(connection->received, "Connection: close") != NULL)
        close_socket(connection);
    connection->busy = false;
    connection->next = (connection->next + 1) % connection->count;
    return true;
}

/* Whether the connection has nothing left to do once the run is over. */
static bool may_rest(const struct connection *connection) {
    size_t last = (connection->next + connection->count - 1) % connection->count;
    return !connection->busy && (connection->requests[last].stop || connection->sent == 0);
}

/* Waits for answers, and takes what there is; how many requests are done now. */
static long take_turn(int number) {
    struct pollfd sockets[CONNECTIONS_MAX];
    long done = 0;
    for (int i = 0; i < number; i++) {
        const struct connection *connection = &connections[i];
        bool sending =
            connection->busy && connection->sent < connection->requests[connection->next].length;
        sockets[i] = (struct pollfd){.fd = connection->busy ? connection->socket : -1,
                                     .events = (short)(sending ? POLLIN | POLLOUT : POLLIN)};
    }
    if (poll(sockets, (nfds_t)number, SILENCE_MILLISECONDS) <= 0)
        fail("no answer for a long time", "");
    for (int i = 0; i < number; i++) {
        if ((sockets[i].revents & POLLOUT) != 0)
            send_some(&connections[i]);
        if ((sockets[i].revents & ~POLLOUT) != 0)
            done += receive_some(&connections[i]);
    }
    return done;
}

/* Runs until `requests` are done, or when that is 0, for so many seconds. */
static void run(int number, long requests, double seconds) {
    double end = microseconds() + seconds * 1e6;
    long done = 0;
    for (bool working = true; working;) {
        bool over = requests > 0 ? done >= requests : microseconds() >= end;
        working = false;
        for (int i = 0; i < number; i++) {
            struct connection *connection = &connections[i];
            if (!connection->busy && !(over && may_rest(connection)))
                start_request(connection);
            working = working || connection->busy;
        }
        if (working)
            done += take_turn(number);
    }
}

static int compare_times(const void *one, const void *other) {
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static void print_results(double seconds) {
    size_t requests = 0;
    const char *separator = "";
    printf("{\"labels\":{");
    for (int i = 0; i < LABELS_MAX && labels[i].count > 0; i++) {
        struct label *label = &labels[i];
        double sum = 0;
        for (size_t j = 0; j < label->count; j++)
            sum += (double)label->times[j];
        qsort(label->times, label->count, sizeof *label->times, compare_times);
        printf("%s\"%s\":{\"count\":%zu,\"mean\":%.1f,\"p50\":%.1f,\"p99\":%.1f}", separator,
               label->name, label->count, sum / (double)label->count,
               (double)label->times[label->count / 2],
               (double)label->times[label->count * 99 / 100]);
        requests += label->count;
        separator = ",";
    }
    printf("},\"requests\":%zu,\"seconds\":%.6f}\n", requests, seconds);
}

int main(int argc, char **argv) {
    if (argc < 4 || argc - 3 > CONNECTIONS_MAX)
        fail("usage: client PORT LIMIT FILE...", "");
    int number = argc - 3;
    char *unit;
    double limit = strtod(argv[2], &unit);
    port = (in_port_t)strtoul(argv[1], NULL, 10);
    for (int i = 0; i < number; i++)
        read_requests(&connections[i], argv[3 + i]);
    double start = microseconds();
    run(number, *unit == 's' ? 0 : (long)limit, *unit == 's' ? limit : 0);
    print_results((microseconds() - start) / 1e6);
    return EXIT_SUCCESS;
}

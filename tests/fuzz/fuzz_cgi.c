/* Fuzzes the public program as a CGI program, from the environment, the command line and standard
 * input to the bytes on standard output; web.h says how they are written. Further numbers among the
 * parameters: FAKE_CONFIGURATION chooses the configuration, FAKE_PIPE says how many bytes go
 * through standard input and output at a time, with a signal before each time, and FAKE_LATE at
 * which look at the clock the time is up. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "fuzz.h"
#include "gateway/deadline.h"
#include "gateway/program.h"
#include "web.h"

enum { ARGUMENTS_MAX = 8, PARTS_MAX = 2 };

/* The Makefile links read() and writev() through these. */
ssize_t __real_read(int file, void *bytes, size_t size);
ssize_t __wrap_read(int file, void *bytes, size_t size);
ssize_t __real_writev(int file, const struct iovec *parts, int count);
ssize_t __wrap_writev(int file, const struct iovec *parts, int count);

static const char *const configurations[] = {
    "auth_hints = on\n",
    "max_body_bytes = 1024\nstrict_urls = on\ntoken_once = on\nmax_token_lifetime = 60\n",
    "app_rate = 100\nrefused_rate = 100\n", "no option\n", /* each request is answered with 503 */
};

static struct {
    int input, output, configuration; /* files in memory */
    char *name_of_configuration;      /* a parameter */
    size_t pipe;                      /* bytes at a time; 0 for any number */
    bool interrupted;                 /* the last call has returned EINTR */
} server = {.input = -1};

/* ---- The clock; libFuzzer uses the timer of deadline.c itself ---- */

static struct {
    unsigned long looks; /* until the time is up; 0 for never */
    bool passed, runs;
} deadline;

void deadline_start(int socket, int how, long seconds) {
    require(socket == DEADLINE_NO_SOCKET && how == 0 && seconds > 0);
    deadline.passed = false;
    deadline.runs = true;
}

bool deadline_runs(void) {
    return deadline.runs;
}

bool deadline_passed(void) {
    if (deadline.looks > 0 && --deadline.looks == 0)
        deadline.passed = true;
    return deadline.passed;
}

bool deadline_stop(void) {
    bool in_time = !deadline.passed;
    deadline.passed = deadline.runs = false;
    return in_time;
}

/* ---- The pipes of the web server, and its user ---- */

static bool interrupted(void) {
    server.interrupted = server.pipe > 0 && !server.interrupted;
    if (server.interrupted)
        errno = EINTR;
    return server.interrupted;
}

static size_t that_fit(size_t size) {
    return server.pipe > 0 && size > server.pipe ? server.pipe : size;
}

ssize_t __wrap_read(int file, void *bytes, size_t size) {
    if (file != STDIN_FILENO)
        return __real_read(file, bytes, size);
    return interrupted() ? -1 : __real_read(file, bytes, that_fit(size));
}

ssize_t __wrap_writev(int file, const struct iovec *parts, int count) {
    struct iovec fitting[PARTS_MAX];
    size_t total = 0;
    require(file == STDOUT_FILENO && count <= PARTS_MAX);
    for (int i = 0; i < count; i++) {
        fitting[i] = parts[i];
        fitting[i].iov_len = that_fit(total + parts[i].iov_len) - total;
        total += fitting[i].iov_len;
    }
    return interrupted() ? -1 : __real_writev(file, fitting, count);
}

/* The program does not run as root, the fuzzer may. */
uid_t geteuid(void) {
    return 1;
}

/* ---- One run of the program ---- */

static void fill(int file, const char *bytes, size_t length) {
    require(ftruncate(file, 0) == 0 && pwrite(file, bytes, length, 0) == (ssize_t)length &&
            lseek(file, 0, SEEK_SET) == 0);
}

static void start_server(void) {
    static char name[64];
    server.input = memfd_create("input", MFD_CLOEXEC);
    server.output = memfd_create("output", MFD_CLOEXEC);
    server.configuration = memfd_create("configuration", MFD_CLOEXEC);
    require(server.input > STDERR_FILENO && server.output >= 0 && server.configuration >= 0);
    snprintf(name, sizeof name, "DYNMOD_CONFIG=/proc/self/fd/%d", server.configuration);
    server.name_of_configuration = name;
}

static void prepare(struct arena *arena, const struct web_input *input) {
    const size_t count = sizeof configurations / sizeof configurations[0];
    const char *text = configurations[web_number(input, "FAKE_CONFIGURATION") % count];
    deadline.looks = web_number(input, "FAKE_LATE");
    server.pipe = web_number(input, "FAKE_PIPE");
    server.interrupted = false;
    /* being late is logged on standard error itself */
    enum log_level level = deadline.looks > 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG;
    text = arena_format(arena, "counters_file = /dev/null\nlog_level = %s\n%s",
                        log_level_name(level), text);
    log_set_level(level);
    fill(server.configuration, text, strlen(text));
    fill(server.input, input->body, input->body_length);
    fill(server.output, "", 0);
}

/* A query without "=" becomes the command line (RFC 3875, 4.4). Returns the number of arguments. */
static int split_query(struct arena *arena, const struct web_input *input,
                       char *arguments[ARGUMENTS_MAX + 1]) {
    char *query = arena_text(arena, web_parameter(input, "QUERY_STRING"));
    int count = 0;
    arguments[count++] = arena_text(arena, "dynmod.cgi");
    if (strchr(query, '=') != NULL || query[0] == '\0')
        query = NULL;
    while (query != NULL && count < ARGUMENTS_MAX)
        arguments[count++] = strsep(&query, "+");
    arguments[count] = NULL;
    return count;
}

static void keep(void *service) {
    (void)service;
}

/* What the web server itself says comes first. */
static int run(struct arena *arena, struct web_input *input) {
    static const struct program program = {
        .name = "fuzz", .purpose = "", .routes = api_routes, .start = web_service, .stop = keep};
    char *arguments[ARGUMENTS_MAX + 1];
    char *parameters[WEB_PARAMETERS_MAX + 3] = {server.name_of_configuration,
                                                (char[]){"GATEWAY_INTERFACE=CGI/1.1"}};
    int count = split_query(arena, input, arguments);
    memcpy(parameters + 2, input->parameters, sizeof input->parameters);
    char **former = environ;
    const int former_input = dup(STDIN_FILENO), former_output = dup(STDOUT_FILENO);
    require(former_input >= 0 && former_output >= 0);
    require(dup2(server.input, STDIN_FILENO) >= 0 && dup2(server.output, STDOUT_FILENO) >= 0);
    environ = parameters;
    int status = program_run(&program, count, arguments);
    environ = former;
    require(dup2(former_input, STDIN_FILENO) >= 0 && dup2(former_output, STDOUT_FILENO) >= 0);
    require(close(former_input) == 0 && close(former_output) == 0);
    return status;
}

/* ---- What must hold ---- */

/* No more than what was announced may be read (RFC 3875, 4.2), unless the web server has decoded
 * the body and does not know its length. */
static void check_input(const struct web_input *input) {
    long long announced = strtoll(web_parameter(input, "CONTENT_LENGTH"), NULL, 10);
    if (web_parameter(input, "HTTP_TRANSFER_ENCODING")[0] == '\0')
        require(lseek(server.input, 0, SEEK_CUR) <= (announced < 0 ? 0 : announced));
}

static void check_output(struct arena *arena, const struct web_input *input) {
    off_t length = lseek(server.output, 0, SEEK_END);
    require(length > 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    require(pread(server.output, text, (size_t)length, 0) == length);
    web_check_response(arena, input, text, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct web_input input;
    if (server.input < 0)
        start_server();
    web_read(arena, data, size, &input);
    prepare(arena, &input);
    bool may_be_late = deadline.looks > 0;
    int status = run(arena, &input);
    check_input(&input);
    if (status == EXIT_SUCCESS)
        check_output(arena, &input);
    else /* the rest of the response was not taken in time */
        require(may_be_late && status == EXIT_FAILURE);
    arena_free(arena);
    return 0;
}

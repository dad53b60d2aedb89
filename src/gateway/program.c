/* What every web program does: arguments, hardening, configuration, then requests. */
#include "gateway/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/version.h"
#include "gateway/background.h"
#include "gateway/deadline.h"
#include "gateway/gateway.h"
#include "http/request_log.h"

#define USAGE "usage: %s [--config FILE | --help | --version]\n%s\n"

struct run {
    const struct program *program;
    const char *config_path; /* from the command line, or NULL */
    bool fastcgi;
    struct arena *arena; /* lives as long as the configuration; NULL until that is read */
    struct config config;
    void *service;
    bool announced;     /* the version is in the log */
    struct fault fault; /* why there is no configuration */
    int64_t begun;      /* when the present request was about to be read, in microseconds */
    char *order;        /* of the request that has just been answered; NULL for none */
    char order_request[LIMIT_REQUEST_ID + 1]; /* its id */
};

/* The last line against requests that need absurd memory: memory_alloc() aborts, and the web server
 * starts another process. A lower limit that is already there stays. */
static void limit_memory(const struct config *config) {
#ifdef __SANITIZE_ADDRESS__ /* which needs terabytes */
    (void)config;
#else
    struct rlimit limit;
    const rlim_t most = LIMIT_MEMORY_BASE + (rlim_t)LIMIT_MEMORY_RESPONSE * LIMIT_RESPONSE +
                        LIMIT_MEMORY_BODY * (rlim_t)config->max_body_bytes;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur > most) {
        limit.rlim_cur = most;
        setrlimit(RLIMIT_AS, &limit);
    }
#endif
}

/* Reads the configuration at the first request, and at each further one while that fails, so that a
 * mistake in it leads to a response and a line in the log rather than to a dead process. */
static void start(struct run *run) {
    struct fault *fault = &run->fault;
    struct arena *arena = arena_new();
    if (!config_load(arena, run->config_path, &run->config, fault)) {
        arena_free(arena); /* the numbers in run->config stay: they are the defaults */
        /* whatever is wrong with it, the request is not to blame */
        fault_set(fault, FAULT_UNAVAILABLE, "%s", fault->text);
        return;
    }
    log_set_level((enum log_level)run->config.log_level);
    log_set_format((enum log_format)run->config.log_format);
    limit_memory(&run->config);
    if (run->config.metrics_token[0] != '\0' || run->config.metrics_addresses[0] != '\0')
        metrics_open(run->config.counters_file, run->program->name);
    run->arena = arena;
    run->service = run->program->start(&run->config, run->program->name, run->fastcgi);
}

/* Names the version once, with the first request, as some servers have no log before. A process of
 * CGI starts for each request. */
static void announce(struct run *run) {
    if (!run->announced)
        log_write(run->fastcgi ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "%s %s starts with %s",
                  run->program->name, DYNMOD_VERSION, run->config.path);
    run->announced = true;
}

static struct deadlines before(void *context) {
    struct run *run = context;
    if (run->arena == NULL)
        start(run);
    run->begun = clock_microseconds();
    return (struct deadlines){.body = run->config.body_timeout, .write = run->config.write_timeout};
}

static void stop(struct run *run) {
    run->program->stop(run->service);
    arena_free(run->arena);
}

/* Nothing of what has arrived may be done, so it is not looked at, not even for its credentials. A
 * web server that still waits for the rest may never read what is logged over its connection. */
static void refuse_late(const struct run *run, struct exchange *exchange) {
    log_to(NULL, NULL);
    response_error(exchange->response, 408,
                   arena_format(exchange->request->arena,
                                "The request did not arrive within %ld seconds.",
                                run->config.body_timeout));
    exchange->response->note =
        arena_format(exchange->request->arena, DEADLINE_NOT_ARRIVED, run->config.body_timeout);
}

/* Counts the request and writes its line. */
static void end_request(const struct run *run, const struct exchange *exchange) {
    uint64_t taken = (uint64_t)(clock_microseconds() - run->begun);
    metrics_count_request(exchange->request->method, exchange->response->status, taken,
                          !exchange->routine);
    request_log(exchange, taken, metrics_take_database_time());
}

static bool answer(void *context, const struct transport *transport) {
    struct run *run = context;
    struct arena *arena = arena_new();
    struct request request;
    struct response response;
    response_init(&response, arena);
    request_read(&request, arena, transport, (size_t)run->config.max_body_bytes);
    response.accept = request.accept;
    bool in_time = deadline_stop();
    if (in_time && run->arena != NULL)
        announce(run);
    log_set_request(request.id);
    struct exchange exchange = {.config = &run->config,
                                .request = &request,
                                .response = &response,
                                .service = run->service};
    if (!in_time)
        refuse_late(run, &exchange);
    else if (run->arena != NULL)
        router_answer(run->program->routes, &exchange);
    else
        exchange_fail(&exchange, &run->fault);
    response_header(&response, "X-Request-Id", request.id);
    response_end(&response);
    if (transport->hold != NULL)
        transport->hold(transport->context);
    end_request(run, &exchange);
    bool written = response_write(&response, strcmp(request.method, "HEAD") == 0, transport);
    if (!written)
        log_write(LOG_LEVEL_INFO, "the response could not be written");
    log_set_request("");
    if (exchange.order != NULL) {
        run->order = memory_copy(exchange.order, strlen(exchange.order));
        memcpy(run->order_request, request.id, sizeof request.id);
    }
    response_free(&response);
    arena_free(arena);
    return written;
}

static void work(void *context) {
    const struct run *run = context;
    log_set_request(run->order_request);
    run->program->work(&run->config, run->program->name, run->order);
}

/* Starts the work that was ordered. CGI servers also wait for the end of standard error. */
static void after(void *context) {
    struct run *run = context;
    if (run->order != NULL && !background_run(work, run, run->fastcgi))
        log_write(LOG_LEVEL_ERROR, "cannot start the work that a request has ordered: %s",
                  strerror(errno));
    free(run->order);
    run->order = NULL;
}

/* The process holds secrets, so it dumps no core, cannot be traced and creates no files that others
 * can read. */
static void harden(void) {
    const struct rlimit none = {0, 0};
    umask(077);
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks traces the process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Whether only help or the version was asked for; prints it. Never where a client may have asked:
 * see read_arguments(). */
static bool print_text(const struct program *program, int argc, char **argv) {
    if (argc != 2 || config_environment("GATEWAY_INTERFACE") != NULL)
        return false;
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        printf("%s %s\n", program->name, DYNMOD_VERSION);
    else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        printf(USAGE, program->name, program->purpose);
    else
        return false;
    return true;
}

/* Reads the command line. CGI servers turn a query without "=" into arguments (RFC 3875, 4.4):
 * these come from the client and are not options. */
static bool read_arguments(struct run *run, int argc, char **argv) {
    if (argc == 1 || config_environment("GATEWAY_INTERFACE") != NULL)
        return true;
    if (argc != 3 || strcmp(argv[1], "--config") != 0)
        return false;
    run->config_path = argv[2];
    return true;
}

int program_run(const struct program *program, int argc, char **argv) {
    descriptors_open();
    struct run run = {.program = program};
    if (print_text(program, argc, argv))
        return EX_OK;
    if (!read_arguments(&run, argc, argv)) {
        fprintf(stderr, USAGE, program->name, program->purpose);
        return EX_USAGE;
    }
    if (geteuid() == 0) {
        log_write(LOG_LEVEL_ERROR,
                  "%s must not run as root; let the web server start it as an unprivileged user",
                  program->name);
        return EX_CONFIG;
    }
    harden();
    run.fastcgi = gateway_is_fastcgi();
    const struct gateway_calls calls = {
        .before = before, .answer = answer, .after = after, .context = &run};
    int status = run.fastcgi ? gateway_serve_fastcgi(&calls) : gateway_serve_cgi(&calls);
    stop(&run);
    return status;
}

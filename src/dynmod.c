/* dynmod.fcgi: the web program, for FastCGI and for CGI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/router.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/log.h"
#include "gateway/gateway.h"
#include "http/request.h"
#include "http/response.h"

struct program {
    const char *config_path; /* from the command line, or NULL */
    bool fastcgi;
    struct arena *arena; /* what lives as long as the configuration; NULL until it is read */
    struct config config;
    struct service service;
};

/* Reads the configuration at the first request, and again at the next while it fails: so that a
 * mistake in it is an answer to the client and a line in the log, not a process that dies. */
static bool start(struct program *program, struct fault *fault) {
    if (program->arena != NULL)
        return true;
    struct arena *arena = arena_new();
    if (!config_load(arena, program->config_path, &program->config, fault)) {
        arena_free(arena); /* the numbers in program->config stay: they are the defaults */
        return false;
    }
    log_set_level((enum log_level)program->config.log_level);
    program->arena = arena;
    program->service.database = database_new(&program->config, "dynmod.fcgi", program->fastcgi);
    return true;
}

static void stop(struct program *program) {
    module_types_free(program->service.types);
    database_free(program->service.database);
    arena_free(program->arena);
}

static void answer(void *context, const struct request_source *source, struct buffer *out) {
    struct program *program = context;
    struct arena *arena = arena_new();
    struct request request;
    struct response response;
    struct fault fault;
    response_init(&response);
    program->service.config = &program->config;
    bool started = start(program, &fault);
    request_read(&request, arena, source, (size_t)program->config.max_body_bytes);
    if (started)
        router_answer(&program->service, &request, &response);
    else
        router_unavailable(&program->service, &request, &response, &fault);
    response_render(&response, strcmp(request.method, "HEAD") == 0, out);
    response_free(&response);
    arena_free(arena);
}

/* The process holds secrets, so it leaves no core, lets nobody trace it and makes no file that
 * others can read. */
static void harden(void) {
    const struct rlimit none = {0, 0};
    umask(077);
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks traces the process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The command line. A CGI server makes arguments of a query without "=" (RFC 3875, 4.4): those come
 * from the client and are no options. */
static bool read_arguments(struct program *program, int argc, char **argv) {
    if (argc == 1 || config_environment("GATEWAY_INTERFACE") != NULL)
        return true;
    if (argc != 3 || strcmp(argv[1], "--config") != 0)
        return false;
    program->config_path = argv[2];
    return true;
}

int main(int argc, char **argv) {
    struct program program = {0};
    if (!read_arguments(&program, argc, argv)) {
        fputs("usage: dynmod.fcgi [--config FILE]\n"
              "The web program of dynmod; a web server runs it by FastCGI or CGI.\n",
              stderr);
        return EX_USAGE;
    }
    if (geteuid() == 0) {
        log_write(LOG_LEVEL_ERROR, "dynmod.fcgi does not run as root; let the web server start it "
                                   "as an ordinary user");
        return EX_CONFIG;
    }
    harden();
    program.fastcgi = gateway_is_fastcgi();
    int status = program.fastcgi ? gateway_serve_fastcgi(answer, &program)
                                 : gateway_serve_cgi(answer, &program);
    stop(&program);
    return status;
}

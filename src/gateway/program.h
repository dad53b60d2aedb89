/* What every web program does: arguments, hardening, configuration, then requests. */
#ifndef DYNMOD_GATEWAY_PROGRAM_H
#define DYNMOD_GATEWAY_PROGRAM_H

#include <stdbool.h>

#include "base/config.h"
#include "http/router.h"

struct program {
    const char *name;           /* "dynmod.fcgi" */
    const char *purpose;        /* a line for its usage text */
    const struct route *routes; /* as router_answer() takes them */
    /* Makes what exchange->service will be, once the configuration is read. `lasting`: whether the
     * process serves many requests. */
    void *(*start)(const struct config *config, const char *name, bool lasting);
    /* Frees that; may get NULL. */
    void (*stop)(void *service);
};

/* Runs the program until its web server ends it; returns its exit status. A configuration that
 * cannot be read is an answer 503 to each request and a line in the log. */
int program_run(const struct program *program, int argc, char **argv) __attribute__((nonnull));

#endif

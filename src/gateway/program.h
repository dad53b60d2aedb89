/* What every web program does: arguments, hardening, configuration, then requests. */
#ifndef DYNMOD_GATEWAY_PROGRAM_H
#define DYNMOD_GATEWAY_PROGRAM_H

#include <stdbool.h>

#include "base/config.h"
#include "http/router.h"

struct program {
    const char *name;           /* "dynmod.fcgi" */
    const char *purpose;        /* one line for its usage message */
    const struct route *routes; /* for router_answer() */
    /* Returns what becomes exchange->service; called once the configuration has been read.
     * `lasting`: whether the process serves many requests. */
    void *(*start)(const struct config *config, const char *name, bool lasting);
    /* Frees it; NULL is allowed. */
    void (*stop)(void *service);
    /* Does what a resource has ordered by exchange->order, in a process of its own that ends
     * afterwards. NULL for a program whose resources order nothing. */
    void (*work)(const struct config *config, const char *name, const char *order);
};

/* Runs the program until its web server stops it; returns its exit status. While the configuration
 * cannot be read, each request is answered with 503 and a line is logged. */
int program_run(const struct program *program, int argc, char **argv) __attribute__((nonnull));

#endif

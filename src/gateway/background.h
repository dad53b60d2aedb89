/* Work that goes on after the request which ordered it, in a process of its own. */
#ifndef DYNMOD_GATEWAY_BACKGROUND_H
#define DYNMOD_GATEWAY_BACKGROUND_H

#include <stdbool.h>

/* Calls work(context) in a new process, which then ends; returns at once. The process has a copy of
 * this one's memory, but none of its connections: all descriptors are closed except standard input
 * and output, which are /dev/null, and standard error, which is too unless `keep_error`. It must
 * forget a connection of libpq, not close it. The web server that stops its programs leaves it
 * alone. Returns false and sets errno when there is no such process. */
bool background_run(void (*work)(void *context), void *context, bool keep_error)
    __attribute__((nonnull(1), warn_unused_result));

#endif

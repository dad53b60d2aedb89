/* Where a connection string of libpq leads. */
#ifndef DYNMOD_STORE_DESTINATION_H
#define DYNMOD_STORE_DESTINATION_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"

/* As libpq would use it, defaults and environment included; owned by an arena. */
struct destination {
    const char *host; /* a name, a list of them, or a directory of sockets; NULL for the default */
    const char *port;
    const char *database;
    const char *user;
    bool names_user; /* the string itself does, and not only the environment or the default */
};

/* Reads a connection string, which may also be a URI or the name of a database, as the effective
 * user of the process would use it. Fails with FAULT_INPUT. */
bool destination_read(struct arena *arena, const char *text, struct destination *destination,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The path of the UNIX socket that it leads to, owned by the arena; NULL when it leads over a
 * network or names several hosts. */
const char *destination_socket(struct arena *arena, const struct destination *destination)
    __attribute__((nonnull));

#endif

/* Connection strings of libpq taken apart and put together again. */
#ifndef DYNMOD_STORE_CONNINFO_H
#define DYNMOD_STORE_CONNINFO_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"

/* The parts that a connection string gives, NULL for those it leaves out; owned by the arena. */
struct conninfo {
    const char *database, *user, *password;
    const char *rest; /* everything else, as a connection string */
    bool local;       /* it leads to a UNIX socket, as far as the environment does not matter */
};

/* Takes a connection string, a URI or the name of a database apart. Fails with FAULT_INPUT. */
bool conninfo_read(struct arena *arena, const char *text, struct conninfo *conninfo,
                   struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The connection string for all parts but the password, owned by the arena. */
const char *conninfo_write(struct arena *arena, const struct conninfo *conninfo)
    __attribute__((nonnull, returns_nonnull));

/* The same with the password. */
const char *conninfo_write_secret(struct arena *arena, const struct conninfo *conninfo)
    __attribute__((nonnull, returns_nonnull));

#endif

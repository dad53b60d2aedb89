/* Opening a connection to the database. */
#ifndef DYNMOD_STORE_CONNECT_H
#define DYNMOD_STORE_CONNECT_H

#include <libpq-fe.h>

/* Connects as `conninfo` says, with defaults by which a dead peer is noticed. `program` names the
 * caller to the server. The connection does not block; PQstatus() says whether there is one, also
 * of NULL. The caller frees it with PQfinish(). */
PGconn *connect_open(const char *conninfo, const char *program)
    __attribute__((nonnull, warn_unused_result));

#endif

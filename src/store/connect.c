/* Opening a connection to the database. */
#include "store/connect.h"

#include <stddef.h>

PGconn *connect_open(const char *conninfo, const char *program) {
    /* What stands before dbname are defaults that the connection string may change. The keepalives
     * find a dead peer of an idle connection, tcp_user_timeout one that leaves data unconfirmed. */
    static const char *const names[] = {
        "connect_timeout",           "keepalives_idle",  "keepalives_interval",
        "keepalives_count",          "tcp_user_timeout", "dbname",
        "fallback_application_name", "client_encoding",  NULL};
    const char *values[] = {"3", "10", "5", "3", "15000", conninfo, program, "UTF8", NULL};
    PGconn *connection = PQconnectdbParams(names, values, 1);
    if (PQstatus(connection) != CONNECTION_OK || PQsetnonblocking(connection, 1) == 0)
        return connection;
    PQfinish(connection);
    return NULL;
}

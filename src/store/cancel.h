/* Cancelling a statement that takes too long. */
#ifndef DYNMOD_STORE_CANCEL_H
#define DYNMOD_STORE_CANCEL_H

#include <libpq-fe.h>
#include <sys/types.h>

/* Begins to ask the server to cancel what it does for `connection`, in a process of its own, which
 * lives for LIMIT_CANCEL_SECONDS at most: PQcancel() waits for the server, and a host that cannot
 * be reached would make it wait for minutes. Returns the process, for cancel_end(). */
pid_t cancel_begin(PGconn *connection) __attribute__((nonnull, warn_unused_result));

/* Waits until that process has ended. The request may still be on its way then, and would cancel
 * the next statement: the connection is to be closed. */
void cancel_end(pid_t process);

#endif

/* Cancelling a statement that takes too long. */
#include "store/cancel.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"

enum { REASON_SIZE = 256 }; /* bytes, as libpq recommends */

static _Noreturn void request(PGcancel *cancel) {
    char reason[REASON_SIZE];
    signal(SIGALRM, SIG_DFL);
    alarm(LIMIT_CANCEL_SECONDS);
    _exit(PQcancel(cancel, reason, sizeof reason) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

pid_t cancel_begin(PGconn *connection) {
    PGcancel *cancel = PQgetCancel(connection);
    if (cancel == NULL)
        return -1;
    pid_t process = fork();
    if (process == 0)
        request(cancel);
    PQfreeCancel(cancel);
    return process;
}

void cancel_end(pid_t process) {
    while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR) {
        /* interrupted */
    }
}

/* How long a web server may take to bring a request, and to take the answer. */
#ifndef DYNMOD_GATEWAY_DEADLINE_H
#define DYNMOD_GATEWAY_DEADLINE_H

#include <stdbool.h>

enum { DEADLINE_NO_SOCKET = -1 };

/* What is logged, with the seconds. */
#define DEADLINE_NOT_ARRIVED "the request did not arrive within %ld seconds"
#define DEADLINE_NOT_TAKEN "the answer was not taken within %ld seconds"

/* For both parts of a request, in seconds. */
struct deadlines {
    long body;  /* until all of it has arrived */
    long write; /* until the answer has been taken */
};

/* Starts to count `seconds`, in place of what was counted before. When they have passed, `socket`
 * is shut down in the direction `how` (SHUT_RD, SHUT_WR or SHUT_RDWR), which ends each read() or
 * write() that waits and all later ones. Besides, from then on a signal interrupts system calls
 * with EINTR, every second, so that none waits for ever on what cannot be shut down; `socket` is
 * DEADLINE_NO_SOCKET then. */
void deadline_start(int socket, int how, long seconds);

/* Whether it is still counting or has passed; false before deadline_start() and after
 * deadline_stop(). */
bool deadline_runs(void);

/* Whether the time was up. */
bool deadline_passed(void);

/* Ends the count: nothing is interrupted any more. Returns whether there was time left; so it does
 * when nothing was counted. */
bool deadline_stop(void) __attribute__((warn_unused_result));

#endif

/* How long a web server may take to bring a request, and to take the answer. */
#include "gateway/deadline.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { REPEAT_SECONDS = 1 };

static struct {
    volatile sig_atomic_t socket, how, passed, runs;
} deadline = {.socket = DEADLINE_NO_SOCKET};

static void pass(int signal_number) {
    (void)signal_number;
    const int saved = errno;
    deadline.passed = 1;
    if (deadline.socket >= 0)
        shutdown(deadline.socket, deadline.how);
    errno = saved;
}

/* Without SA_RESTART: what waits is to be interrupted. */
static void catch_alarm(void) {
    const struct sigaction action = {.sa_handler = pass};
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
}

static void set_timer(long seconds, long repeat) {
    const struct itimerval timer = {.it_value.tv_sec = seconds, .it_interval.tv_sec = repeat};
    setitimer(ITIMER_REAL, &timer, NULL);
}

void deadline_start(int socket, int how, long seconds) {
    static bool caught;
    if (!caught)
        catch_alarm();
    caught = true;
    if (deadline.runs)
        set_timer(0, 0);
    deadline.passed = 0;
    deadline.socket = socket;
    deadline.how = how;
    deadline.runs = 1;
    set_timer(seconds, REPEAT_SECONDS);
}

bool deadline_runs(void) {
    return deadline.runs != 0;
}

bool deadline_passed(void) {
    return deadline.passed != 0;
}

bool deadline_stop(void) {
    if (deadline.runs)
        set_timer(0, 0);
    deadline.socket = DEADLINE_NO_SOCKET;
    deadline.runs = 0;
    bool in_time = deadline.passed == 0;
    deadline.passed = 0;
    return in_time;
}

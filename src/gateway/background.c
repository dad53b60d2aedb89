/* Work that goes on after the request which ordered it, in a process of its own. */
#include "gateway/background.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signals that stop a gateway after the current request stop this process at once. A peer that
 * has gone is no reason to die, though. */
static void reset_signals(void) {
    static const int stopping[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++)
        signal(stopping[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A web server waits for the end of what a CGI program writes, on standard error as well; and the
 * FastCGI socket must close with the program that listens on it. */
static bool drop_descriptors(bool keep_error) {
    int null = open("/dev/null", O_RDWR);
    return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
           (keep_error || dup2(null, STDERR_FILENO) >= 0) &&
           close_range(STDERR_FILENO + 1, UINT_MAX, 0) == 0;
}

/* What the first of the two new processes does; its exit status is an errno, 0 for none. */
static _Noreturn void detach(void (*work)(void *context), void *context, bool keep_error) {
    setsid();
    reset_signals();
    pid_t process = drop_descriptors(keep_error) ? fork() : -1;
    if (process != 0)
        _exit(process < 0 ? errno : 0);
    work(context);
    _exit(EXIT_SUCCESS);
}

bool background_run(void (*work)(void *context), void *context, bool keep_error) {
    /* Two forks: the one that works has no parent that would have to wait for it. */
    pid_t process = fork();
    if (process < 0)
        return false;
    if (process == 0)
        detach(work, context, keep_error);
    int status = 0;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return true; /* the web server has set SIGCHLD to be ignored: no status */
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    return errno == 0;
}

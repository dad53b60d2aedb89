/* Running another program and reading what it says. */
#include "ctl/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"

enum { STATUS_NOT_STARTED = 127 /* as the shell says it */ };

/* In the new process. A folder that only the former user may enter would confuse the program. */
static _Noreturn void start(const struct child *child, int output) {
    bool ok = dup2(output, STDOUT_FILENO) >= 0;
    if (child->account != NULL)
        ok = ok && account_become(child->account) && chdir("/") == 0;
    if (child->password != NULL)
        ok = ok && setenv("PGPASSWORD", child->password, 1) == 0;
    if (ok)
        execvp(child->arguments[0], (char *const *)child->arguments);
    fprintf(stderr, "%s: %s\n", child->arguments[0], strerror(errno));
    _exit(STATUS_NOT_STARTED);
}

static char *read_all(struct arena *arena, int file) {
    struct buffer text;
    char piece[BUFSIZ];
    ssize_t count;
    buffer_init(&text, LIMIT_INPUT_FILE);
    while ((count = read(file, piece, sizeof piece)) > 0 || (count < 0 && errno == EINTR))
        if (count > 0)
            buffer_add(&text, piece, (size_t)count);
    return buffer_to_arena(&text, arena);
}

bool child_run(struct arena *arena, const struct child *child, char **output, struct fault *fault) {
    int ends[2], status = 0;
    *output = arena_text(arena, "");
    fflush(stdout);
    fflush(stderr);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fault_set(fault, FAULT_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    pid_t process = fork();
    if (process == 0)
        start(child, ends[1]);
    close(ends[1]);
    if (process > 0)
        *output = read_all(arena, ends[0]);
    close(ends[0]);
    if (process < 0)
        return fault_set(fault, FAULT_INTERNAL, "cannot start a process: %s", strerror(errno));
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
        /* interrupted */
    }
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           fault_set(fault, FAULT_UNAVAILABLE, "%s has failed, see its message",
                     child->arguments[0]);
}

/* Running another program and reading what it says. */
#ifndef DYNMOD_CTL_CHILD_H
#define DYNMOD_CTL_CHILD_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"
#include "ctl/account.h"

/* A program to run. */
struct child {
    const char *const *arguments;  /* the first one is the program, found in PATH; NULL ends them */
    const struct account *account; /* who runs it; NULL for whoever runs this one */
    const char *password;          /* of the database, for libpq; NULL for none */
};

/* Runs the program to its end and hands out what it writes to standard output as *output, owned by
 * the arena, at most LIMIT_INPUT_FILE bytes; its messages go where those of this program go. Fails
 * when its exit status is not 0; *output is there nevertheless. */
bool child_run(struct arena *arena, const struct child *child, char **output, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

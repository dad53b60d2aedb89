/* The export that an import reads, twice from its beginning. */
#ifndef DYNMOD_CTL_EXPORT_INPUT_H
#define DYNMOD_CTL_EXPORT_INPUT_H

#include <stdio.h>

#include "ctl/invocation.h"

/* Opens the file `path`, or standard input for "-", for the invocation's arena to close. What comes
 * from a pipe is written to a file in TMPDIR or /tmp, which has no name and which nobody else can
 * open. */
bool export_input_open(struct invocation *invocation, const char *path, FILE **file,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif

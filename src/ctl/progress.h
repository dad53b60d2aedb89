/* How far a long piece of work is, for whoever watches it at a terminal. */
#ifndef DYNMOD_CTL_PROGRESS_H
#define DYNMOD_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* as in "exported" */
    int64_t shown_at; /* milliseconds; 0 while nothing has been shown */
};

/* Shows on standard error, if that is a terminal and not more than a few times a second, how many
 * apps are done. */
void progress_show(struct progress *progress, long apps) __attribute__((nonnull));

/* Ends the line that was shown, if any. */
void progress_end(struct progress *progress) __attribute__((nonnull));

#endif

/* How far a long piece of work is, for whoever watches it at a terminal. */
#include "ctl/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { INTERVAL = 200 }; /* milliseconds */

void progress_show(struct progress *progress, long apps) {
    int64_t now = clock_milliseconds();
    if (now - progress->shown_at < INTERVAL || isatty(STDERR_FILENO) != 1)
        return;
    progress->shown_at = now;
    fprintf(stderr, "\rdynmodctl: %s %ld apps", progress->what, apps);
}

void progress_end(struct progress *progress) {
    if (progress->shown_at != 0)
        fputc('\n', stderr);
    progress->shown_at = 0;
}

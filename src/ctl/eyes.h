/* Looking at files and the database as another user of this machine. */
#ifndef DYNMOD_CTL_EYES_H
#define DYNMOD_CTL_EYES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/memory.h"

/* What is to be restored. */
struct eyes {
    bool open;
    gid_t *groups;
    int group_count;
    const char *home;
};

/* From now on the process opens files and connections as `user`, with all of its groups and its
 * home, until eyes_close(). NULL, or the user that it has already, changes nothing. Only root can
 * look as others: fails with FAULT_REFUSED, and with FAULT_NOT_FOUND for an unknown user. */
bool eyes_open(struct eyes *eyes, struct arena *arena, const char *user, struct fault *fault)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* Ends the process if it cannot become again what it was. */
void eyes_close(struct eyes *eyes) __attribute__((nonnull));

#endif

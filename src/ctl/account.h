/* Acting as another user of the machine for a while, as only root can. */
#ifndef DYNMOD_CTL_ACCOUNT_H
#define DYNMOD_CTL_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/memory.h"

/* A user of the machine, by its entry in the password database. */
struct account {
    const char *name;
    uid_t user;
    gid_t group;
};

/* Finds the user `name`; the arena owns the copy of the name. Returns false when the machine has
 * no such user. */
bool account_find(struct arena *arena, const char *name, struct account *account)
    __attribute__((nonnull, warn_unused_result));

/* Whether account_assume() can succeed: this process belongs to root, or to that user. */
bool account_possible(const struct account *account) __attribute__((nonnull));

/* From now on files are opened and connections made as that user, with all its groups, until
 * account_resume(). */
bool account_assume(const struct account *account, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
/* Ends that. */
void account_resume(void);

/* The same for ever, in a process that is to execute another program. */
bool account_become(const struct account *account) __attribute__((nonnull, warn_unused_result));

#endif

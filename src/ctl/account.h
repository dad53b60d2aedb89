/* Acting as another user of the machine for a while, as only root can. */
#ifndef DYNMOD_CTL_ACCOUNT_H
#define DYNMOD_CTL_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/memory.h"

/* A user of the machine, by its entry in the password database. */
struct account {
    const char *name, *home;
    uid_t user;
    gid_t group;
};

/* Finds the user `name`; the arena owns the copies of the texts. Returns false when the machine has
 * no such user. */
bool account_find(struct arena *arena, const char *name, struct account *account)
    __attribute__((nonnull, warn_unused_result));

/* Whether account_assume() can succeed: this process belongs to root, or to that user. */
bool account_possible(const struct account *account) __attribute__((nonnull));

/* From now on files are opened and connections made as that user, with all its groups and its
 * home, until account_resume(). The arena keeps until then what is to be restored. Nothing changes
 * for the user that the process has already. */
bool account_assume(struct arena *arena, const struct account *account, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
/* The same for the user `name`, for nobody when it is NULL. Fails with FAULT_NOT_FOUND for one that
 * the machine does not have, and with FAULT_REFUSED when that would take root. */
bool account_assume_name(struct arena *arena, const char *name, struct fault *fault)
    __attribute__((nonnull(1, 3), warn_unused_result));
/* Ends that. Ends the process if it cannot become again what it was. */
void account_resume(void);

/* The same for ever, in a process that is to execute another program. */
bool account_become(const struct account *account) __attribute__((nonnull, warn_unused_result));

#endif

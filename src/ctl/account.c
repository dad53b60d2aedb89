/* Acting as another user of the machine for a while, as only root can. */
#include "ctl/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

bool account_find(struct arena *arena, const char *name, struct account *account) {
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL)
        return false;
    *account = (struct account){arena_text(arena, name), entry->pw_uid, entry->pw_gid};
    return true;
}

bool account_possible(const struct account *account) {
    return getuid() == 0 || geteuid() == account->user;
}

bool account_assume(const struct account *account, struct fault *fault) {
    if (geteuid() == account->user)
        return true;
    account_resume();
    if (initgroups(account->name, account->group) == 0 && setegid(account->group) == 0 &&
        seteuid(account->user) == 0)
        return true;
    fault_fill(fault, FAULT_REFUSED, "cannot act as the user %s: %s", account->name,
               strerror(errno));
    account_resume();
    return false;
}

void account_resume(void) {
    if (getuid() == 0 && (seteuid(0) != 0 || setegid(getgid()) != 0))
        _exit(1); /* root may always do that */
}

bool account_become(const struct account *account) {
    account_resume();
    return (geteuid() == account->user || initgroups(account->name, account->group) == 0) &&
           setresgid(account->group, account->group, account->group) == 0 &&
           setresuid(account->user, account->user, account->user) == 0;
}

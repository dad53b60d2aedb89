/* Acting as another user of the machine for a while, as only root can. */
#include "ctl/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"

/* What account_resume() restores. */
static struct {
    bool open;
    gid_t *groups;
    int group_count;
    const char *home; /* NULL for none */
} former;

bool account_find(struct arena *arena, const char *name, struct account *account) {
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL)
        return false;
    *account = (struct account){arena_text(arena, name), arena_text(arena, entry->pw_dir),
                                entry->pw_uid, entry->pw_gid};
    return true;
}

bool account_possible(const struct account *account) {
    return getuid() == 0 || geteuid() == account->user;
}

static bool remember(struct arena *arena) {
    const char *home = config_environment("HOME");
    int count = getgroups(0, NULL);
    if (count < 0)
        return false;
    former.groups = arena_alloc(arena, (size_t)(count + 1) * sizeof *former.groups);
    former.group_count = getgroups(count, former.groups);
    former.home = home == NULL ? NULL : arena_text(arena, home);
    former.open = former.group_count >= 0;
    return former.open;
}

bool account_assume(struct arena *arena, const struct account *account, struct fault *fault) {
    if (geteuid() == account->user)
        return true;
    account_resume();
    if (remember(arena) && initgroups(account->name, account->group) == 0 &&
        setegid(account->group) == 0 && seteuid(account->user) == 0 &&
        setenv("HOME", account->home, 1) == 0)
        return true;
    fault_fill(fault, FAULT_REFUSED, "cannot act as the user %s: %s", account->name,
               strerror(errno));
    account_resume();
    return false;
}

bool account_assume_name(struct arena *arena, const char *name, struct fault *fault) {
    struct account account;
    if (name == NULL)
        return true;
    if (!account_find(arena, name, &account))
        return fault_set(fault, FAULT_NOT_FOUND, "this machine has no user \"%s\"", name);
    return account_possible(&account)
               ? account_assume(arena, &account, fault)
               : fault_set(fault, FAULT_REFUSED, "only root can look as %s", name);
}

void account_resume(void) {
    if (!former.open)
        return;
    former.open = false;
    if (seteuid(getuid()) != 0 || setegid(getgid()) != 0 ||
        setgroups((size_t)former.group_count, former.groups) != 0) {
        perror("dynmodctl: becoming root again");
        abort();
    }
    if (former.home == NULL)
        unsetenv("HOME");
    else
        setenv("HOME", former.home, 1);
}

bool account_become(const struct account *account) {
    account_resume();
    return (geteuid() == account->user || initgroups(account->name, account->group) == 0) &&
           setresgid(account->group, account->group, account->group) == 0 &&
           setresuid(account->user, account->user, account->user) == 0 &&
           setenv("HOME", account->home, 1) == 0;
}

/* Looking at files and the database as another user of this machine. */
#include "ctl/eyes.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"

static bool become(const struct passwd *user) {
    return initgroups(user->pw_name, user->pw_gid) == 0 && setegid(user->pw_gid) == 0 &&
           seteuid(user->pw_uid) == 0 && setenv("HOME", user->pw_dir, 1) == 0;
}

bool eyes_open(struct eyes *eyes, struct arena *arena, const char *user, struct fault *fault) {
    *eyes = (struct eyes){0};
    const struct passwd *entry = user == NULL ? NULL : getpwnam(user);
    if (user == NULL || (entry != NULL && entry->pw_uid == geteuid()))
        return true;
    if (entry == NULL)
        return fault_set(fault, FAULT_NOT_FOUND, "this machine has no user \"%s\"", user);
    if (geteuid() != 0)
        return fault_set(fault, FAULT_REFUSED, "only root can look as %s", user);
    const char *home = config_environment("HOME");
    eyes->home = home == NULL ? NULL : arena_text(arena, home);
    eyes->group_count = getgroups(0, NULL);
    if (eyes->group_count < 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "getgroups: %s", strerror(errno));
    eyes->groups = arena_alloc(arena, (size_t)(eyes->group_count + 1) * sizeof *eyes->groups);
    eyes->group_count = getgroups(eyes->group_count, eyes->groups);
    eyes->open = true;
    if (eyes->group_count >= 0 && become(entry))
        return true;
    fault_set(fault, FAULT_UNAVAILABLE, "cannot look as %s: %s", user, strerror(errno));
    eyes_close(eyes);
    return false;
}

void eyes_close(struct eyes *eyes) {
    if (!eyes->open)
        return;
    eyes->open = false;
    if (seteuid(getuid()) != 0 || setegid(getgid()) != 0 ||
        setgroups((size_t)eyes->group_count, eyes->groups) != 0) {
        perror("dynmodctl: becoming root again");
        abort();
    }
    if (eyes->home == NULL)
        unsetenv("HOME");
    else
        setenv("HOME", eyes->home, 1);
}

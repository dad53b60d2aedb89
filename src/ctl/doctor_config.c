/* What doctor checks of the configuration. */
#include "ctl/doctor_config.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/account.h"
#include "ctl/doctor_mend.h"

#define READERS "dynmod-web" /* the group of README that may read the configuration */

/* How root lets the user read the file: by its group, unless that is root's. */
static const char *admission(struct findings *findings, const char *path) {
    struct arena *arena = findings->invocation->arena;
    struct stat status;
    if (stat(path, &status) != 0)
        return NULL;
    const char *file = mend_word(findings, path), *user = mend_word(findings, findings->user);
    const struct group *owner = status.st_gid == 0 ? NULL : getgrgid(status.st_gid);
    if (owner != NULL)
        return arena_format(arena, "chmod g+r %s && adduser --quiet %s %s", file, user,
                            owner->gr_name);
    return arena_format(arena, "%schgrp %s %s && chmod 0640 %s && adduser --quiet %s %s",
                        getgrnam(READERS) == NULL ? "addgroup --quiet --system " READERS " && "
                                                  : "",
                        READERS, file, file, user, READERS);
}

/* Reports what the user who has just tried cannot do with the configuration. */
static void report(struct findings *findings, const struct fault *fault) {
    const char *path = findings->invocation->config.path;
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    findings_add(findings, FINDING_ERROR, "configuration", "%s", fault->text);
    if (file >= 0) {
        close(file);
        if (stat(path, &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)) != 0)
            findings_mend(findings, arena_format(findings->invocation->arena, "chmod o-rwx %s",
                                                 mend_word(findings, path)));
    }
}

static void report_mode(struct findings *findings, const char *path) {
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
        findings_add(findings, FINDING_ERROR, "configuration",
                     "every user can change %s; run chmod o-w on it", path);
        findings_mend(findings, arena_format(findings->invocation->arena, "chmod o-w %s",
                                             mend_word(findings, path)));
    } else {
        findings_add(findings, FINDING_OK, "configuration", "%s", path);
    }
}

/* Reads it with the eyes of the user and says what it found. */
static bool look(struct findings *findings) {
    struct invocation *invocation = findings->invocation;
    struct fault fault;
    if (!account_assume_name(invocation->arena, findings->user, &fault)) {
        findings_add(findings, FINDING_ERROR, "configuration", "%s", fault.text);
        return false;
    }
    bool ok = invocation_load_config(invocation, &fault);
    const char *path = invocation->config.path;
    if (ok)
        report_mode(findings, path);
    else
        report(findings, &fault);
    bool hidden = !ok && findings->user != NULL && eaccess(path, R_OK) != 0;
    if (ok && !destination_read(invocation->arena, invocation->config.database, &findings->where,
                                &fault)) {
        findings_add(findings, FINDING_ERROR, "configuration", "%s", fault.text);
        ok = false;
    }
    account_resume();
    const char *command = hidden ? admission(findings, path) : NULL;
    if (command != NULL)
        findings_mend(findings, command);
    return ok;
}

/* What the user cannot read may still say where the database is. */
static bool look_as_caller(struct findings *findings) {
    struct invocation *invocation = findings->invocation;
    struct fault fault;
    return findings->user != NULL && invocation_load_config(invocation, &fault) &&
           destination_read(invocation->arena, invocation->config.database, &findings->where,
                            &fault);
}

bool doctor_check_config(struct findings *findings) {
    if (look(findings))
        return true;
    if (!look_as_caller(findings))
        return false;
    if (!findings->where.names_user)
        findings->where.user = findings->user;
    return true;
}

/* What doctor checks of the sockets between web servers and programs. */
#include "ctl/doctor_socket.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/doctor_mend.h"

enum { GROUPS_MAX = 64 };

#define WEB_USER "www-data"   /* that Debian's web servers run as */
#define PROGRAM_USER "dynmod" /* that the head of dynmod-proxy.conf lets the web program run as */

/* Whether the user of the web server may write to what `status` is about, as one connects. */
static bool web_server_may_write(const struct stat *status) {
    const struct passwd *user = getpwnam(WEB_USER);
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;
    if (user == NULL)
        return true;
    if (status->st_uid == user->pw_uid)
        return (status->st_mode & S_IWUSR) != 0;
    if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
        return true;
    for (int i = 0; i < count; i++)
        if (groups[i] == status->st_gid)
            return (status->st_mode & S_IWGRP) != 0;
    return (status->st_mode & S_IWOTH) != 0;
}

/* Whether somebody accepts connections; a socket that may not be opened counts as well. */
static bool is_served(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path));
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (peer < 0)
        return true;
    bool refused = connect(peer, (const struct sockaddr *)&address, sizeof address) != 0 &&
                   errno == ECONNREFUSED;
    close(peer);
    return !refused;
}

/* The command that starts the programs behind a socket of dynmod-proxy.conf. */
static const char *start(struct findings *findings, const char *path) {
    struct arena *arena = findings->invocation->arena;
    const char *name = strrchr(path, '/') + 1;
    name = arena_copy(arena, name, strcspn(name, "."));
    if (mend_exists("/run/systemd/system") &&
        (mend_exists(arena_format(arena, "/lib/systemd/system/%s.socket", name)) ||
         mend_exists(arena_format(arena, "/etc/systemd/system/%s.socket", name))))
        return arena_format(arena, "systemctl restart %s.socket", name);
    const char *directory =
        mend_word(findings, arena_copy(arena, path, (size_t)(strrchr(path, '/') - path)));
    const char *socket = mend_word(findings, path);
    const bool admin = strstr(name, "admin") != NULL;
    const char *user = admin ? PROGRAM_USER "-admin" : PROGRAM_USER;
    return arena_format(arena,
                        "install -d -m 0750 -o " PROGRAM_USER " -g " WEB_USER " %s && rm -f %s && "
                        "DYNMOD_CONFIG=%s spawn-fcgi -s %s -M 0660 -u %s -g %s -U %s -G " WEB_USER
                        " -P %s/%s.pid -F %d -- /usr/lib/dynmod/%s.fcgi",
                        directory, socket, mend_word(findings, findings->invocation->config.path),
                        socket, user, user, user, directory, name, admin ? 1 : 4, user);
}

static void check_socket(struct findings *findings, const char *path, const char *restart) {
    struct stat status;
    const char *word = mend_word(findings, path);
    struct arena *arena = findings->invocation->arena;
    if (stat(path, &status) != 0 && errno == EACCES) {
        findings_add(findings, FINDING_NOTE, "socket", "%s: %s", path, strerror(EACCES));
    } else if (stat(path, &status) != 0) {
        findings_add(findings, FINDING_ERROR, "socket", "%s is missing", path);
        findings_mend(findings, restart);
    } else if (!S_ISSOCK(status.st_mode) || !is_served(path)) {
        findings_add(findings, FINDING_ERROR, "socket", "no program listens at %s", path);
        findings_mend(findings, restart);
    } else if ((status.st_mode & S_IWOTH) != 0) {
        findings_add(findings, FINDING_ERROR, "socket",
                     "every user can connect to %s, which asks nobody for a password", path);
        findings_mend(findings,
                      arena_format(arena, "chgrp " WEB_USER " %s && chmod 0660 %s", word, word));
    } else if (!web_server_may_write(&status)) {
        findings_add(findings, FINDING_ERROR, "socket", WEB_USER " cannot connect to %s", path);
        findings_mend(findings,
                      arena_format(arena, "chgrp " WEB_USER " %s && chmod 0660 %s", word, word));
    } else {
        findings_add(findings, FINDING_OK, "socket", "%s", path);
    }
}

void doctor_check_sockets(struct findings *findings, const char *service,
                          const struct set_up *set_up) {
    struct arena *arena = findings->invocation->arena;
    json_object_object_foreach(set_up->sockets, name, socket) {
        const char *path = json_object_get_string(socket);
        (void)name;
        if (set_up->starts_programs) /* lighttpd numbers the sockets of its processes */
            check_socket(findings, arena_format(arena, "%s-0", path),
                         mend_service(findings, service, "restart"));
        else
            check_socket(findings, path, start(findings, path));
    }
}

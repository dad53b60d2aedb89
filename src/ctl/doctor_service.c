/* What doctor checks of web servers at work: their processes and sockets. */
#include "ctl/doctor_service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor_mend.h"
#include "ctl/doctor_socket.h"

/* Whether the process in the file is alive. */
static bool runs(const struct server_files *server) {
    FILE *file = fopen(server->pid_file, "re");
    char line[32] = "";
    if (file == NULL)
        return false;
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    long pid = read ? strtol(line, NULL, 10) : 0;
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* The command that takes dynmod out of a server: the files' names say how they were put in. */
static const char *retirement(struct findings *findings, const struct server_files *server) {
    struct arena *arena = findings->invocation->arena;
    const char *command = "";
    for (size_t i = 0; i < server->count; i++) {
        const char *path = server->set_ups[i].path, *name = strrchr(path, '/') + 1;
        name = arena_copy(arena, name, strcspn(name, "."));
        if (strncmp(path, "/etc/lighttpd/conf-enabled/", 27) == 0)
            command = arena_format(arena, "%slighty-disable-mod %s && ", command,
                                   mend_word(findings, name + strspn(name, "0123456789-")));
        else if (strncmp(path, "/etc/apache2/conf-enabled/", 26) == 0)
            command =
                arena_format(arena, "%sa2disconf -q %s && ", command, mend_word(findings, name));
    }
    return arena_format(arena, "%s%s", command,
                        mend_service(findings, server->service, runs(server) ? "restart" : "stop"));
}

/* Two servers for the same addresses: the one that does not run is one too many, else the last. */
static bool report_both(struct findings *findings, const struct server_files *servers,
                        size_t count) {
    const struct server_files *first = NULL, *last = NULL;
    for (size_t i = 0; i < count; i++) {
        if (servers[i].count == 0)
            continue;
        last = first == NULL ? NULL : &servers[i];
        first = first == NULL ? &servers[i] : first;
    }
    if (last == NULL)
        return false;
    const struct server_files *useless = !runs(first) && runs(last) ? first : last;
    findings_add(findings, FINDING_WARNING, "web server",
                 "both %s and %s are to serve dynmod; one of them is enough", first->name,
                 last->name);
    findings_mend(findings, retirement(findings, useless));
    return true;
}

void doctor_check_services(struct findings *findings, const struct server_files *servers,
                           size_t count) {
    bool any = false;
    bool both = report_both(findings, servers, count);
    for (size_t i = 0; i < count; i++)
        any |= servers[i].count > 0 && runs(&servers[i]);
    for (size_t i = 0; i < count; i++) {
        const struct server_files *server = &servers[i];
        if (server->count == 0 || (both && any && !runs(server)))
            continue;
        if (!runs(server)) {
            findings_add(findings, FINDING_ERROR, "web server", "%s does not run", server->name);
            findings_mend(findings, mend_service(findings, server->service, "start"));
        } else {
            findings_add(findings, FINDING_OK, "web server", "%s runs", server->name);
        }
        for (size_t j = 0; j < server->count; j++)
            if (!server->set_ups[j].starts_programs || runs(server))
                doctor_check_sockets(findings, server->service, &server->set_ups[j]);
    }
}

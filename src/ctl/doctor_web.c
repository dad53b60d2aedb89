/* What doctor checks in the configuration of web servers. */
#include "ctl/doctor_web.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor_mend.h"
#include "ctl/doctor_service.h"
#include "ctl/set_up.h"
#include "json/json.h"

enum { FCGID_DEFAULT_BYTES = 131072, KIBIBYTE = 1024 };

static void check_fcgid(struct findings *findings, const char *path, long bytes, long wanted) {
    if (bytes < 0 && FCGID_DEFAULT_BYTES < wanted)
        findings_add(findings, FINDING_WARNING, "web server",
                     "%s: FcgidMaxRequestLen is not set in the server's configuration, so Apache "
                     "answers 500 to requests of more than %d bytes, but max_body_bytes is %ld",
                     path, FCGID_DEFAULT_BYTES, wanted);
    else if (bytes >= 0 && bytes < wanted)
        findings_add(findings, FINDING_WARNING, "web server",
                     "%s: FcgidMaxRequestLen is %ld but max_body_bytes is %ld; Apache answers 500 "
                     "to requests of a size in between",
                     path, bytes, wanted);
}

/* Sites that nobody has added, as far as it is known which there are. */
static void check_sites(struct findings *findings, const struct set_up *set_up) {
    for (size_t i = 0; findings->sites != NULL && i < json_object_array_length(set_up->sites);
         i++) {
        struct json_object *site = json_object_array_get_idx(set_up->sites, i);
        const char *name = json_member_text(site, "name");
        if (findings_site(findings, name) != NULL)
            continue;
        findings_add(findings, FINDING_WARNING, "web server",
                     "%s: DYNMOD_SITE is \"%s\", but that site does not exist",
                     json_member_text(site, "path"), name);
        findings_mend(findings, mend_site(findings, name));
    }
}

static void check_set_up(struct findings *findings, const struct set_up *set_up) {
    const char *path = set_up->path;
    long wanted = findings->invocation->config.max_body_bytes;
    size_t before = json_object_array_length(findings->list);
    if (set_up->apache_program && !set_up->authorization)
        findings_add(
            findings, FINDING_ERROR, "web server",
            "%s: Apache withholds the Authorization header from the program, so every request "
            "is answered with 401; CGIPassAuth On passes it on",
            path);
    if (set_up->fcgid)
        check_fcgid(findings, path, set_up->fcgid_bytes, wanted);
    if (set_up->apache_bytes > 0 && set_up->apache_bytes < wanted)
        findings_add(findings, FINDING_WARNING, "web server",
                     "%s: LimitRequestBody is %ld, which is less than max_body_bytes (%ld)", path,
                     set_up->apache_bytes, wanted);
    if (set_up->lighttpd_kibibytes > 0 && set_up->lighttpd_kibibytes * KIBIBYTE < wanted)
        findings_add(findings, FINDING_WARNING, "web server",
                     "%s: server.max-request-size is %ld KiB, which is less than max_body_bytes "
                     "(%ld bytes)",
                     path, set_up->lighttpd_kibibytes, wanted);
    if (json_object_array_length(findings->list) == before)
        findings_add(findings, FINDING_OK, "web server",
                     "%s passes on the Authorization header and bodies of %ld bytes", path, wanted);
    check_sites(findings, set_up);
}

/* The files of a server that mention dynmod; reports what is wrong with each. */
static void check_places(struct findings *findings, const char *const *places,
                         struct server_files *files) {
    struct invocation *invocation = findings->invocation;
    glob_t found = {0};
    for (size_t i = 0; places[i] != NULL; i++)
        glob(places[i], i == 0 ? 0 : GLOB_APPEND, NULL, &found);
    files->set_ups = arena_alloc(invocation->arena, (found.gl_pathc + 1) * sizeof *files->set_ups);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct set_up *set_up = &files->set_ups[files->count];
        const char *path = arena_text(invocation->arena, found.gl_pathv[i]);
        struct fault fault;
        if (!set_up_read(invocation, path, set_up, &fault)) {
            findings_add(findings, FINDING_NOTE, "web server", "%s", fault.text);
        } else if (set_up->names_dynmod) {
            check_set_up(findings, set_up);
            files->count++;
        }
    }
    globfree(&found);
}

static void check_usual_places(struct findings *findings) {
    static const char *const apache[] = {"/etc/apache2/conf-enabled/*.conf",
                                         "/etc/apache2/sites-enabled/*.conf", NULL};
    static const char *const httpd[] = {"/etc/httpd/conf.d/*.conf", NULL};
    static const char *const lighttpd[] = {"/etc/lighttpd/conf-enabled/*.conf",
                                           "/etc/lighttpd/lighttpd.conf", NULL};
    struct server_files servers[] = {
        {.name = "Apache", .service = "apache2", .pid_file = "/run/apache2/apache2.pid"},
        {.name = "Apache", .service = "httpd", .pid_file = "/run/httpd/httpd.pid"},
        {.name = "lighttpd", .service = "lighttpd", .pid_file = "/run/lighttpd.pid"},
    };
    const size_t count = sizeof servers / sizeof servers[0];
    size_t files = 0;
    check_places(findings, apache, &servers[0]);
    check_places(findings, httpd, &servers[1]);
    check_places(findings, lighttpd, &servers[2]);
    for (size_t i = 0; i < count; i++)
        files += servers[i].count;
    doctor_check_services(findings, servers, count);
    if (files == 0)
        findings_add(findings, FINDING_NOTE, "web server",
                     "no file in the usual places mentions dynmod; dynmodctl doctor FILE checks "
                     "another one");
}

void doctor_check_web_servers(struct findings *findings) {
    const struct invocation *invocation = findings->invocation;
    if (invocation->argument_count == 0)
        check_usual_places(findings);
    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *path = invocation->arguments[i];
        struct set_up set_up;
        struct fault fault;
        if (!set_up_read(findings->invocation, path, &set_up, &fault))
            findings_add(findings, FINDING_ERROR, "web server", "%s", fault.text);
        else if (!set_up.names_dynmod)
            findings_add(findings, FINDING_WARNING, "web server", "%s does not mention dynmod",
                         path);
        else
            check_set_up(findings, &set_up);
    }
}

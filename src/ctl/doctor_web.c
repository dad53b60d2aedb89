/* What doctor checks in the configuration of web servers. */
#include "ctl/doctor_web.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { FCGID_DEFAULT_BYTES = 131072, KIBIBYTE = 1024 };

static const char *const usual_places[] = {
    "/etc/apache2/conf-enabled/*.conf", "/etc/apache2/sites-enabled/*.conf",
    "/etc/httpd/conf.d/*.conf",         "/etc/lighttpd/conf-enabled/*.conf",
    "/etc/lighttpd/lighttpd.conf",
};

/* What a file says that matters to dynmod, apart from comments; -1 for a number it does not set. */
struct set_up {
    bool names_dynmod;
    bool apache_program; /* Apache hands requests to a program */
    bool fcgid;
    bool authorization;      /* the header is passed on */
    long fcgid_bytes;        /* FcgidMaxRequestLen */
    long apache_bytes;       /* LimitRequestBody, 0 for no limit */
    long lighttpd_kibibytes; /* server.max-request-size, 0 for no limit */
};

/* The number after `directive` in the line, or `otherwise`. */
static long number_after(const char *line, const char *directive, long otherwise) {
    const char *found = strcasestr(line, directive);
    if (found == NULL)
        return otherwise;
    found += strlen(directive);
    found += strspn(found, " \t:=\"");
    char *end = NULL;
    long number = strtol(found, &end, 10);
    return end == found ? otherwise : number;
}

static void read_line(const char *line, struct set_up *set_up) {
    line += strspn(line, " \t");
    if (line[0] == '#')
        return;
    set_up->names_dynmod |= strcasestr(line, "dynmod") != NULL;
    set_up->fcgid |= strcasestr(line, "fcgid-script") != NULL;
    set_up->apache_program |= strcasestr(line, "SetHandler") != NULL ||
                              strcasestr(line, "AddHandler") != NULL ||
                              strcasestr(line, "ProxyPass") != NULL;
    const char *pass = strcasestr(line, "CGIPassAuth");
    set_up->authorization |= (pass != NULL && strcasestr(pass, " on") != NULL) ||
                             strcasestr(line, "HTTP_AUTHORIZATION") != NULL ||
                             strcasestr(line, "FcgidPassHeader Authorization") != NULL;
    set_up->fcgid_bytes = number_after(line, "FcgidMaxRequestLen", set_up->fcgid_bytes);
    set_up->apache_bytes = number_after(line, "LimitRequestBody", set_up->apache_bytes);
    set_up->lighttpd_kibibytes =
        number_after(line, "server.max-request-size", set_up->lighttpd_kibibytes);
}

static bool read_set_up(struct invocation *invocation, const char *path, struct set_up *set_up,
                        struct fault *fault) {
    const char *text;
    size_t length;
    *set_up = (struct set_up){.fcgid_bytes = -1, .apache_bytes = -1, .lighttpd_kibibytes = -1};
    if (!invocation_read_file(invocation, path, &text, &length, fault))
        return false;
    while (*text != '\0') {
        size_t line_length = strcspn(text, "\n");
        read_line(arena_copy(invocation->arena, text, line_length), set_up);
        text += line_length + (text[line_length] == '\n');
    }
    return true;
}

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

static void check_set_up(struct findings *findings, const char *path, const struct set_up *set_up) {
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
}

/* Whether any file mentions dynmod. */
static bool check_usual_place(struct findings *findings, const char *pattern) {
    bool any = false;
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct set_up set_up;
        struct fault fault;
        if (!read_set_up(findings->invocation, found.gl_pathv[i], &set_up, &fault)) {
            findings_add(findings, FINDING_NOTE, "web server", "%s", fault.text);
        } else if (set_up.names_dynmod) {
            check_set_up(findings, found.gl_pathv[i], &set_up);
            any = true;
        }
    }
    globfree(&found);
    return any;
}

void doctor_check_web_servers(struct findings *findings) {
    const struct invocation *invocation = findings->invocation;
    bool any = invocation->argument_count > 0;
    for (size_t i = 0; i < invocation->argument_count; i++) {
        const char *path = invocation->arguments[i];
        struct set_up set_up;
        struct fault fault;
        if (!read_set_up(findings->invocation, path, &set_up, &fault))
            findings_add(findings, FINDING_ERROR, "web server", "%s", fault.text);
        else if (!set_up.names_dynmod)
            findings_add(findings, FINDING_WARNING, "web server", "%s does not mention dynmod",
                         path);
        else
            check_set_up(findings, path, &set_up);
    }
    for (size_t i = 0; !any && i < sizeof usual_places / sizeof usual_places[0]; i++)
        any = check_usual_place(findings, usual_places[i]);
    if (!any)
        findings_add(findings, FINDING_NOTE, "web server",
                     "no file in the usual places mentions dynmod; dynmodctl doctor FILE checks "
                     "another one");
}

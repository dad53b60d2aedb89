/* What a configuration file of a web server says that matters to dynmod. */
#include "ctl/set_up.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

#define OWN_FOLDER "/dynmod/"   /* where the set-ups include what operators write */
#define BEHIND_NAME " \t=>\"'"  /* between a name and its value */
#define BEHIND_VALUE " \t\"')," /* ends a value */

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

static void add_once(struct json_object *list, struct json_object *added) {
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (json_object_equal(json_object_array_get_idx(list, i), added)) {
            json_object_put(added);
            return;
        }
    json_object_array_add(list, added);
}

/* SetEnv DYNMOD_SITE jira, SetEnvIf ... DYNMOD_SITE=jira, or "DYNMOD_SITE" => "jira". */
static void read_site(const char *line, const char *path, struct set_up *set_up) {
    static const char name[] = "DYNMOD_SITE";
    const char *found = strstr(line, name);
    if (found == NULL)
        return;
    found += strlen(name);
    found += strspn(found, BEHIND_NAME);
    size_t length = strcspn(found, BEHIND_VALUE);
    if (length == 0 || memchr(found, '$', length) != NULL)
        return;
    struct json_object *site = json_object_new_object();
    json_object_object_add(site, "name", json_object_new_string_len(found, (int)length));
    json_object_object_add(site, "path", json_object_new_string(path));
    add_once(set_up->sites, site);
}

/* The path of a variable takes the place of the one that it had before. */
static void add_socket(struct arena *arena, const char *line, const char *path,
                       struct set_up *set_up) {
    const size_t before = strncasecmp(line, "Define ", 7) == 0 ? 7
                          : strncmp(line, "var.", 4) == 0      ? 4
                                                               : 0;
    const char *key =
        before == 0 ? path
                    : arena_copy(arena, line, before + strcspn(line + before, BEHIND_NAME ":"));
    json_set_text(set_up->sockets, key, path);
}

/* A path that ends in .sock or .socket, wherever it stands. */
static void read_socket(struct arena *arena, const char *line, struct set_up *set_up) {
    for (const char *at = strchr(line, '/'); at != NULL; at = strchr(at, '/')) {
        size_t length = strcspn(at, BEHIND_VALUE "|");
        size_t stem = length > 7 && memcmp(at + length - 7, ".socket", 7) == 0 ? 7
                      : length > 5 && memcmp(at + length - 5, ".sock", 5) == 0 ? 5
                                                                               : 0;
        if (stem > 0 && at[1] != '/')
            add_socket(arena, line, arena_copy(arena, at, length), set_up);
        at += length;
    }
}

static void read_line(struct arena *arena, const char *line, const char *path,
                      struct set_up *set_up) {
    set_up->names_dynmod |= strcasestr(line, "dynmod") != NULL;
    set_up->fcgid |= strcasestr(line, "fcgid-script") != NULL;
    set_up->starts_programs |= strstr(line, "bin-path") != NULL;
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
    read_site(line, path, set_up);
    read_socket(arena, line, set_up);
}

/* The pattern of the files that the line includes, if they are an operator's own; else NULL. */
static const char *own_files(struct arena *arena, const char *line) {
    if (strncasecmp(line, "include", 7) != 0)
        return NULL;
    const char *pattern = strchr(line, '/');
    if (pattern == NULL)
        return NULL;
    pattern = arena_copy(arena, pattern, strcspn(pattern, BEHIND_VALUE));
    return strstr(pattern, OWN_FOLDER) == NULL ? NULL : pattern;
}

/* Reads a file, and with `includes` those that it includes. */
static bool read_file(struct invocation *invocation, const char *path, bool includes,
                      struct set_up *set_up, struct fault *fault) {
    struct arena *arena = invocation->arena;
    const char *text;
    size_t length;
    bool ok = invocation_read_file(invocation, path, &text, &length, fault);
    while (ok && *text != '\0') {
        size_t line_length = strcspn(text, "\n");
        const char *line = arena_copy(arena, text, line_length);
        text += line_length + (text[line_length] == '\n');
        line += strspn(line, " \t");
        if (line[0] == '#')
            continue;
        read_line(arena, line, path, set_up);
        const char *pattern = includes ? own_files(arena, line) : NULL;
        glob_t found = {0};
        if (pattern == NULL || glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t i = 0; ok && i < found.gl_pathc; i++)
            ok = read_file(invocation, arena_text(arena, found.gl_pathv[i]), false, set_up, fault);
        globfree(&found);
    }
    return ok;
}

bool set_up_read(struct invocation *invocation, const char *path, struct set_up *set_up,
                 struct fault *fault) {
    *set_up = (struct set_up){
        .path = path,
        .fcgid_bytes = -1,
        .apache_bytes = -1,
        .lighttpd_kibibytes = -1,
        .sites = json_keep(invocation->arena, json_object_new_array()),
        .sockets = json_keep(invocation->arena, json_object_new_object()),
    };
    return read_file(invocation, path, true, set_up, fault);
}

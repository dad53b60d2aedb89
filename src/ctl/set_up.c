/* What a configuration file of a web server says that matters to dynmod. */
#include "ctl/set_up.h"

#include <stdlib.h>
#include <string.h>

#include "json/json.h"

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

static void add_once(struct json_object *list, const char *text, size_t length) {
    struct json_object *added = json_object_new_string_len(text, (int)length);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (json_object_equal(json_object_array_get_idx(list, i), added)) {
            json_object_put(added);
            return;
        }
    json_object_array_add(list, added);
}

/* SetEnv DYNMOD_SITE jira, or "DYNMOD_SITE" => "jira". */
static void read_site(const char *line, struct set_up *set_up) {
    static const char name[] = "DYNMOD_SITE";
    const char *found = strstr(line, name);
    if (found == NULL)
        return;
    found += strlen(name);
    found += strspn(found, BEHIND_NAME);
    size_t length = strcspn(found, BEHIND_VALUE);
    if (length > 0 && memchr(found, '$', length) == NULL)
        add_once(set_up->sites, found, length);
}

/* A path that ends in .sock or .socket, wherever it stands. */
static void read_socket(const char *line, struct set_up *set_up) {
    for (const char *at = strchr(line, '/'); at != NULL; at = strchr(at, '/')) {
        size_t length = strcspn(at, BEHIND_VALUE "|");
        size_t stem = length > 7 && memcmp(at + length - 7, ".socket", 7) == 0 ? 7
                      : length > 5 && memcmp(at + length - 5, ".sock", 5) == 0 ? 5
                                                                               : 0;
        if (stem > 0 && at[1] != '/')
            add_once(set_up->sockets, at, length);
        at += length;
    }
}

static void read_line(const char *line, struct set_up *set_up) {
    line += strspn(line, " \t");
    if (line[0] == '#')
        return;
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
    read_site(line, set_up);
    read_socket(line, set_up);
}

bool set_up_read(struct invocation *invocation, const char *path, struct set_up *set_up,
                 struct fault *fault) {
    const char *text;
    size_t length;
    *set_up = (struct set_up){
        .path = path,
        .fcgid_bytes = -1,
        .apache_bytes = -1,
        .lighttpd_kibibytes = -1,
        .sites = json_keep(invocation->arena, json_object_new_array()),
        .sockets = json_keep(invocation->arena, json_object_new_array()),
    };
    if (!invocation_read_file(invocation, path, &text, &length, fault))
        return false;
    while (*text != '\0') {
        size_t line_length = strcspn(text, "\n");
        read_line(arena_copy(invocation->arena, text, line_length), set_up);
        text += line_length + (text[line_length] == '\n');
    }
    return true;
}

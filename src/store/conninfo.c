/* What a connection string of libpq says about where it leads. */
#include "store/conninfo.h"

#include <libpq-fe.h>
#include <string.h>

#define SOCKET_DIRECTORY "/var/run/postgresql" /* Debian's default */

/* Takes the values that `options` has and *conninfo has not. */
static void take(struct arena *arena, const PQconninfoOption *options, struct conninfo *conninfo) {
    const struct {
        const char *keyword;
        const char **value;
    } wanted[] = {{"host", &conninfo->host},
                  {"port", &conninfo->port},
                  {"dbname", &conninfo->database},
                  {"user", &conninfo->user}};
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (*wanted[i].value == NULL && option->val != NULL && option->val[0] != '\0' &&
                strcmp(option->keyword, wanted[i].keyword) == 0)
                *wanted[i].value = arena_text(arena, option->val);
}

static bool take_string(struct arena *arena, const char *text, struct conninfo *conninfo,
                        struct fault *fault) {
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(text, &message);
    if (options == NULL) {
        fault_set(fault, FAULT_INPUT, "not a connection string: %s",
                  message == NULL ? "" : message);
        PQfreemem(message);
        return false;
    }
    take(arena, options, conninfo);
    PQconninfoFree(options);
    return true;
}

bool conninfo_read(struct arena *arena, const char *text, struct conninfo *conninfo,
                   struct fault *fault) {
    *conninfo = (struct conninfo){0};
    if (strchr(text, '=') == NULL && strstr(text, "://") == NULL)
        conninfo->database = text[0] == '\0' ? NULL : arena_text(arena, text);
    else if (!take_string(arena, text, conninfo, fault))
        return false;
    conninfo->names_user = conninfo->user != NULL;
    PQconninfoOption *defaults = PQconndefaults();
    if (defaults != NULL) {
        take(arena, defaults, conninfo);
        PQconninfoFree(defaults);
    }
    if (conninfo->port == NULL)
        conninfo->port = "5432";
    if (conninfo->user == NULL)
        conninfo->user = "";
    if (conninfo->database == NULL)
        conninfo->database = conninfo->user;
    return true;
}

const char *conninfo_socket(struct arena *arena, const struct conninfo *conninfo) {
    const char *directory = conninfo->host == NULL ? SOCKET_DIRECTORY : conninfo->host;
    if (directory[0] != '/' || strchr(directory, ',') != NULL)
        return NULL;
    return arena_format(arena, "%s/.s.PGSQL.%s", directory, conninfo->port);
}

/* Where a connection string of libpq leads. */
#include "store/destination.h"

#include <libpq-fe.h>
#include <string.h>

#define SOCKET_DIRECTORY "/var/run/postgresql" /* Debian's default */

/* Takes the values that `options` has and *destination has not. */
static void take(struct arena *arena, const PQconninfoOption *options,
                 struct destination *destination) {
    const struct {
        const char *keyword;
        const char **value;
    } wanted[] = {{"host", &destination->host},
                  {"port", &destination->port},
                  {"dbname", &destination->database},
                  {"user", &destination->user}};
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (*wanted[i].value == NULL && option->val != NULL && option->val[0] != '\0' &&
                strcmp(option->keyword, wanted[i].keyword) == 0)
                *wanted[i].value = arena_text(arena, option->val);
}

static bool take_string(struct arena *arena, const char *text, struct destination *destination,
                        struct fault *fault) {
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(text, &message);
    if (options == NULL) {
        fault_set(fault, FAULT_INPUT, "not a connection string: %s",
                  message == NULL ? "" : message);
        PQfreemem(message);
        return false;
    }
    take(arena, options, destination);
    PQconninfoFree(options);
    return true;
}

bool destination_read(struct arena *arena, const char *text, struct destination *destination,
                      struct fault *fault) {
    *destination = (struct destination){0};
    if (strchr(text, '=') == NULL && strstr(text, "://") == NULL)
        destination->database = text[0] == '\0' ? NULL : arena_text(arena, text);
    else if (!take_string(arena, text, destination, fault))
        return false;
    destination->names_user = destination->user != NULL;
    PQconninfoOption *defaults = PQconndefaults();
    if (defaults != NULL) {
        take(arena, defaults, destination);
        PQconninfoFree(defaults);
    }
    if (destination->port == NULL)
        destination->port = "5432";
    if (destination->user == NULL)
        destination->user = "";
    if (destination->database == NULL)
        destination->database = destination->user;
    return true;
}

const char *destination_socket(struct arena *arena, const struct destination *destination) {
    const char *directory = destination->host == NULL ? SOCKET_DIRECTORY : destination->host;
    if (directory[0] != '/' || strchr(directory, ',') != NULL)
        return NULL;
    return arena_format(arena, "%s/.s.PGSQL.%s", directory, destination->port);
}

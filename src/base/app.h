/* An app on a site: what the database says of it and the rules of Connect look at. */
#ifndef DYNMOD_BASE_APP_H
#define DYNMOD_BASE_APP_H

#include <stdbool.h>
#include <stddef.h>

/* A list of strings. */
struct app_texts {
    const char **list;
    size_t count;
};

/* A module that the app has, whatever its origin. */
struct app_module {
    const char *type;
    const char *key; /* NULL if it has none, as some modules of descriptors */
    bool dynamic;    /* not from the descriptor */
};

struct app {
    const char *key;
    const char *site;          /* the name of the site that it is on */
    const char *context_path;  /* of the site: "" or "/jira" */
    const char *state;         /* "enabled", "disabled" or "uninstalled"; NULL: not installed */
    const char *shared_secret; /* as it is kept, maybe sealed; NULL for none; never to be shown */
    const char *former_secret; /* the same, of one that is still accepted */
    /* what all of this and the scopes are, as long as the database says the same; NULL if they may
     * change without another one */
    const char *standing;

    /* what a GET needs */
    const char *id,
        *version;         /* of its row, while it may be known without looking again; else NULL */
    const char *revision; /* changes with every change of the dynamic modules */
    const char *document; /* the answer to GET; NULL if the client has that revision */

    /* what a registration needs */
    struct app_texts scopes; /* the list is NULL while they are not known */
    struct app_module *modules;
    size_t module_count;
    long module_limit; /* of dynamic modules */
};

#endif

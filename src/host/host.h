/* What any piece of the host's work needs. */
#ifndef DYNMOD_HOST_HOST_H
#define DYNMOD_HOST_HOST_H

#include "base/config.h"
#include "base/memory.h"
#include "store/database.h"

struct host {
    struct database *database;
    const struct config *config;
    struct arena *arena; /* owns whatever is handed out */
    const char *site;    /* the name of the site it is about */
};

#endif

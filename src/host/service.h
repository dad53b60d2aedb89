/* What a web program keeps from one request to the next. */
#ifndef DYNMOD_HOST_SERVICE_H
#define DYNMOD_HOST_SERVICE_H

#include <stdbool.h>

#include "base/config.h"
#include "base/digest.h"
#include "connect/module_type.h"
#include "host/host.h"
#include "host/known_apps.h"
#include "http/exchange.h"
#include "store/database.h"

/* The administrator who was admitted last: a password takes a good part of a second to check, and
 * tools ask many times a second how far an installation is. */
struct login_memory {
    bool filled;
    unsigned char digest[DIGEST_SIZE]; /* of name, password and its hash in the database */
};

struct service {
    struct database *database;
    struct module_types *types; /* as of the last registration; NULL before the first */
    struct login_memory logins;
    struct known_apps known_apps;
    unsigned long connection; /* to the database, the one over which they were found */
};

/* Returns the service of a program, which the database knows as `name`; `config` must outlive it.
 * `lasting`: whether the process serves many requests. Freed by service_free(). */
void *service_new(const struct config *config, const char *name, bool lasting)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* The same for a program of the host, which has a database role of its own. */
void *service_new_host(const struct config *config, const char *name, bool lasting)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* What a piece of work on the request's site needs; `exchange->service` is a struct service. */
struct host service_host(const struct exchange *exchange) __attribute__((nonnull));
void service_free(void *service);

#endif

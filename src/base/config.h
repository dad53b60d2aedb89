/* The configuration: one table of options and their defaults, read from one file. */
#ifndef DYNMOD_BASE_CONFIG_H
#define DYNMOD_BASE_CONFIG_H

#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"

/* The values of all options; see the table in config.c for what each means. */
struct config {
    const char *path; /* the file that was read */
    const char *database;
    bool prepared_statements;
    long database_timeout;
    long max_body_bytes;
    long body_timeout;
    long write_timeout;
    long max_token_lifetime;
    bool auth_hints;
    long log_level;  /* an enum log_level */
    long log_format; /* an enum log_format */
    long retry_after;

    /* of the host: dynmod-admin.fcgi and dynmodctl */
    const char *admin_database; /* never empty: `database` unless the file says otherwise */
    bool admin;
    bool development;
    const char *allowed_app_urls;
    long app_timeout;
    const char *app_ca_file;   /* "" for none */
    const char *secrets_key;   /* "" for none */
    long app_rate;             /* requests a minute; 0 for no limit */
    long refused_rate;         /* requests a minute; 0 for no limit */
    const char *counters_file; /* "" for the one in /dev/shm */
    bool token_once;
    bool strict_urls;

    /* who may read the metrics; "" for nobody */
    const char *metrics_token;
    const char *metrics_addresses; /* as for networks_contain() */
};

/* One option, for documentation and for the test that compares it with the documents. */
struct config_option {
    const char *name;
    const char *fallback; /* the default, as it would be written in the file */
    const char *help;     /* one line */
};

/* Returns the option at `index`, or NULL after the last. */
const struct config_option *config_option(int index);

/* Reads the configuration. `path` is the file named on the command line, or NULL to use the file
 * named by the environment variable DYNMOD_CONFIG, else ~/.config/dynmod/dynmod.conf of the
 * effective user, else /etc/dynmod/dynmod.conf. Strings are owned by `arena`. Fails when the file
 * does not exist, when it has an unknown option or an invalid value, or when it contains a password
 * and everyone may read it. */
bool config_load(struct arena *arena, const char *path, struct config *config, struct fault *fault)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* Returns the environment variable `name`, or NULL when it is unset or empty. Only the gateways
 * read the environment in any other way. */
const char *config_environment(const char *name) __attribute__((nonnull));

#endif

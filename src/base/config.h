/* The configuration: one table of options with text defaults, read from one file. */
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
    long max_token_lifetime;
    bool auth_hints;
    long log_level; /* an enum log_level */
    long retry_after;
};

/* One option, for documentation and for the test that compares it with the documents. */
struct config_option {
    const char *name;
    const char *fallback; /* the default, as it would stand in the file */
    const char *help;     /* one line */
};

/* The option at `index`, NULL behind the last. */
const struct config_option *config_option(int index);

/* Reads the configuration. `path` is the file that the command line names, or NULL: then the
 * environment variable DYNMOD_CONFIG, else ~/.config/dynmod/dynmod.conf of the effective user,
 * else /etc/dynmod/dynmod.conf. Texts are owned by `arena`. Fails when there is no file, when it
 * has an unknown option or a bad value, or when everybody may read it although it holds a password.
 */
bool config_load(struct arena *arena, const char *path, struct config *config, struct fault *fault)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* The environment variable `name`, NULL when unset or empty. The only way to the environment for
 * all but the gateways. */
const char *config_environment(const char *name) __attribute__((nonnull));

#endif

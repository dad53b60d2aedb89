/* The options of the tool: one table, and the check of their values. */
#ifndef DYNMOD_CTL_OPTION_H
#define DYNMOD_CTL_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"

/* In the order of the help texts. */
enum option_id {
    OPTION_CONFIG, /* these five belong to every command */
    OPTION_JSON,
    OPTION_REASON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_SITE, /* the others to the commands that take them */
    OPTION_APP,
    OPTION_BASE_URL,
    OPTION_CLIENT_KEY,
    OPTION_MODULE_LIMIT,
    OPTION_BYTE_LIMIT,
    OPTION_MODULE_BYTE_LIMIT,
    OPTION_HISTORY_BYTE_LIMIT,
    OPTION_ON_CLASH,
    OPTION_SECRET,
    OPTION_SECRET_FILE,
    OPTION_SHOW_SECRET,
    OPTION_OVERLAP,
    OPTION_CALLBACK,
    OPTION_QUIET_APP,
    OPTION_PASSWORD_FILE,
    OPTION_LOOPBACK_ONLY,
    OPTION_KEEP,
    OPTION_ALL,
    OPTION_LIFETIME,
    OPTION_STRICT,
    OPTION_TYPES,
    OPTION_DATABASE,
    OPTION_WEB_USER,
    OPTION_OPERATOR,
    OPTION_SQL,
    OPTION_DRY_RUN,
    OPTION_AT,
    OPTION_EVENT,
    OPTION_KEY,
    OPTION_ACTOR,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_LIMIT,
    OPTION_FOLLOW,
    OPTION_YES,
    OPTION_WITHOUT_SECRETS,
    OPTION_WITH_HISTORY,
    OPTION_AS,
    OPTION_URL,
    OPTION_COUNT,
    OPTION_FIRST_SPECIAL = OPTION_SITE
};

/* A set of options, for a command that takes them. */
#define OPTION_BIT(id) (UINT64_C(1) << (id))

struct option {
    const char *name;      /* with its dashes */
    const char *value;     /* as help shows it: a placeholder or "one|other"; NULL for a switch */
    long minimum, maximum; /* of a number; both 0 for any other value */
    const char *help;      /* one line */
};

const struct option *option_at(enum option_id id) __attribute__((returns_nonnull));

/* Reads the option at arguments[*at], as "--name value", "--name=value" or its letter, and moves
 * *at past it. The value of a switch is "". Fails with FAULT_INPUT. */
bool option_read(struct arena *arena, const char *const *arguments, size_t count, size_t *at,
                 enum option_id *id, const char **value, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif

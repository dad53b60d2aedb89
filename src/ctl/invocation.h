/* One run of the tool: what was asked for, and what every command needs to answer it. */
#ifndef DYNMOD_CTL_INVOCATION_H
#define DYNMOD_CTL_INVOCATION_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/memory.h"
#include "ctl/command.h"
#include "ctl/option.h"
#include "store/database.h"

/* Everything is owned by `arena`, the database by it as well. */
struct invocation {
    struct arena *arena;
    const struct command *command;    /* NULL until it is known */
    const char *values[OPTION_COUNT]; /* NULL for an option that was not given */
    const char **arguments;           /* what is no option, without the name of the command */
    size_t argument_count;
    bool misused;              /* the command line is wrong: exit status 2 */
    struct config config;      /* of commands that use the database, and */
    struct database *database; /* closed until the first query */
};

/* Fills the invocation from the command line, without the program's name, that asks for one of
 * `commands`. On failure `misused` is set. */
bool invocation_parse(struct invocation *invocation, const struct command *commands,
                      const char *const *arguments, size_t count, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether the option was given. */
bool invocation_has(const struct invocation *invocation, enum option_id id)
    __attribute__((nonnull));

/* The site to work on: --site, else DYNMOD_SITE, else "default". */
const char *invocation_site(const struct invocation *invocation)
    __attribute__((nonnull, returns_nonnull));

/* Reads the configuration, by which `database` is then opened when it is first used. */
bool invocation_load_config(struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
/* Does that, and makes sure that the database has the schema that the tool needs. */
bool invocation_open_database(struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The content of the file `path`, or of standard input for "-". NUL-terminated; at most
 * LIMIT_INPUT_FILE bytes. */
bool invocation_read_file(struct invocation *invocation, const char *path, const char **text,
                          size_t *length, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether the value of the option `id` is another input than the first argument: standard input can
 * be read only once. */
bool invocation_check_input(struct invocation *invocation, enum option_id id, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Reads the JSON file `path`, or standard input for "-", by the rules of json_parse(). */
bool invocation_read_json(struct invocation *invocation, const char *path,
                          struct json_object **value, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Puts the name of the input `path` before the fault's text; returns false. */
bool invocation_blame(const char *path, struct fault *fault) __attribute__((nonnull));

/* Fails with FAULT_NOT_FOUND because the site has no app of --app. */
bool invocation_unknown_app(const struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull));

/* Fails because the command line is wrong in a way that the table of commands cannot say. */
bool invocation_misuse(struct invocation *invocation, struct fault *fault, const char *text)
    __attribute__((nonnull));

/* Prints "dynmodctl: warning: …" to standard error. */
void invocation_warn(const char *format, ...) __attribute__((nonnull, format(printf, 1, 2)));

#endif

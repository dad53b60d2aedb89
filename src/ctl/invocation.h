/* One run of the tool: what was asked for, and what every command needs to carry it out. */
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
#include "host/host.h"
#include "store/database.h"

/* Everything is owned by `arena`, including the database. */
struct invocation {
    struct arena *arena;
    const struct command *command;    /* NULL until it is known */
    const char *values[OPTION_COUNT]; /* NULL for an option that was not given */
    const char **arguments;           /* what is not an option, without the name of the command */
    size_t argument_count;
    bool misused;              /* the command line is invalid: exit status 2 */
    struct config config;      /* of commands that use the database, and */
    struct database *database; /* closed until the first query */
};

/* Reads the command line, without the program's name, which asks for one of `commands`. Sets
 * `misused` on failure. */
bool invocation_parse(struct invocation *invocation, const struct command *commands,
                      const char *const *arguments, size_t count, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether the option was given. */
bool invocation_has(const struct invocation *invocation, enum option_id id)
    __attribute__((nonnull));

/* The site to work on: --site, else DYNMOD_SITE, else "default". */
const char *invocation_site(const struct invocation *invocation)
    __attribute__((nonnull, returns_nonnull));

/* The sites that a command for all of them is about, each with its "name": the one of --site, or
 * all. */
bool invocation_read_sites(struct invocation *invocation, struct json_object **sites,
                           struct fault *fault) __attribute__((nonnull, warn_unused_result));
/* A closed connection to `conninfo` within the limits of the configuration; owned by the arena. */
struct database *invocation_new_database(struct invocation *invocation, const char *conninfo)
    __attribute__((nonnull, returns_nonnull));
/* Reads the configuration; `database` is opened when it is first used. */
bool invocation_load_config(struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
/* The same, and checks that the database has the schema that the tool needs. */
bool invocation_open_database(struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Reads the file `path`, or standard input for "-". *text is NUL-terminated and has at most
 * LIMIT_INPUT_FILE bytes. */
bool invocation_read_file(struct invocation *invocation, const char *path, const char **text,
                          size_t *length, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Fails if both the option `id` and the first argument ask for standard input, which can be read
 * only once. */
bool invocation_check_input(struct invocation *invocation, enum option_id id, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Reads the JSON file `path`, or standard input for "-", as json_parse() does. */
bool invocation_read_json(struct invocation *invocation, const char *path,
                          struct json_object **value, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Fails with FAULT_INPUT because of the content of the input `path`, which it names before `text`.
 */
bool invocation_blame(const char *path, const char *text, struct fault *fault)
    __attribute__((nonnull));

/* Fails because the command line is invalid in a way that the table of commands cannot express. */
bool invocation_misuse(struct invocation *invocation, struct fault *fault, const char *text)
    __attribute__((nonnull));

/* What a piece of work on the invocation's site needs. */
struct host invocation_host(const struct invocation *invocation) __attribute__((nonnull));

/* Prints "dynmodctl: …" to standard error, for work that takes its time. */
void invocation_tell(const char *text) __attribute__((nonnull));

/* Prints "dynmodctl: warning: …" to standard error. */
void invocation_warn(const char *format, ...) __attribute__((nonnull, format(printf, 1, 2)));

#endif

/* One command of the tool: how it is called, how it is found, and its help. */
#ifndef DYNMOD_CTL_COMMAND_H
#define DYNMOD_CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/fault.h"
#include "ctl/option.h"

struct invocation;

/* Carries out the command and prints the answer. Fails with a text for people, without the
 * program's name. */
typedef bool command_handler(struct invocation *invocation, struct fault *fault);

struct command {
    const char *name;      /* "site add": one or two words */
    const char *arguments; /* as help shows them, "" for none */
    size_t arguments_minimum, arguments_maximum;
    uint64_t required, optional; /* OPTION_BIT() of its options besides the global ones */
    bool offline;                /* works without configuration and database */
    const char *help;            /* one line */
    command_handler *run;
};

/* Finds the command that the first of the `count` words name. `commands` ends with a NULL name;
 * *used becomes the number of words that name the command. NULL if there is no such command. */
const struct command *command_find(const struct command *commands, const char *const *words,
                                   size_t count, size_t *used) __attribute__((nonnull));

/* Fails with FAULT_INPUT because the first of these words, one at least, name no command. */
bool command_missing(const char *const *words, size_t count, struct fault *fault)
    __attribute__((nonnull));

/* Whether one of `commands` begins with this word. */
bool command_has_noun(const struct command *commands, const char *noun) __attribute__((nonnull));

/* Whether the command takes the option, which is not a global one. */
bool command_takes(const struct command *command, enum option_id id) __attribute__((nonnull));

/* Prints "usage: dynmodctl …" for one command. */
void command_print_usage(const struct command *command, FILE *out) __attribute__((nonnull));
/* Prints the help of one command. */
void command_print_help(const struct command *command, FILE *out) __attribute__((nonnull));
/* Prints those of `commands` whose first word is `noun`, each with a line of help, or all of them
 * if there are none or `noun` is NULL. */
void command_print_list(const struct command *commands, const char *noun, FILE *out)
    __attribute__((nonnull(1, 3)));

#endif

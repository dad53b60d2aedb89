/* The commands of the tool: one table that parsing, help and tests go by. */
#ifndef DYNMOD_CTL_COMMAND_H
#define DYNMOD_CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/fault.h"
#include "ctl/invocation.h"

/* Does what the command is for and prints the answer. Fails with a text for people, in which the
 * program's name is not repeated. */
typedef bool command_handler(struct invocation *invocation, struct fault *fault);

struct command {
    const char *name;      /* "site add": one or two words */
    const char *arguments; /* as help shows them, "" for none */
    size_t arguments_minimum, arguments_maximum;
    unsigned required, optional; /* OPTION_BIT() of what it takes besides the global options */
    bool offline;                /* works without configuration and database */
    const char *help;            /* one line */
    command_handler *run;
};

/* The command that the `count` words begin with, and how many of them name it; NULL for none. */
const struct command *command_find(const char *const *words, size_t count, size_t *used)
    __attribute__((nonnull));

/* Whether options and number of arguments are those that the invocation's command takes. */
bool command_check(const struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Prints "usage: dynmodctl …" for one command. */
void command_print_usage(const struct command *command, FILE *out) __attribute__((nonnull));
/* Prints the help of one command. */
void command_print_help(const struct command *command, FILE *out) __attribute__((nonnull));
/* Prints the commands whose first word is `noun`, each with a line of help; all of them when there
 * is no such command or `noun` is NULL. */
void command_print_list(const char *noun, FILE *out) __attribute__((nonnull(2)));

#endif

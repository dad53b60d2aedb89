/* The commands of the tool: one table that parsing, help and tests use. */
#ifndef DYNMOD_CTL_COMMANDS_H
#define DYNMOD_CTL_COMMANDS_H

#include "ctl/command.h"

/* In the order of the help text; a NULL name ends them. */
extern const struct command commands[];

#endif

/* dynmodctl help: what the tool can do. */
#include "ctl/commands.h"
#include "ctl/handlers.h"
#include "ctl/invocation.h"

bool run_help(struct invocation *invocation, struct fault *fault) {
    const char **words = invocation->arguments;
    size_t count = invocation->argument_count, used = 0;
    const struct command *command = command_find(commands, words, count, &used);
    if (command != NULL && used == count) {
        command_print_help(command, stdout);
        return true;
    }
    if (count == 0 || (count == 1 && command_has_noun(commands, words[0]))) {
        command_print_list(commands, count > 0 ? words[0] : NULL, stdout);
        return true;
    }
    invocation->misused = true;
    return command_missing(words, count, fault);
}

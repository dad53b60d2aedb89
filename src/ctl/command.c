/* One command of the tool: how it is called, how it is found, and its help. */
#include "ctl/command.h"

#include <string.h>

static bool has_noun(const struct command *command, const char *noun) {
    size_t first = strcspn(command->name, " ");
    return strlen(noun) == first && memcmp(noun, command->name, first) == 0;
}

/* How many of `words` are the command's name; 0 if they name another command. */
static size_t words_matched(const struct command *command, const char *const *words, size_t count) {
    size_t first = strcspn(command->name, " ");
    if (count == 0 || !has_noun(command, words[0]))
        return 0;
    if (command->name[first] == '\0')
        return 1;
    return count > 1 && strcmp(command->name + first + 1, words[1]) == 0 ? 2 : 0;
}

const struct command *command_find(const struct command *commands, const char *const *words,
                                   size_t count, size_t *used) {
    for (const struct command *command = commands; command->name != NULL; command++) {
        *used = words_matched(command, words, count);
        if (*used > 0)
            return command;
    }
    return NULL;
}

bool command_takes(const struct command *command, enum option_id id) {
    return ((command->required | command->optional) & OPTION_BIT(id)) != 0;
}

void command_print_usage(const struct command *command, FILE *out) {
    fprintf(out, "usage: dynmodctl %s%s%s", command->name, command->arguments[0] != '\0' ? " " : "",
            command->arguments);
    for (enum option_id id = OPTION_FIRST_SPECIAL; id < OPTION_COUNT; id++) {
        const struct option *option = option_at(id);
        if (!command_takes(command, id))
            continue;
        fprintf(out, command->required & OPTION_BIT(id) ? " %s%s%s" : " [%s%s%s]", option->name,
                option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value);
    }
    fputc('\n', out);
}

static void print_option(enum option_id id, FILE *out) {
    const struct option *option = option_at(id);
    int width = fprintf(out, "  %s %s", option->name, option->value == NULL ? "" : option->value);
    fprintf(out, "%*s%s\n", width < 26 ? 26 - width : 1, "", option->help);
}

void command_print_help(const struct command *command, FILE *out) {
    command_print_usage(command, out);
    fprintf(out, "\n%s\n\n", command->help);
    for (enum option_id id = OPTION_FIRST_SPECIAL; id < OPTION_COUNT; id++)
        if (command_takes(command, id))
            print_option(id, out);
    for (enum option_id id = 0; id < OPTION_FIRST_SPECIAL; id++)
        print_option(id, out);
}

bool command_missing(const char *const *words, size_t count, struct fault *fault) {
    return fault_set(fault, FAULT_INPUT, "unknown command \"%s%s%s\"", words[0],
                     count > 1 ? " " : "", count > 1 ? words[1] : "");
}

bool command_has_noun(const struct command *commands, const char *noun) {
    for (const struct command *command = commands; command->name != NULL; command++)
        if (has_noun(command, noun))
            return true;
    return false;
}

void command_print_list(const struct command *commands, const char *noun, FILE *out) {
    const struct command *command;
    bool known = noun != NULL && command_has_noun(commands, noun);
    fputs("usage: dynmodctl [--config FILE] [--json] [--reason TEXT] COMMAND\n\n", out);
    for (command = commands; command->name != NULL; command++)
        if (!known || has_noun(command, noun))
            fprintf(out, "  %-18s %s\n", command->name, command->help);
    fputs("\nRun \"dynmodctl COMMAND --help\" for more. Exit status: 0 success, 1 failure, "
          "2 invalid command line.\n",
          out);
}

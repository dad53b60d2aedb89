/* The operator's tool: sites, apps, modules and module types from the command line. */
#include <stdio.h>
#include <sys/resource.h>

#include "base/descriptors.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/version.h"
#include "ctl/command.h"
#include "ctl/commands.h"
#include "ctl/invocation.h"
#include "ctl/output.h"
#include "store/store_health.h"

enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_MISUSED = 2 };

/* Whether only help or the version was asked for; prints it. */
static bool print_text(const struct invocation *invocation) {
    if (invocation_has(invocation, OPTION_VERSION)) {
        puts("dynmodctl " DYNMOD_VERSION);
        return true;
    }
    if (!invocation_has(invocation, OPTION_HELP))
        return false;
    if (invocation->command != NULL)
        command_print_help(invocation->command, stdout);
    else
        command_print_list(
            commands, invocation->argument_count > 0 ? invocation->arguments[0] : NULL, stdout);
    return true;
}

static bool run(struct invocation *invocation, struct fault *fault) {
    const struct command *command = invocation->command;
    if (!command->offline && !invocation_open_database(invocation, fault))
        return false;
    return command->run(invocation, fault);
}

/* doctor opens the database itself and reports missing rights in its own words. */
static bool lacks_rights(const struct invocation *invocation) {
    return !invocation->command->offline && invocation->database != NULL &&
           store_lacks_rights(invocation->database);
}

static int fail(const struct invocation *invocation, const struct fault *fault) {
    if (invocation_has(invocation, OPTION_JSON) && !invocation->reported)
        output_fault(invocation, fault);
    fflush(stdout);
    fprintf(stderr, "dynmodctl: %s\n", fault->text);
    if (!invocation->misused) {
        if (lacks_rights(invocation))
            fputs("dynmodctl: run \"dynmodctl doctor\" to see which rights the role lacks\n",
                  stderr);
        return STATUS_FAILED;
    }
    if (invocation->command != NULL)
        command_print_usage(invocation->command, stderr);
    else if (invocation->argument_count > 0)
        command_print_list(commands, invocation->arguments[0], stderr);
    else
        fputs("Run \"dynmodctl --help\" for a list of commands.\n", stderr);
    return STATUS_MISUSED;
}

int main(int argc, char **argv) {
    descriptors_open();
    const struct rlimit none = {0, 0};
    struct arena *arena = arena_new();
    struct invocation invocation = {.arena = arena};
    struct fault fault;
    int status = STATUS_DONE;
    setrlimit(RLIMIT_CORE, &none); /* the process holds secrets */
    log_set_level(LOG_LEVEL_WARNING);
    const char *const *arguments = (const char *const *)argv + (argc > 0);
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    if (!invocation_parse(&invocation, commands, arguments, count, &fault))
        status = fail(&invocation, &fault);
    else if (!print_text(&invocation) && !run(&invocation, &fault))
        status = fail(&invocation, &fault);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == STATUS_DONE) {
        perror("dynmodctl: standard output");
        status = STATUS_FAILED;
    }
    arena_free(arena);
    return status;
}

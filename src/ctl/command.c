/* The commands of the tool: one table that parsing, help and tests go by. */
#include "ctl/command.h"

#include <string.h>

#include "ctl/handlers.h"

enum { ANY_NUMBER = 100000 };

#define SITE OPTION_BIT(OPTION_SITE)
#define APP OPTION_BIT(OPTION_APP)
#define BASE_URL OPTION_BIT(OPTION_BASE_URL)
#define CLIENT_KEY OPTION_BIT(OPTION_CLIENT_KEY)
#define MODULE_LIMIT OPTION_BIT(OPTION_MODULE_LIMIT)
#define ON_CLASH OPTION_BIT(OPTION_ON_CLASH)
#define SECRET (OPTION_BIT(OPTION_SECRET) | OPTION_BIT(OPTION_SECRET_FILE))
#define SHOW_SECRET OPTION_BIT(OPTION_SHOW_SECRET)
#define ALL OPTION_BIT(OPTION_ALL)
#define LIFETIME OPTION_BIT(OPTION_LIFETIME)
#define STRICT OPTION_BIT(OPTION_STRICT)

static const struct command commands[] = {
    {"site add", "NAME", 1, 1, BASE_URL, CLIENT_KEY | MODULE_LIMIT, false,
     "add a site: one tenant with its own apps", run_site_add},
    {"site list", "", 0, 0, 0, 0, false, "list the sites", run_site_list},
    {"site set", "NAME", 1, 1, 0, BASE_URL | MODULE_LIMIT | ON_CLASH, false, "change a site",
     run_site_set},
    {"app install", "FILE|-", 1, 1, 0, SITE | SECRET, false,
     "install or upgrade an app by its descriptor", run_app_install},
    {"app list", "", 0, 0, 0, SITE, false, "list the apps of a site", run_app_list},
    {"app show", "KEY", 1, 1, 0, SITE | SHOW_SECRET, false, "show one app", run_app_show},
    {"app enable", "KEY", 1, 1, 0, SITE, false, "let a disabled app call again", run_app_enable},
    {"app disable", "KEY", 1, 1, 0, SITE, false, "refuse the calls of an app", run_app_disable},
    {"app uninstall", "KEY", 1, 1, 0, SITE, false,
     "uninstall an app; its dynamic modules wait for its return", run_app_uninstall},
    {"app rotate-secret", "KEY", 1, 1, 0, SITE | SECRET, false, "give an app another shared secret",
     run_app_rotate_secret},
    {"module list", "", 0, 0, APP, SITE, false, "list the modules of an app", run_module_list},
    {"module register", "FILE|-", 1, 1, APP, SITE, false, "register dynamic modules for an app",
     run_module_register},
    {"module remove", "[KEY...]", 0, ANY_NUMBER, APP, SITE | ALL, false,
     "remove dynamic modules of an app", run_module_remove},
    {"type list", "", 0, 0, 0, 0, false, "list the module types", run_type_list},
    {"type show", "NAME", 1, 1, 0, 0, false, "show a module type with its schema", run_type_show},
    {"type allow", "NAME", 1, 1, 0, 0, false, "let apps register modules of a type",
     run_type_allow},
    {"type deny", "NAME", 1, 1, 0, 0, false, "stop apps from registering modules of a type",
     run_type_deny},
    {"type add", "FILE|-", 1, 1, 0, 0, false, "add a module type of your own, or change it",
     run_type_add},
    {"validate", "FILE|-", 1, 1, 0, STRICT, true,
     "check modules or a descriptor without a database", run_validate},
    {"sign", "METHOD URL", 2, 2, APP, SITE | LIFETIME, false,
     "print the Authorization value for a request of an app", run_sign},
    {"doctor", "[WEB-SERVER-FILE...]", 0, ANY_NUMBER, 0, 0, true,
     "check configuration, database, stored modules and web server", run_doctor},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static bool has_noun(const struct command *command, const char *noun) {
    size_t first = strcspn(command->name, " ");
    return strlen(noun) == first && memcmp(noun, command->name, first) == 0;
}

/* How many words of `words` the command's name takes up; 0 when they name another one. */
static size_t words_matched(const struct command *command, const char *const *words, size_t count) {
    size_t first = strcspn(command->name, " ");
    if (count == 0 || !has_noun(command, words[0]))
        return 0;
    if (command->name[first] == '\0')
        return 1;
    return count > 1 && strcmp(command->name + first + 1, words[1]) == 0 ? 2 : 0;
}

const struct command *command_find(const char *const *words, size_t count, size_t *used) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        *used = words_matched(&commands[i], words, count);
        if (*used > 0)
            return &commands[i];
    }
    return NULL;
}

bool command_check(const struct invocation *invocation, struct fault *fault) {
    const struct command *command = invocation->command;
    for (enum option_id id = OPTION_FIRST_SPECIAL; id < OPTION_COUNT; id++) {
        bool given = invocation_has(invocation, id);
        if (given && !((command->required | command->optional) & OPTION_BIT(id)))
            return fault_set(fault, FAULT_INPUT, "%s does not belong to \"%s\"",
                             option_at(id)->name, command->name);
        if (!given && (command->required & OPTION_BIT(id)))
            return fault_set(fault, FAULT_INPUT, "\"%s\" needs %s %s", command->name,
                             option_at(id)->name, option_at(id)->value);
    }
    if (invocation->argument_count < command->arguments_minimum)
        return fault_set(fault, FAULT_INPUT, "\"%s\" needs %s", command->name, command->arguments);
    if (invocation->argument_count > command->arguments_maximum)
        return fault_set(fault, FAULT_INPUT, "\"%s\" is one argument too many for \"%s\"",
                         invocation->arguments[command->arguments_maximum], command->name);
    return true;
}

void command_print_usage(const struct command *command, FILE *out) {
    fprintf(out, "usage: dynmodctl %s%s%s", command->name, command->arguments[0] != '\0' ? " " : "",
            command->arguments);
    for (enum option_id id = OPTION_FIRST_SPECIAL; id < OPTION_COUNT; id++) {
        const struct option *option = option_at(id);
        bool required = command->required & OPTION_BIT(id);
        if (!required && !(command->optional & OPTION_BIT(id)))
            continue;
        fprintf(out, required ? " %s%s%s" : " [%s%s%s]", option->name,
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
        if ((command->required | command->optional) & OPTION_BIT(id))
            print_option(id, out);
    for (enum option_id id = 0; id < OPTION_FIRST_SPECIAL; id++)
        print_option(id, out);
}

void command_print_list(const char *noun, FILE *out) {
    bool known = false;
    for (size_t i = 0; noun != NULL && i < COMMAND_COUNT; i++)
        known = known || has_noun(&commands[i], noun);
    fputs("usage: dynmodctl [--config FILE] [--json] COMMAND\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!known || has_noun(&commands[i], noun))
            fprintf(out, "  %-18s %s\n", commands[i].name, commands[i].help);
    fputs("\n\"dynmodctl COMMAND --help\" says more. Exit status: 0 done, 1 refused or failed, "
          "2 wrong use.\n",
          out);
}

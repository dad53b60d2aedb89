/* One run of the tool: what was asked for, and what every command needs to carry it out. */
#include "ctl/invocation.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/json.h"
#include "store/store_health.h"
#include "store/store_site.h"
#include "store/store_version.h"

/* Separates the words from the options, which may appear anywhere; "--" ends them. */
static bool read_words(struct invocation *invocation, const char *const *arguments, size_t count,
                       struct fault *fault) {
    bool options = true;
    for (size_t at = 0; at < count;) {
        const char *argument = arguments[at];
        if (options && strcmp(argument, "--") == 0) {
            options = false;
            at++;
        } else if (options && argument[0] == '-' && argument[1] != '\0') {
            enum option_id id;
            const char *value;
            if (!option_read(invocation->arena, arguments, count, &at, &id, &value, fault))
                return false;
            if (invocation->values[id] != NULL)
                return fault_set(fault, FAULT_INPUT, "%s is given more than once",
                                 option_at(id)->name);
            invocation->values[id] = value;
        } else {
            invocation->arguments[invocation->argument_count++] = argument;
            at++;
        }
    }
    return true;
}

static bool find_command(struct invocation *invocation, const struct command *commands,
                         struct fault *fault) {
    const char **words = invocation->arguments;
    size_t used = 0;
    invocation->command = command_find(commands, words, invocation->argument_count, &used);
    if (invocation->command != NULL) {
        invocation->arguments += used;
        invocation->argument_count -= used;
        return true;
    }
    if (invocation->argument_count == 0)
        return fault_set(fault, FAULT_INPUT, "no command given");
    bool second = invocation->argument_count > 1;
    return fault_set(fault, FAULT_INPUT, "there is no command \"%s%s%s\"", words[0],
                     second ? " " : "", second ? words[1] : "");
}

/* Whether the command takes these options and this number of arguments. */
static bool check_usage(const struct invocation *invocation, struct fault *fault) {
    const struct command *command = invocation->command;
    for (enum option_id id = OPTION_FIRST_SPECIAL; id < OPTION_COUNT; id++) {
        bool given = invocation_has(invocation, id);
        if (given && !command_takes(command, id))
            return fault_set(fault, FAULT_INPUT, "%s is not an option of \"%s\"",
                             option_at(id)->name, command->name);
        if (!given && (command->required & OPTION_BIT(id)))
            return fault_set(fault, FAULT_INPUT, "\"%s\" requires %s %s", command->name,
                             option_at(id)->name, option_at(id)->value);
    }
    if (invocation->argument_count < command->arguments_minimum)
        return fault_set(fault, FAULT_INPUT, "\"%s\" requires %s", command->name,
                         command->arguments);
    if (invocation->argument_count > command->arguments_maximum)
        return fault_set(fault, FAULT_INPUT, "unexpected argument \"%s\" for \"%s\"",
                         invocation->arguments[command->arguments_maximum], command->name);
    return true;
}

bool invocation_parse(struct invocation *invocation, const struct command *commands,
                      const char *const *arguments, size_t count, struct fault *fault) {
    invocation->arguments = arena_alloc(invocation->arena, (count + 1) * sizeof *arguments);
    bool read = read_words(invocation, arguments, count, fault);
    bool found = read && find_command(invocation, commands, fault);
    bool asks =
        invocation_has(invocation, OPTION_HELP) || invocation_has(invocation, OPTION_VERSION);
    if (read && (asks || (found && check_usage(invocation, fault))))
        return true;
    invocation->misused = true;
    return false;
}

bool invocation_has(const struct invocation *invocation, enum option_id id) {
    return invocation->values[id] != NULL;
}

const char *invocation_site(const struct invocation *invocation) {
    const char *site = invocation->values[OPTION_SITE];
    if (site == NULL)
        site = config_environment("DYNMOD_SITE");
    return site == NULL ? "default" : site;
}

static void free_database(void *database) {
    database_free(database);
}

bool invocation_read_sites(struct invocation *invocation, struct json_object **sites,
                           struct fault *fault) {
    if (!invocation_has(invocation, OPTION_SITE))
        return store_list_sites(invocation->database, invocation->arena, sites, fault);
    struct json_object *site = json_object_new_object();
    json_set_text(site, "name", invocation_site(invocation));
    *sites = json_keep(invocation->arena, json_object_new_array());
    json_object_array_add(*sites, site);
    return true;
}

struct database *invocation_new_database(struct invocation *invocation, const char *conninfo) {
    struct database *database = database_new(&invocation->config, conninfo, "dynmodctl", false);
    arena_keep(invocation->arena, free_database, database);
    return database;
}

bool invocation_load_config(struct invocation *invocation, struct fault *fault) {
    if (!config_load(invocation->arena, invocation->values[OPTION_CONFIG], &invocation->config,
                     fault))
        return false;
    invocation->database = invocation_new_database(invocation, invocation->config.database);
    return true;
}

bool invocation_open_database(struct invocation *invocation, struct fault *fault) {
    const char *version;
    return invocation_load_config(invocation, fault) &&
           store_schema_version(invocation->database, invocation->arena, &version, fault) &&
           store_version_fits(version, fault);
}

static bool read_stream(struct invocation *invocation, FILE *stream, const char *path,
                        const char **text, size_t *length, struct fault *fault) {
    struct buffer content;
    char piece[BUFSIZ];
    size_t count;
    buffer_init(&content, LIMIT_INPUT_FILE);
    while ((count = fread(piece, 1, sizeof piece, stream)) > 0)
        buffer_add(&content, piece, count);
    bool ok = !ferror(stream) && !content.overflow;
    if (ferror(stream))
        fault_set(fault, FAULT_UNAVAILABLE, "cannot read %s: %s", path, strerror(errno));
    else if (content.overflow)
        fault_set(fault, FAULT_INPUT, "%s is larger than %d bytes", path, LIMIT_INPUT_FILE);
    *length = content.length;
    *text = buffer_to_arena(&content, invocation->arena);
    return ok;
}

static bool is_standard_input(const char *path) {
    return strcmp(path, "-") == 0;
}

bool invocation_read_file(struct invocation *invocation, const char *path, const char **text,
                          size_t *length, struct fault *fault) {
    if (is_standard_input(path))
        return read_stream(invocation, stdin, "standard input", text, length, fault);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return fault_set(fault, FAULT_UNAVAILABLE, "cannot open %s: %s", path, strerror(errno));
    bool ok = read_stream(invocation, stream, path, text, length, fault);
    fclose(stream);
    return ok;
}

bool invocation_check_input(struct invocation *invocation, enum option_id id, struct fault *fault) {
    const char *path = invocation->values[id];
    if (path == NULL || !is_standard_input(path) || invocation->argument_count == 0 ||
        !is_standard_input(invocation->arguments[0]))
        return true;
    invocation->misused = true;
    return fault_set(fault, FAULT_INPUT, "standard input cannot be both FILE and %s",
                     option_at(id)->name);
}

bool invocation_read_json(struct invocation *invocation, const char *path,
                          struct json_object **value, struct fault *fault) {
    const char *text;
    size_t length;
    if (!invocation_read_file(invocation, path, &text, &length, fault))
        return false;
    if (json_parse(invocation->arena, text, length, value, fault))
        return true;
    fault_set(fault, FAULT_INPUT, "cannot be read as JSON: %s", fault->text);
    return invocation_blame(path, fault->text, fault);
}

bool invocation_blame(const char *path, const char *text, struct fault *fault) {
    return fault_set(fault, FAULT_INPUT, "%s: %s",
                     is_standard_input(path) ? "standard input" : path, text);
}

bool invocation_misuse(struct invocation *invocation, struct fault *fault, const char *text) {
    invocation->misused = true;
    return fault_set(fault, FAULT_INPUT, "%s", text);
}

struct host invocation_host(const struct invocation *invocation) {
    return (struct host){invocation->database, &invocation->config, invocation->arena,
                         invocation_site(invocation)};
}

void invocation_tell(const char *text) {
    fprintf(stderr, "dynmodctl: %s\n", text);
}

void invocation_warn(const char *format, ...) {
    va_list arguments;
    fputs("dynmodctl: warning: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

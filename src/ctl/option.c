/* The options of the tool: one table, and the check of their values. */
#include "ctl/option.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[OPTION_COUNT] = {
    [OPTION_CONFIG] = {"--config", "FILE", 0, 0, "the configuration file to use"},
    [OPTION_JSON] = {"--json", NULL, 0, 0, "print nothing but JSON"},
    [OPTION_REASON] = {"--reason", "TEXT", 0, 0, "why, for the history of what is changed"},
    [OPTION_HELP] = {"--help", NULL, 0, 0, "print help and exit"},
    [OPTION_VERSION] = {"--version", NULL, 0, 0, "print the version and exit"},
    [OPTION_SITE] = {"--site", "NAME", 0, 0,
                     "the site, or its base URL (default: DYNMOD_SITE, or else \"default\")"},
    [OPTION_APP] = {"--app", "KEY", 0, 0, "the key of the app"},
    [OPTION_BASE_URL] = {"--base-url", "URL", 0, 0, "the URL under which apps reach the site"},
    [OPTION_CLIENT_KEY] = {"--client-key", "KEY", 0, 0,
                           "identifies the site to apps (default: random)"},
    [OPTION_MODULE_LIMIT] = {"--module-limit", "N", 0, 1000000,
                             "how many dynamic modules each app may have"},
    [OPTION_BYTE_LIMIT] = {"--byte-limit", "N", 0, INT_MAX,
                           "how many bytes the dynamic modules of each app may have together"},
    [OPTION_MODULE_BYTE_LIMIT] = {"--module-byte-limit", "N", 0, INT_MAX,
                                  "how many bytes one dynamic module may have"},
    [OPTION_HISTORY_BYTE_LIMIT] = {"--history-byte-limit", "N", 0, LONG_MAX,
                                   "how many bytes of definitions the history keeps of each app"},
    [OPTION_ON_CLASH] = {"--on-clash", "remove_all|remove_clashing", 0, 0,
                         "dynamic modules that an upgrade removes if any clash"},
    [OPTION_SECRET] = {"--secret", "SECRET", 0, 0,
                       "the shared secret, which other users can see while the command runs"},
    [OPTION_SECRET_FILE] = {"--secret-file", "FILE", 0, 0,
                            "a file with the shared secret; - for standard input"},
    [OPTION_SHOW_SECRET] = {"--show-secret", NULL, 0, 0, "include the shared secret"},
    [OPTION_OVERLAP] = {"--overlap", "SECONDS", 0, 2592000,
                        "how long the former secret is still accepted (default: 0)"},
    [OPTION_CALLBACK] = {"--callback", NULL, 0, 0, "call the app, which must agree"},
    [OPTION_QUIET_APP] = {"--quiet-app", NULL, 0, 0, "do not call the app"},
    [OPTION_PASSWORD_FILE] = {"--password-file", "FILE", 0, 0,
                              "a file with the password; - for standard input"},
    [OPTION_LOOPBACK_ONLY] = {"--loopback-only", NULL, 0, 0,
                              "accept it only from the machine of the web server"},
    [OPTION_KEEP] = {"--keep", "DAYS", 0, 36500, "how many days of the history to keep"},
    [OPTION_ALL] = {"--all", NULL, 0, 0, "remove all dynamic modules of the app"},
    [OPTION_LIFETIME] = {"--lifetime", "SECONDS", 1, 31536000,
                         "how long the token is valid (default: 180)"},
    [OPTION_STRICT] = {"--strict", NULL, 0, 0, "treat warnings as errors"},
    [OPTION_TYPES] = {"--types", "FILE", 0, 0,
                      "module types of your own: one as for \"type add\", or an array"},
    [OPTION_DATABASE] = {"--database", "CONNINFO", 0, 0,
                         "how to connect as a superuser, and the database"},
    [OPTION_WEB_USER] = {"--web-user", "USER", 0, 0,
                         "the user that runs the web program (default: www-data)"},
    [OPTION_OPERATOR] = {"--operator", "ROLE", 0, 0, "a role that operators log in with"},
    [OPTION_SQL] = {"--sql", "DIRECTORY", 0, 0,
                    "where migrate.sh is (default: as it was installed)"},
    [OPTION_DRY_RUN] = {"--dry-run", NULL, 0, 0, "say what would be done, and change nothing"},
    [OPTION_AT] = {"--at", "TIME", 0, 0,
                   "a moment, such as \"2026-10-01 08:30\" or \"2 hours ago\""},
    [OPTION_EVENT] = {"--event", "ID", 1, LONG_MAX,
                      "right after this change of a module, as history numbers it"},
    [OPTION_KEY] = {"--key", "MODULE", 0, 0, "only what became of modules with this key"},
    [OPTION_ACTOR] = {"--actor", "NAME", 0, 0, "only what this actor or login has done"},
    [OPTION_SINCE] = {"--since", "TIME", 0, 0,
                      "only from then on, such as 2026-10-01, \"2 hours ago\" or yesterday"},
    [OPTION_UNTIL] = {"--until", "TIME", 0, 0, "only what was before then"},
    [OPTION_LIMIT] = {"--limit", "N", 1, 100000, "how many events at most (default: 100)"},
    [OPTION_FOLLOW] = {"--follow", NULL, 0, 0, "go on with what happens, until interrupted"},
    [OPTION_YES] = {"--yes", NULL, 0, 0, "do it without a question"},
    [OPTION_WITHOUT_SECRETS] = {"--without-secrets", NULL, 0, 0,
                                "leave out shared secrets and private keys"},
    [OPTION_WITH_HISTORY] = {"--with-history", NULL, 0, 0, "include the history of the apps"},
    [OPTION_AS] = {"--as", "USER", 0, 0, "look with the eyes of this user of the machine"},
    [OPTION_URL] = {"--url", "URL", 0, 0, "ask the service at the base URL of a site, too"},
};

/* As other programs spell them. */
static const struct {
    const char *letter;
    enum option_id id;
} letters[] = {{"-h", OPTION_HELP}, {"-V", OPTION_VERSION}};

const struct option *option_at(enum option_id id) {
    return &options[id];
}

/* OPTION_COUNT if there is no such option. */
static enum option_id find_option(const char *name) {
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (strcmp(letters[i].letter, name) == 0)
            return letters[i].id;
    enum option_id id = 0;
    while (id < OPTION_COUNT && strcmp(options[id].name, name) != 0)
        id++;
    return id;
}

/* Whether `value` is one of the choices of "one|other". */
static bool is_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (const char *at = choices;; at++) {
        size_t choice = strcspn(at, "|");
        if (choice == length && strncmp(at, value, length) == 0)
            return true;
        at += choice;
        if (*at == '\0')
            return false;
    }
}

static bool is_number(const struct option *option, const char *value) {
    char *end = NULL;
    errno = 0;
    long number = strtol(value, &end, 10);
    return errno == 0 && end != value && *end == '\0' && number >= option->minimum &&
           number <= option->maximum;
}

static bool check_value(const struct option *option, const char *value, struct fault *fault) {
    if (option->maximum != 0)
        return is_number(option, value) ||
               fault_set(fault, FAULT_INPUT,
                         "%s must be a whole number from %ld to %ld, not \"%s\"", option->name,
                         option->minimum, option->maximum, value);
    if (strchr(option->value, '|') != NULL)
        return is_choice(option->value, value) ||
               fault_set(fault, FAULT_INPUT, "%s must be one of %s, not \"%s\"", option->name,
                         option->value, value);
    return value[0] != '\0' ||
           fault_set(fault, FAULT_INPUT, "the value of %s must not be empty", option->name);
}

bool option_read(struct arena *arena, const char *const *arguments, size_t count, size_t *at,
                 enum option_id *id, const char **value, struct fault *fault) {
    const char *argument = arguments[(*at)++];
    size_t length = strcspn(argument, "=");
    const char *name = arena_copy(arena, argument, length);
    *id = find_option(name);
    if (*id == OPTION_COUNT)
        return fault_set(fault, FAULT_INPUT, "unknown option %s", name);
    *value = argument[length] == '=' ? argument + length + 1 : NULL;
    if (options[*id].value == NULL) {
        if (*value != NULL)
            return fault_set(fault, FAULT_INPUT, "%s does not take a value", name);
        *value = "";
        return true;
    }
    if (*value == NULL && *at == count)
        return fault_set(fault, FAULT_INPUT, "%s requires a value: %s %s", name, name,
                         options[*id].value);
    if (*value == NULL)
        *value = arguments[(*at)++];
    return check_value(&options[*id], *value, fault);
}

/* The configuration: one table of options and their defaults, read from one file. */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/networks.h"

#define SYSTEM_FILE "/etc/dynmod/dynmod.conf"
#define USER_FILE "/.config/dynmod/dynmod.conf"

enum value_type {
    VALUE_TEXT,
    VALUE_SWITCH,
    VALUE_NUMBER,
    VALUE_LOG_LEVEL,
    VALUE_LOG_FORMAT,
    VALUE_NETWORKS,
};

struct entry {
    struct config_option option;
    enum value_type type;
    size_t offset; /* in struct config */
    long minimum, maximum;
};

#define OPTION(name, fallback, help, type, minimum, maximum)                                       \
    { {#name, fallback, help}, type, offsetof(struct config, name), minimum, maximum }
#define TEXT(name, fallback, help) OPTION(name, fallback, help, VALUE_TEXT, 0, 0)
#define SWITCH(name, fallback, help) OPTION(name, fallback, help, VALUE_SWITCH, 0, 0)
#define LOG_LEVEL(name, fallback, help) OPTION(name, fallback, help, VALUE_LOG_LEVEL, 0, 0)
#define LOG_FORMAT(name, fallback, help) OPTION(name, fallback, help, VALUE_LOG_FORMAT, 0, 0)
#define NETWORKS(name, fallback, help) OPTION(name, fallback, help, VALUE_NETWORKS, 0, 0)
#define NUMBER(name, fallback, minimum, maximum, help)                                             \
    OPTION(name, fallback, help, VALUE_NUMBER, minimum, maximum)

static const struct entry entries[] = {
    TEXT(database, "dbname=dynmod", "libpq connection string of the database"),
    SWITCH(prepared_statements, "on", "off behind PgBouncer in transaction mode"),
    NUMBER(database_timeout, "5", 1, 600, "seconds that one statement may take"),
    NUMBER(max_body_bytes, "1048576", 1024, 64L << 20, "bytes of the largest request body"),
    NUMBER(body_timeout, "10", 1, 3600, "seconds in which a request must have arrived"),
    NUMBER(write_timeout, "30", 1, 3600, "seconds in which an answer must have been taken"),
    NUMBER(max_token_lifetime, "0", 0, LONG_MAX,
           "seconds that a token may be valid; 0 for no limit"),
    SWITCH(auth_hints, "off", "on: a header of each 401 says why; for developers only"),
    LOG_LEVEL(log_level, "info", "error, warning, info or debug"),
    LOG_FORMAT(log_format, "text", "text or json"),
    NUMBER(retry_after, "5", 1, 3600, "seconds that a 503 asks the client to wait"),
    TEXT(admin_database, "", "connection string of dynmod-admin.fcgi; empty for that of database"),
    SWITCH(admin, "off", "on: administrators install apps over HTTP"),
    SWITCH(development, "off", "on: apps on loopback may be called, also by http; for developers"),
    TEXT(allowed_app_urls, "public",
         "URLs of apps that may be called, public for https on the "
         "Internet"),
    NUMBER(app_timeout, "10", 1, 60, "seconds that an app may take to answer a call"),
    TEXT(app_ca_file, "", "certificates of further authorities that apps may use"),
    NUMBER(app_rate, "0", 0, 1000000, "requests a minute that each app may make; 0 for no limit"),
    NUMBER(
        refused_rate, "0", 0, 1000000,
        "refused requests a minute from one address, after which it has to wait; 0 for no limit"),
    TEXT(counters_file, "", "file for these counts; empty for one in /dev/shm"),
    SWITCH(token_once, "off", "on: a token with a jti is accepted once"),
    SWITCH(strict_urls, "off", "on: modules with javascript: and data: addresses are refused"),
    TEXT(metrics_token, "", "token of the monitoring that may read the metrics; empty for none"),
    NETWORKS(metrics_addresses, "", "addresses and networks that may read the metrics without it"),
    TEXT(secrets_key, "", "file with the keys that encrypt secrets; empty for plain secrets"),
};

enum { ENTRY_COUNT = sizeof entries / sizeof entries[0] };

const struct config_option *config_option(int index) {
    return index >= 0 && index < ENTRY_COUNT ? &entries[index].option : NULL;
}

const char *config_environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool read_switch(const char *value, bool *out) {
    static const char *const words[] = {"off", "on", "no", "yes", "false", "true", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(value, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    return false;
}

static bool read_number(const char *value, long minimum, long maximum, long *out) {
    char *end = NULL;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < minimum || number > maximum)
        return false;
    *out = number;
    return true;
}

static bool read_log_level(const char *value, long *out) {
    for (enum log_level level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
        if (strcasecmp(value, log_level_name(level)) == 0) {
            *out = level;
            return true;
        }
    return false;
}

static bool read_log_format(const char *value, long *out) {
    for (enum log_format format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++)
        if (strcasecmp(value, log_format_name(format)) == 0) {
            *out = format;
            return true;
        }
    return false;
}

static bool set_value(struct arena *arena, const struct entry *entry, const char *value,
                      struct config *config, struct fault *fault) {
    void *field = (char *)config + entry->offset;
    switch (entry->type) {
    case VALUE_TEXT:
        *(const char **)field = arena_text(arena, value);
        return true;
    case VALUE_SWITCH:
        return read_switch(value, field) ||
               fault_set(fault, FAULT_INPUT, "%s must be on or off, not \"%s\"", entry->option.name,
                         value);
    case VALUE_NUMBER:
        return read_number(value, entry->minimum, entry->maximum, field) ||
               fault_set(fault, FAULT_INPUT, "%s must be an integer from %ld to %ld, not \"%s\"",
                         entry->option.name, entry->minimum, entry->maximum, value);
    case VALUE_LOG_FORMAT:
        return read_log_format(value, field) ||
               fault_set(fault, FAULT_INPUT, "%s must be text or json, not \"%s\"",
                         entry->option.name, value);
    case VALUE_NETWORKS:
        *(const char **)field = arena_text(arena, value);
        return networks_are_valid(value) ||
               fault_set(fault, FAULT_INPUT,
                         "%s must be addresses and networks such as 127.0.0.1 10.0.0.0/8, not "
                         "\"%s\"",
                         entry->option.name, value);
    case VALUE_LOG_LEVEL:
        return read_log_level(value, field) ||
               fault_set(fault, FAULT_INPUT, "%s must be error, warning, info or debug, not \"%s\"",
                         entry->option.name, value);
    }
    return false;
}

static const struct entry *find_entry(const char *name) {
    for (int i = 0; i < ENTRY_COUNT; i++)
        if (strcmp(entries[i].option.name, name) == 0)
            return &entries[i];
    return NULL;
}

/* Trims white space at both ends, in place. */
static char *trim(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool read_line(struct arena *arena, char *line, int number, struct config *config,
                      struct fault *fault) {
    char *text = trim(line);
    if (text[0] == '\0' || text[0] == '#')
        return true;
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return fault_set(fault, FAULT_INPUT, "%s:%d: expected \"option = value\"", config->path,
                         number);
    *equals = '\0';
    const char *name = trim(text);
    const struct entry *entry = find_entry(name);
    if (entry == NULL)
        return fault_set(fault, FAULT_INPUT, "%s:%d: unknown option \"%s\"", config->path, number,
                         name);
    return set_value(arena, entry, trim(equals + 1), config, fault) ||
           fault_set(fault, FAULT_INPUT, "%s:%d: %s", config->path, number, fault->text);
}

static bool read_lines(struct arena *arena, char *text, struct config *config,
                       struct fault *fault) {
    char *rest = text;
    for (int number = 1; rest != NULL; number++) {
        char *line = strsep(&rest, "\n");
        if (!read_line(arena, line, number, config, fault))
            return false;
    }
    return true;
}

static bool may_contain_password(const char *conninfo) {
    return strcasestr(conninfo, "password") != NULL || strstr(conninfo, "://") != NULL;
}

/* A password that every user of the machine can read is not a password. */
static bool check_permissions(int file, const struct config *config, struct fault *fault) {
    struct stat status;
    if (fstat(file, &status) != 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", config->path, strerror(errno));
    bool secret = may_contain_password(config->database) ||
                  may_contain_password(config->admin_database) || config->metrics_token[0] != '\0';
    if (secret && (status.st_mode & (S_IROTH | S_IWOTH)) != 0)
        return fault_set(fault, FAULT_INPUT,
                         "%s may contain a password, but every user can read it; run chmod o-rwx",
                         config->path);
    return true;
}

static bool read_file(struct arena *arena, int file, struct config *config, struct fault *fault) {
    char *text = arena_alloc(arena, LIMIT_CONFIG_FILE + 1);
    size_t length = 0;
    ssize_t count;
    while ((count = read(file, text + length, LIMIT_CONFIG_FILE + 1 - length)) > 0)
        length += (size_t)count;
    if (count < 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "%s: %s", config->path, strerror(errno));
    if (length > LIMIT_CONFIG_FILE)
        return fault_set(fault, FAULT_INPUT, "%s is longer than %d bytes", config->path,
                         LIMIT_CONFIG_FILE);
    return read_lines(arena, text, config, fault) && check_permissions(file, config, fault);
}

/* The file that is read when neither the command line nor the environment names one. */
static const char *default_path(struct arena *arena) {
    const struct passwd *user = getpwuid(geteuid()); /* HOME is unset in a CGI program */
    if (user != NULL && user->pw_dir != NULL) {
        const char *path = arena_format(arena, "%s" USER_FILE, user->pw_dir);
        if (access(path, F_OK) == 0)
            return path;
    }
    return SYSTEM_FILE;
}

bool config_load(struct arena *arena, const char *path, struct config *config,
                 struct fault *fault) {
    *config = (struct config){0};
    for (int i = 0; i < ENTRY_COUNT; i++)
        if (!set_value(arena, &entries[i], entries[i].option.fallback, config, fault))
            return false;
    if (path == NULL)
        path = config_environment("DYNMOD_CONFIG");
    config->path = path == NULL ? default_path(arena) : arena_text(arena, path);
    int file = open(config->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "cannot read the configuration %s: %s",
                         config->path, strerror(errno));
    bool ok = read_file(arena, file, config, fault);
    close(file);
    if (config->admin_database[0] == '\0')
        config->admin_database = config->database;
    return ok;
}

/* The commands by which root mends what doctor has found. */
#include "ctl/doctor_mend.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

#define PLAIN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./=:@%+,-"
#define INSTALLED_TOOL "/usr/bin/dynmodctl"
#define INSTALLED_SQL "/usr/share/dynmod/sql"

static struct arena *arena_of(struct findings *findings) {
    return findings->invocation->arena;
}

/* The text between two `quote`, with every `quote` in it replaced. */
static const char *quoted(struct arena *arena, const char *text, char quote,
                          const char *replacement) {
    struct buffer buffer;
    buffer_init(&buffer, LIMIT_INPUT_FILE);
    buffer_add(&buffer, &quote, 1);
    for (; *text != '\0'; text++)
        if (*text == quote)
            buffer_add_text(&buffer, replacement);
        else
            buffer_add(&buffer, text, 1);
    buffer_add(&buffer, &quote, 1);
    return buffer_to_arena(&buffer, arena);
}

const char *mend_word(struct findings *findings, const char *text) {
    bool plain = text[0] != '\0' && text[strspn(text, PLAIN_CHARACTERS)] == '\0';
    return plain ? text : quoted(arena_of(findings), text, '\'', "'\\''");
}

const char *mend_role(struct findings *findings, const char *name) {
    return quoted(arena_of(findings), name, '"', "\"\"");
}

bool mend_exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

const char *mend_superuser(struct findings *findings) {
    const char *path = destination_socket(arena_of(findings), &findings->where);
    struct stat status;
    if (path == NULL || stat(path, &status) != 0)
        return NULL;
    const struct passwd *owner = getpwuid(status.st_uid);
    return owner == NULL ? NULL : arena_text(arena_of(findings), owner->pw_name);
}

const char *mend_conninfo(struct findings *findings, const char *name) {
    struct arena *arena = arena_of(findings);
    const struct destination *where = &findings->where;
    const char *text = arena_format(arena, "dbname=%s", name);
    if (where->host != NULL)
        text = arena_format(arena, "host=%s %s", where->host, text);
    if (strcmp(where->port, "5432") != 0)
        text = arena_format(arena, "port=%s %s", where->port, text);
    if (destination_socket(arena, where) == NULL)
        text = arena_format(arena, "%s user=postgres", text);
    return text;
}

const char *mend_as_superuser(struct findings *findings, const char *command) {
    if (destination_socket(arena_of(findings), &findings->where) == NULL)
        return command;
    const char *user = mend_superuser(findings);
    return arena_format(arena_of(findings), "runuser -u %s -- %s", user == NULL ? "postgres" : user,
                        command);
}

static const char *run_sql(struct findings *findings, const char *database, const char *sql) {
    const char *conninfo = mend_conninfo(findings, database);
    return mend_as_superuser(findings,
                             arena_format(arena_of(findings), "psql -d %s -c %s",
                                          mend_word(findings, conninfo), mend_word(findings, sql)));
}

const char *mend_sql(struct findings *findings, const char *sql) {
    return run_sql(findings, "postgres", sql);
}

const char *mend_data(struct findings *findings, const char *sql) {
    return run_sql(findings, findings->where.database, sql);
}

/* The path of the running tool. */
static const char *own_path(struct arena *arena) {
    char *path = arena_alloc(arena, PATH_MAX);
    return readlink("/proc/self/exe", path, PATH_MAX - 1) < 0 ? INSTALLED_TOOL : path;
}

/* The folder of migrate.sh: beside the tool, in an installation or in a source tree. */
static const char *sql_folder(struct arena *arena) {
    static const char *const places[] = {"/../share/dynmod/sql", "/../sql"};
    const char *program = own_path(arena);
    const int length = (int)(strrchr(program, '/') - program);
    char found[PATH_MAX];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *path = arena_format(arena, "%.*s%s/migrate.sh", length, program, places[i]);
        if (realpath(path, found) != NULL)
            return arena_copy(arena, found, strlen(found) - strlen("/migrate.sh"));
    }
    return INSTALLED_SQL;
}

/* The running tool as a command. */
static const char *own_name(struct findings *findings) {
    const char *path = own_path(arena_of(findings));
    return strcmp(path, INSTALLED_TOOL) == 0 ? "dynmodctl" : mend_word(findings, path);
}

/* The same with the configuration that the caller has named. */
static const char *own_command(struct findings *findings) {
    const char *config = findings->invocation->values[OPTION_CONFIG];
    const char *name = own_name(findings);
    return config == NULL ? name
                          : arena_format(arena_of(findings), "%s --config %s", name,
                                         mend_word(findings, config));
}

const char *mend_tool(struct findings *findings, const char *arguments) {
    struct arena *arena = arena_of(findings);
    if (findings->is_operator)
        return arena_format(arena, "%s %s", own_command(findings), arguments);
    /* The superuser may not read the configuration. */
    const char *line =
        arena_format(arena, "database = %s", mend_conninfo(findings, findings->where.database));
    const char *script = arena_format(arena, "echo %s | %s --config /dev/stdin %s",
                                      mend_word(findings, line), own_name(findings), arguments);
    return mend_as_superuser(findings,
                             arena_format(arena, "sh -c %s", mend_word(findings, script)));
}

const char *mend_site(struct findings *findings, const char *name) {
    struct arena *arena = arena_of(findings);
    char name_here[HOST_NAME_MAX + 1] = "";
    const bool has_name = gethostname(name_here, sizeof name_here - 1) == 0 && name_here[0] != '\0';
    const char *host = has_name ? name_here : "localhost";
    const char *word = mend_word(findings, name);
    const bool is_default = strcmp(name, "default") == 0;
    return mend_tool(findings, arena_format(arena, "site add %s --base-url https://%s%s%s", word,
                                            host, is_default ? "" : "/", is_default ? "" : word));
}

const char *mend_roles(struct findings *findings) {
    struct arena *arena = arena_of(findings);
    const char *file = arena_format(arena, "%s/roles.sql", sql_folder(arena));
    return mend_as_superuser(findings,
                             arena_format(arena, "psql -q -d %s -f %s",
                                          mend_word(findings, mend_conninfo(findings, "postgres")),
                                          mend_word(findings, file)));
}

const char *mend_migrate(struct findings *findings) {
    struct arena *arena = arena_of(findings);
    const char *file = arena_format(arena, "%s/migrate.sh", sql_folder(arena));
    const char *conninfo = mend_conninfo(findings, findings->where.database);
    return mend_as_superuser(findings, arena_format(arena, "%s %s", mend_word(findings, file),
                                                    mend_word(findings, conninfo)));
}

const char *mend_setup(struct findings *findings) {
    static const char *const usual[] = {"www-data", "dynmod", "dynmod-admin", "dynmod-timer"};
    const char *superuser = mend_superuser(findings), *user = findings->user;
    if (superuser == NULL || strcmp(superuser, "postgres") != 0)
        return NULL;
    bool known = user == NULL;
    for (size_t i = 0; !known && i < sizeof usual / sizeof usual[0]; i++)
        known = strcmp(user, usual[i]) == 0;
    return arena_format(arena_of(findings), "%s setup%s%s", own_command(findings),
                        known ? "" : " --web-user ", known ? "" : mend_word(findings, user));
}

const char *mend_schema(struct findings *findings) {
    const char *setup = mend_setup(findings);
    return setup != NULL ? setup
                         : arena_format(arena_of(findings), "%s && %s", mend_roles(findings),
                                        mend_migrate(findings));
}

const char *mend_service(struct findings *findings, const char *service, const char *verb) {
    return arena_format(arena_of(findings), "service %s %s", service, verb);
}

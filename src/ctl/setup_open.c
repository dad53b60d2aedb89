/* What setup is to make and where: options, configuration, and the places of files. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "ctl/setup.h"

#define CLUSTER_USER "postgres"
#define WEB_USER "www-data"
#define HOST_ROLE "dynmod-admin"
#define UNIT_USER "dynmod" /* of the units of systemd, as TIMER_USER is */
#define TIMER_USER "dynmod-timer"
#define DATABASE "dynmod"

/* Reads the configuration. That it is missing, or not for the eyes of the caller, as the user
 * postgres finds, leaves the defaults. */
static bool read_config(struct setup *setup, struct fault *fault) {
    struct config *config = &setup->invocation->config;
    if (config_load(setup->invocation->arena, setup->invocation->values[OPTION_CONFIG], config,
                    fault))
        return true;
    if (setup->invocation->values[OPTION_CONFIG] != NULL || config->path == NULL ||
        faccessat(AT_FDCWD, config->path, R_OK, AT_EACCESS) == 0)
        return false;
    findings_add(&setup->findings, FINDING_NOTE, "configuration", "%s, so the defaults hold",
                 fault->text);
    return true;
}

/* Where to make it: --database, or what the configuration names, then without its user. */
static bool find_target(struct setup *setup, const struct conninfo *configured,
                        struct fault *fault) {
    const char *given = setup->invocation->values[OPTION_DATABASE];
    struct arena *arena = setup->invocation->arena;
    if (given != NULL && !conninfo_read(arena, given, &setup->target, fault))
        return fault_set(fault, FAULT_INPUT, "--database: %s", fault->text);
    if (given == NULL) {
        setup->target = *configured;
        setup->target.user = setup->target.password = NULL;
    }
    if (setup->target.database == NULL)
        setup->target.database = configured->database == NULL ? DATABASE : configured->database;
    if (configured->database != NULL && strcmp(configured->database, setup->target.database) != 0)
        findings_add(&setup->findings, FINDING_WARNING, "configuration",
                     "%s names the database \"%s\", not \"%s\"", setup->invocation->config.path,
                     configured->database, setup->target.database);
    return true;
}

/* On the machine of the cluster root acts as the user that PostgreSQL lets in as a superuser. */
static void find_account(struct setup *setup) {
    const char *host = config_environment("PGHOST");
    const bool local = setup->target.local && config_environment("PGHOSTADDR") == NULL &&
                       (host == NULL || host[0] == '/');
    setup->switches = geteuid() == 0 && local && setup->target.user == NULL &&
                      config_environment("PGUSER") == NULL &&
                      account_find(setup->invocation->arena, CLUSTER_USER, &setup->account);
}

/* The role of a user of the units, if the machine has that user and it would connect by its own
 * name; else NULL. */
static const char *unit_role(struct setup *setup, const struct conninfo *configured,
                             const char *user) {
    struct account account;
    return configured->user == NULL && strcmp(user, setup->web_user) != 0 &&
                   account_find(setup->invocation->arena, user, &account)
               ? user
               : NULL;
}

/* Who logs in, and for how long a statement may run. */
static bool find_logins(struct setup *setup, const struct conninfo *configured,
                        struct fault *fault) {
    const char *const *values = setup->invocation->values;
    struct conninfo admin;
    if (!conninfo_read(setup->invocation->arena, setup->invocation->config.admin_database, &admin,
                       fault))
        return fault_set(fault, FAULT_INPUT, "admin_database: %s", fault->text);
    const bool shared = admin.user == NULL ||
                        (configured->user != NULL && strcmp(admin.user, configured->user) == 0);
    setup->web_user = values[OPTION_WEB_USER] == NULL ? WEB_USER : values[OPTION_WEB_USER];
    setup->wanted = (struct store_setup){
        .database = setup->target.database,
        .web_role = configured->user == NULL ? setup->web_user : configured->user,
        .host_role = shared ? HOST_ROLE : admin.user,
        .operator_role = values[OPTION_OPERATOR],
        .unit_role = unit_role(setup, configured, UNIT_USER),
        .timer_role = unit_role(setup, configured, TIMER_USER),
        .timeout = setup->invocation->config.database_timeout,
    };
    return true;
}

/* Beside this program: below the same PREFIX, or in the source tree. */
static const char *find_sql(struct arena *arena) {
    static const char *const places[] = {"../share/dynmod/sql", "../sql"};
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        return NULL;
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *place = arena_format(arena, "%s/%s", program, places[i]);
        if (access(arena_format(arena, "%s/migrate.sh", place), F_OK) == 0)
            return place;
    }
    return NULL;
}

static bool find_files(struct setup *setup, struct fault *fault) {
    struct arena *arena = setup->invocation->arena;
    const char *given = setup->invocation->values[OPTION_SQL];
    const char *place = given == NULL ? find_sql(arena) : given;
    char *path = place == NULL ? NULL : realpath(place, NULL);
    if (path == NULL)
        return fault_set(fault, FAULT_NOT_FOUND,
                         "cannot find the folder of migrate.sh%s%s; name it with --sql",
                         given == NULL ? "" : " at ", given == NULL ? "" : given);
    arena_keep(arena, free, path);
    setup->sql = path;
    return access(arena_format(arena, "%s/migrate.sh", path), X_OK) == 0 ||
           fault_set(fault, FAULT_NOT_FOUND, "migrate.sh is missing from %s", path);
}

bool setup_open(struct setup *setup, struct invocation *invocation, struct fault *fault) {
    struct conninfo configured;
    setup->invocation = invocation;
    setup->dry_run = invocation_has(invocation, OPTION_DRY_RUN);
    findings_init(&setup->findings, invocation);
    if (!find_files(setup, fault) || !read_config(setup, fault))
        return false;
    if (!conninfo_read(invocation->arena, invocation->config.database, &configured, fault))
        return fault_set(fault, FAULT_INPUT, "database: %s", fault->text);
    if (!find_target(setup, &configured, fault) || !find_logins(setup, &configured, fault))
        return false;
    find_account(setup);
    setup->patient = invocation->config;
    setup->patient.database_timeout = LIMIT_SETUP_SECONDS;
    return true;
}

/* Whether the web programs can connect after dynmodctl setup, tried as the users they run as. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/setup.h"
#include "json/json.h"
#include "store/store_health.h"

/* A program that connects to the database. */
struct client {
    const char *name;
    const char *user; /* of the machine */
    struct conninfo conninfo;
    enum finding_level blame; /* how bad it is if it cannot */
};

/* A web program does not have the caller's variables for libpq. */
static void clear_environment(void) {
    for (char **at = environ; *at != NULL;) {
        char *end = strchr(*at, '=');
        if (strncmp(*at, "PG", 2) != 0 || end == NULL) {
            at++;
            continue;
        }
        char *name = strndup(*at, (size_t)(end - *at));
        at = name == NULL || unsetenv(name) != 0 ? at + 1 : environ;
        free(name);
    }
}

static const char *file_name(const struct setup *setup, const char *member, const char *fallback) {
    const char *path = json_member_text(setup->plan, member);
    return path == NULL ? fallback : path;
}

/* What lets the client in if PostgreSQL does not know its user. */
static void add_hints(struct setup *setup, const struct client *client) {
    struct findings *findings = &setup->findings;
    const char *role = client->conninfo.user, *database = client->conninfo.database;
    const char *hba = file_name(setup, "hbaFile", "pg_hba.conf");
    if (!client->conninfo.local) {
        findings_add(findings, FINDING_NOTE, "access",
                     "%s needs a line such as: hostssl %s %s ADDRESS/32 scram-sha-256; and the "
                     "role a password, in psql: \\password %s",
                     hba, database, role, role);
        return;
    }
    const bool mapped = strcmp(role, client->user) != 0;
    findings_add(findings, FINDING_NOTE, "access",
                 "add to %s, before the other lines: local %s %s peer%s", hba, database, role,
                 mapped ? " map=dynmod" : "");
    if (mapped)
        findings_add(findings, FINDING_NOTE, "access", "add to %s: dynmod %s %s",
                     file_name(setup, "identFile", "pg_ident.conf"), client->user, role);
    findings_add(findings, FINDING_NOTE, "access",
                 "then, as the user postgres: psql -c 'SELECT pg_reload_conf()'");
}

static bool connects(struct setup *setup, const struct client *client, struct fault *fault) {
    struct arena *arena = setup->invocation->arena;
    struct json_object *server;
    struct database *database = invocation_connect(setup->invocation, &setup->invocation->config,
                                                   conninfo_write_secret(arena, &client->conninfo));
    database_require_schema(database);
    return store_describe_server(database, arena, &server, fault);
}

static void try(struct setup *setup, const struct client *client) {
    struct findings *findings = &setup->findings;
    struct account account;
    struct fault fault;
    if (!account_find(setup->invocation->arena, client->user, &account)) {
        findings_add(findings, FINDING_NOTE, "access",
                     "this machine has no user %s, so whether %s can connect was not tried",
                     client->user, client->name);
        return;
    }
    if (!account_possible(&account)) {
        findings_add(findings, FINDING_NOTE, "access",
                     "whether %s can connect as the user %s, only root can try", client->name,
                     client->user);
        return;
    }
    if (!account_assume(setup->invocation->arena, &account, &fault)) {
        findings_add(findings, FINDING_ERROR, "access", "%s", fault.text);
        return;
    }
    bool ok = connects(setup, client, &fault);
    account_resume();
    findings_add(findings, ok ? FINDING_OK : client->blame, "access",
                 "%s, run by the user %s, %s as the role %s%s%s", client->name, client->user,
                 ok ? "can connect" : "cannot connect", client->conninfo.user, ok ? "" : ": ",
                 ok ? "" : fault.text);
    if (!ok)
        add_hints(setup, client);
}

/* The admin program may share the configuration of the other one until it has its own. */
static void try_host(struct setup *setup, struct client *client) {
    struct arena *arena = setup->invocation->arena;
    struct config *config = &setup->invocation->config;
    const char *role = setup->wanted.host_role;
    struct account account;
    struct conninfo conninfo;
    struct fault fault;
    client->name = "dynmod-admin.fcgi";
    if (conninfo_read(arena, config->admin_database, &conninfo, &fault) && conninfo.user != NULL &&
        strcmp(conninfo.user, role) == 0) {
        client->conninfo = conninfo;
    } else {
        client->blame = FINDING_NOTE;
        client->conninfo.user = role;
        client->conninfo.password = NULL;
        findings_add(&setup->findings, FINDING_NOTE, "access",
                     "for the admin program, %s needs the line: admin_database = %s%sdbname=%s "
                     "user=%s",
                     config->path, client->conninfo.rest,
                     client->conninfo.rest[0] == '\0' ? "" : " ", client->conninfo.database, role);
    }
    if (account_find(arena, role, &account))
        client->user = role;
    try(setup, client);
}

void setup_check_access(struct setup *setup) {
    struct arena *arena = setup->invocation->arena;
    struct client client = {"dynmod.fcgi", setup->web_user, {0}, FINDING_ERROR};
    struct fault fault;
    if (setup->lacking) {
        findings_add(&setup->findings, FINDING_PLANNED, "access",
                     "would try whether the web programs can connect");
        return;
    }
    if (!conninfo_read(arena, setup->invocation->config.database, &client.conninfo, &fault))
        return; /* setup_open() has read it */
    client.conninfo.user = setup->wanted.web_role;
    if (client.conninfo.database == NULL)
        client.conninfo.database = setup->wanted.database;
    clear_environment();
    try(setup, &client);
    try_host(setup, &client);
}

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

/* The line that lets a user of the machine in as a role. */
static void add_map(struct setup *setup, const char *user, const char *role) {
    findings_add(&setup->findings, FINDING_NOTE, "access", "add to %s: dynmod %s %s",
                 file_name(setup, "identFile", "pg_ident.conf"), user, role);
}

/* What lets the client in if PostgreSQL does not know its user. */
static void add_hints(struct setup *setup, const struct client *client) {
    struct findings *findings = &setup->findings;
    const char *role = client->conninfo.user, *database = client->conninfo.database;
    const char *hba = file_name(setup, "hbaFile", "pg_hba.conf");
    struct account account;
    if (!client->conninfo.local) {
        findings_add(findings, FINDING_NOTE, "access",
                     "%s needs a line such as: hostssl %s %s ADDRESS/32 scram-sha-256; and the "
                     "role a password, in psql: \\password %s",
                     hba, database, role, role);
        return;
    }
    const bool shared = strcmp(role, setup->wanted.host_role) == 0; /* with the web user */
    const bool mapped = strcmp(role, shared ? setup->web_user : client->user) != 0;
    findings_add(findings, FINDING_NOTE, "access",
                 "add to %s, before the other lines: local %s %s peer%s", hba, database, role,
                 mapped ? " map=dynmod" : "");
    if (mapped)
        add_map(setup, client->user, role);
    if (mapped && strcmp(role, client->user) != 0 &&
        account_find(setup->invocation->arena, role, &account))
        add_map(setup, role, role); /* else the map shuts it out */
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

/* Whether it can, and a finding about that. */
static bool try(struct setup *setup, const struct client *client) {
    struct findings *findings = &setup->findings;
    struct account account;
    struct fault fault;
    if (!account_find(setup->invocation->arena, client->user, &account)) {
        findings_add(findings, FINDING_NOTE, "access",
                     "this machine has no user %s, so whether %s can connect was not tried",
                     client->user, client->name);
        return false;
    }
    if (!account_possible(&account)) {
        findings_add(findings, FINDING_NOTE, "access",
                     "whether %s can connect as the user %s, only root can try", client->name,
                     client->user);
        return false;
    }
    if (!account_assume(setup->invocation->arena, &account, &fault)) {
        findings_add(findings, FINDING_ERROR, "access", "%s", fault.text);
        return false;
    }
    bool ok = connects(setup, client, &fault);
    account_resume();
    findings_add(findings, ok ? FINDING_OK : client->blame, "access",
                 "%s, run by the user %s, %s as the role %s%s%s", client->name, client->user,
                 ok ? "can connect" : "cannot connect", client->conninfo.user, ok ? "" : ": ",
                 ok ? "" : fault.text);
    if (!ok)
        add_hints(setup, client);
    return ok;
}

/* The same for a user of the units, which need not be used. */
static bool try_unit(struct setup *setup, struct client client, const char *role) {
    if (role == NULL)
        return false;
    client.blame = FINDING_NOTE;
    client.user = client.conninfo.user = role;
    return try(setup, &client);
}

/* The admin program may share the configuration of the other one until it has its own. */
static void try_host(struct setup *setup, struct client client) {
    struct arena *arena = setup->invocation->arena;
    struct config *config = &setup->invocation->config;
    const char *role = setup->wanted.host_role;
    struct account account;
    struct conninfo conninfo;
    struct fault fault;
    client.name = "dynmod-admin.fcgi";
    if (conninfo_read(arena, config->admin_database, &conninfo, &fault) && conninfo.user != NULL &&
        strcmp(conninfo.user, role) == 0) {
        client.conninfo = conninfo;
    } else {
        client.blame = FINDING_NOTE;
        client.conninfo.user = role;
        client.conninfo.password = NULL;
        findings_add(&setup->findings, FINDING_NOTE, "access",
                     "for the admin program, run by the user %s, %s needs the line: "
                     "admin_database = %s%sdbname=%s user=%s",
                     client.user, config->path, client.conninfo.rest,
                     client.conninfo.rest[0] == '\0' ? "" : " ", client.conninfo.database, role);
    }
    if (account_find(arena, role, &account) && try_unit(setup, client, role))
        client.blame = FINDING_NOTE;
    if (strcmp(client.user, role) != 0)
        try(setup, &client);
}

void setup_check_access(struct setup *setup) {
    struct arena *arena = setup->invocation->arena;
    struct client client = {"dynmod.fcgi", setup->web_user, {0}, FINDING_ERROR};
    struct fault fault;
    if (setup->lacking) {
        findings_add(&setup->findings, FINDING_PLANNED, "access",
                     "would try whether the programs can connect");
        return;
    }
    if (!conninfo_read(arena, setup->invocation->config.database, &client.conninfo, &fault))
        return; /* setup_open() has read it */
    client.conninfo.user = setup->wanted.web_role;
    if (client.conninfo.database == NULL)
        client.conninfo.database = setup->wanted.database;
    clear_environment();
    try(setup, &client);
    try_unit(setup, client, setup->wanted.unit_role);
    try_host(setup, client);
    client.name = "dynmodctl";
    try_unit(setup, client, setup->wanted.timer_role);
}

/* What doctor checks of roles, their rights, and owners. */
#include "ctl/doctor_roles.h"

#include <string.h>
#include <unistd.h>

#include "ctl/account.h"
#include "ctl/doctor_mend.h"
#include "json/json.h"
#include "store/store_cluster.h"
#include "store/store_health.h"

/* A connection of the superuser `user` to the database `name`, opened; NULL when it does not open.
 */
static struct database *connect_as(struct findings *findings, const char *user, const char *name) {
    struct invocation *invocation = findings->invocation;
    const char *conninfo =
        arena_format(invocation->arena, "%s user=%s", mend_conninfo(findings, name), user);
    struct database *database = invocation_connect(invocation, &invocation->config, conninfo);
    struct json_object *server;
    struct fault fault;
    if (!account_assume_name(invocation->arena, user, &fault))
        return NULL;
    bool open = store_describe_server(database, invocation->arena, &server, &fault);
    account_resume();
    return open && json_object_get_boolean(json_member(server, "superuser")) ? database : NULL;
}

void doctor_open_cluster(struct findings *findings) {
    const char *user = mend_superuser(findings);
    if (geteuid() != 0 || user == NULL)
        return;
    findings->tables = connect_as(findings, user, findings->where.database);
    findings->cluster =
        findings->tables == NULL ? connect_as(findings, user, "postgres") : findings->tables;
}

/* The command that makes the role by which the user connects. */
static const char *creation(struct findings *findings, const char *role) {
    struct arena *arena = findings->invocation->arena;
    const char *setup = mend_setup(findings);
    const char *groups = findings->user == NULL ? "dynmod_owner, dynmod_admin" : "dynmod_web";
    const char *sql =
        arena_format(arena, "CREATE ROLE %s LOGIN IN ROLE %s", mend_role(findings, role), groups);
    return setup != NULL
               ? setup
               : arena_format(arena, "%s && %s", mend_roles(findings), mend_sql(findings, sql));
}

static const char *admission(struct findings *findings, const char *role) {
    return mend_sql(findings, arena_format(findings->invocation->arena, "ALTER ROLE %s LOGIN",
                                           mend_role(findings, role)));
}

static bool inspect(struct findings *findings, struct json_object **roles, struct fault *fault) {
    return store_inspect_roles(findings->cluster, findings->invocation->arena,
                               findings->where.database, findings->where.user, roles, fault);
}

/* Names the database that is missing; whether it is. */
static bool blame_database(struct findings *findings, struct json_object *roles) {
    struct arena *arena = findings->invocation->arena;
    const char *name = findings->where.database, *setup = mend_setup(findings);
    if (json_object_get_boolean(json_member(roles, "database")))
        return false;
    const char *sql = arena_format(arena,
                                   "CREATE DATABASE %s OWNER dynmod_owner ENCODING 'UTF8' "
                                   "TEMPLATE template0",
                                   mend_role(findings, name));
    findings_add(findings, FINDING_ERROR, "database", "database \"%s\" does not exist", name);
    findings_mend(findings, setup != NULL
                                ? setup
                                : arena_format(arena, "%s && %s && %s", mend_roles(findings),
                                               mend_sql(findings, sql), mend_migrate(findings)));
    return true;
}

void doctor_blame_connection(struct findings *findings, const struct fault *fault) {
    const char *role = findings->where.user;
    struct json_object *roles, *login;
    struct fault other;
    const char *socket = destination_socket(findings->invocation->arena, &findings->where);
    if (findings->cluster == NULL || !inspect(findings, &roles, &other)) {
        findings_add(findings, FINDING_ERROR, "database", "%s", fault->text);
        if (socket != NULL && !mend_exists(socket))
            findings_mend(findings, mend_service(findings, "postgresql", "start"));
        return;
    }
    if (blame_database(findings, roles))
        return;
    login = json_member(roles, "login");
    if (login != NULL && json_object_get_boolean(login)) {
        findings_add(findings, FINDING_ERROR, "database", "%s", fault->text);
    } else if (login != NULL) {
        findings_add(findings, FINDING_ERROR, "database", "role \"%s\" is not permitted to log in",
                     role);
        findings_mend(findings, admission(findings, role));
    } else if (findings->user == NULL && !findings->where.names_user) {
        findings_add(findings, FINDING_NOTE, "database",
                     "the cluster has no role \"%s\", so its superuser looked; dynmodctl doctor "
                     "--as USER looks with the eyes of the web program",
                     role);
    } else {
        findings_add(findings, FINDING_ERROR, "database", "role \"%s\" does not exist", role);
        findings_mend(findings, creation(findings, role));
    }
}

/* Roles that the programs are to log in with and may not. */
static void report_locked_out(struct findings *findings, struct json_object *roles) {
    for (size_t i = 0; i < json_object_array_length(roles); i++) {
        const char *role = json_object_get_string(json_object_array_get_idx(roles, i));
        findings_add(findings, FINDING_ERROR, "roles",
                     "role \"%s\", which is for a web program, is not permitted to log in", role);
        findings_mend(findings, admission(findings, role));
    }
}

/* Roles of the programs that may keep the database busy for as long as they like. */
static void report_unlimited(struct findings *findings, struct json_object *roles) {
    struct arena *arena = findings->invocation->arena;
    for (size_t i = 0; i < json_object_array_length(roles); i++) {
        struct json_object *entry = json_object_array_get_idx(roles, i);
        struct json_object *settings = json_member(entry, "settings");
        const char *role = json_member_text(entry, "role"), *sql = "";
        for (size_t j = 0; j < json_object_array_length(settings); j++) {
            const char *name = json_object_get_string(json_object_array_get_idx(settings, j));
            const char *value = strcmp(name, "statement_timeout") == 0 ? "5s"
                                : strcmp(name, "lock_timeout") == 0    ? "2s"
                                                                       : "10s";
            sql = arena_format(arena, "%s%sALTER ROLE %s SET %s = '%s'", sql, j == 0 ? "" : "; ",
                               mend_role(findings, role), name, value);
        }
        findings_add(findings, FINDING_WARNING, "roles",
                     "the role \"%s\", which is for a web program, has no time limits: %s", role,
                     findings_joined(findings, settings));
        findings_mend(findings, mend_sql(findings, sql));
    }
}

/* What is left of roles and rights when a database comes to a cluster that does not know it. */
static void report_missing(struct findings *findings, struct json_object *missing,
                           struct json_object *schema) {
    const size_t all = 5;
    const size_t count = json_object_array_length(missing);
    const bool one_role_for_all = count == all && json_member(schema, "owner") == NULL;
    if (count == 0 || one_role_for_all)
        return;
    findings_add(findings, FINDING_ERROR, "roles", "these roles are missing: %s",
                 findings_joined(findings, missing));
    findings_mend(findings, mend_schema(findings));
}

static void report_schema(struct findings *findings, struct json_object *schema) {
    struct json_object *revoked = json_member(schema, "revoked");
    int owned = json_object_get_int(json_member(schema, "superuserOwned"));
    if (owned > 0) {
        findings_add(findings, FINDING_ERROR, "rights",
                     "superusers own %d objects of the schema dynmod, so that its functions run "
                     "with all of their rights",
                     owned);
        findings_mend(findings, mend_schema(findings));
    }
    for (size_t i = 0; i < json_object_array_length(revoked); i++) {
        struct json_object *entry = json_object_array_get_idx(revoked, i);
        findings_add(findings, FINDING_ERROR, "rights", "the role %s may not execute %s",
                     json_member_text(entry, "group"),
                     findings_joined(findings, json_member(entry, "functions")));
        findings_mend(findings, mend_migrate(findings));
    }
}

bool doctor_check_roles(struct findings *findings, struct fault *fault) {
    struct arena *arena = findings->invocation->arena;
    size_t before = json_object_array_length(findings->list);
    struct json_object *roles, *schema;
    if (!inspect(findings, &roles, fault) ||
        !store_inspect_schema(findings->cluster, arena, &schema, fault))
        return false;
    report_missing(findings, json_member(roles, "missing"), schema);
    report_locked_out(findings, json_member(roles, "lockedOut"));
    report_unlimited(findings, json_member(roles, "unlimited"));
    report_schema(findings, schema);
    if (json_object_array_length(findings->list) == before)
        findings_add(findings, FINDING_OK, "roles",
                     "those that there are have the rights and the time limits they need");
    return true;
}

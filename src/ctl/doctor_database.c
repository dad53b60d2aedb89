/* What doctor checks in the database. */
#include "ctl/doctor_database.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "connect/builtin_types.h"
#include "ctl/doctor_mend.h"
#include "ctl/doctor_modules.h"
#include "ctl/doctor_roles.h"
#include "ctl/doctor_secrets.h"
#include "http/site_address.h"
#include "json/json.h"
#include "store/store_cluster.h"
#include "store/store_find.h"
#include "store/store_health.h"
#include "store/store_site.h"
#include "store/store_version.h"

enum { CLOCK_TOLERANCE_SECONDS = 30 };

static bool check_server(struct findings *findings, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    struct json_object *server;
    if (!store_describe_server(invocation->database, invocation->arena, &server, fault))
        return false;
    findings_add(findings, FINDING_OK, "database", "PostgreSQL %s, database \"%s\", role \"%s\"",
                 json_member_text(server, "version"), json_member_text(server, "database"),
                 json_member_text(server, "role"));
    if (json_object_get_int(json_member(server, "versionNumber")) < STORE_OLDEST_SERVER)
        findings_add(findings, FINDING_ERROR, "database", "PostgreSQL 13 or newer is required");
    if (strcmp(json_member_text(server, "encoding"), "UTF8") != 0)
        findings_add(findings, FINDING_ERROR, "database", "its encoding is %s but must be UTF8",
                     json_member_text(server, "encoding"));
    if (json_object_get_boolean(json_member(server, "readOnly")))
        findings_add(findings, FINDING_ERROR, "database",
                     "it is read-only; if there is a standby, list all hosts and set "
                     "target_session_attrs=read-write");
    if (json_object_get_boolean(json_member(server, "superuser")))
        findings_add(findings, FINDING_NOTE, "rights",
                     "the role is a superuser; the web program should have a role of its own "
                     "that is a member of dynmod_web");
    return true;
}

/* Whether types and building blocks are those of this program; a newer dynmod has brought its own.
 */
static bool check_types(struct findings *findings, struct fault *fault) {
    struct arena *arena = findings->invocation->arena;
    struct json_object *names;
    const char *version;
    if (!store_schema_version(findings->tables, arena, &version, fault) ||
        !store_differing_types(findings->tables, arena, builtin_types_json, &names, fault))
        return false;
    if (json_object_array_length(names) == 0 || strtol(version, NULL, 10) > STORE_VERSION)
        return true;
    findings_add(findings, FINDING_WARNING, "types",
                 "the database has other versions of these module types than the program: %s",
                 findings_joined(findings, names));
    findings_mend(findings, mend_migrate(findings));
    return true;
}

/* Tokens are judged by the clock of this machine, limits of time by that of the server. */
static bool check_clock(struct findings *findings, struct fault *fault) {
    long there;
    int64_t before = clock_now();
    if (!store_clock(findings->cluster, findings->invocation->arena, &there, fault))
        return false;
    int64_t after = clock_now();
    int64_t off = there < before ? before - there : there > after ? there - after : 0;
    if (off <= CLOCK_TOLERANCE_SECONDS)
        return true;
    findings_add(findings, FINDING_ERROR, "clock",
                 "the clock of this machine and that of the database differ by %lld seconds, so "
                 "that tokens are refused",
                 (long long)off);
    findings_mend(findings, "timedatectl set-ntp true");
    return true;
}

static bool check_history(struct findings *findings, struct fault *fault) {
    struct json_object *history;
    struct arena *arena = findings->invocation->arena;
    if (!store_inspect_history(findings->tables, arena, LIMIT_HISTORY_EVENTS / 2, &history, fault))
        return false;
    int64_t events = json_object_get_int64(json_member(history, "events"));
    int64_t days = json_object_get_int64(json_member(history, "days"));
    if (days == 0)
        days = 1; /* nobody is to delete what has happened today */
    int64_t mebibytes = json_object_get_int64(json_member(history, "bytes")) >> 20;
    enum finding_level level = events > LIMIT_HISTORY_EVENTS ? FINDING_WARNING : FINDING_OK;
    findings_add(findings, level, "history", "about %lld events, %lld MiB", (long long)events,
                 (long long)mebibytes);
    if (level == FINDING_WARNING)
        findings_mend(findings, mend_tool(findings, arena_format(arena, "history prune --keep %lld",
                                                                 (long long)days)));
    return true;
}

/* How a newer dynmod comes to this machine: as the older one has. */
static const char *upgrade(void) {
    return mend_exists("/usr/share/doc/dynmod/copyright")
               ? "apt-get update && apt-get install dynmod"
               : "git pull && make && make install # where the sources are";
}

static void report_newer(struct findings *findings, const char *version) {
    if (strtol(version, NULL, 10) == STORE_VERSION)
        return;
    findings_add(findings, FINDING_WARNING, "schema",
                 "the database is at version %s, which a newer dynmod made; this program knows %d",
                 version, STORE_VERSION);
    findings_mend(findings, upgrade());
}

/* Whether the schema is `usable` for what this program asks of it. */
static bool check_schema(struct findings *findings, bool *usable, struct fault *fault) {
    struct arena *arena = findings->invocation->arena;
    struct json_object *triggers;
    const char *version;
    struct fault misfit;
    *usable = false;
    if (!store_schema_version(findings->tables, arena, &version, fault) ||
        !store_disabled_triggers(findings->tables, arena, &triggers, fault))
        return false;
    if (!store_version_fits(version, &misfit)) {
        findings_add(findings, FINDING_ERROR, "database", "%s", misfit.text);
        findings_mend(findings, mend_migrate(findings));
        return true;
    }
    *usable = true;
    findings_add(findings, FINDING_OK, "schema", "version %s, this program needs %d or newer",
                 version, STORE_VERSION);
    report_newer(findings, version);
    if (json_object_array_length(triggers) > 0)
        findings_add(findings, FINDING_ERROR, "schema",
                     "triggers are disabled, so documents and history are not kept up to date and "
                     "rules are not enforced: %s; use ALTER TABLE ... ENABLE TRIGGER",
                     findings_joined(findings, triggers));
    return true;
}

/* The role is in none of our groups, or they have lost their rights. */
static void report_powerless(struct findings *findings, const char *functions) {
    struct arena *arena = findings->invocation->arena;
    const char *group = findings->user == NULL ? "dynmod_admin" : "dynmod_web";
    const char *sql =
        arena_format(arena, "GRANT %s TO %s", group, mend_role(findings, findings->where.user));
    findings_add(
        findings, FINDING_ERROR, "database",
        "the role may not execute %s; GRANT dynmod_web or dynmod_admin to it, or " STORE_UPGRADE
        " if it already is a member",
        functions);
    findings_mend(findings,
                  arena_format(arena, "%s && %s", mend_schema(findings), mend_sql(findings, sql)));
}

/* Whether the role can serve the API, and whether it is an operator. */
static bool check_rights(struct findings *findings, bool *serves, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    struct json_object *rights;
    if (!store_check_rights(invocation->database, invocation->arena, &rights, fault))
        return false;
    if (!json_object_get_boolean(json_member(rights, "schema"))) {
        findings_add(findings, FINDING_ERROR, "database",
                     "the database has no schema dynmod; " STORE_UPGRADE);
        findings_mend(findings, mend_migrate(findings));
        return true;
    }
    struct json_object *api = json_member(rights, "api");
    struct json_object *tool = json_member(rights, "operator");
    struct json_object *web = json_member(rights, "web");
    findings->is_operator = json_object_array_length(tool) == 0;
    *serves = json_object_array_length(api) == 0;
    if (!*serves)
        report_powerless(findings, findings_joined(findings, api));
    else if (!findings->is_operator && findings->user != NULL)
        findings_add(findings, FINDING_OK, "rights", "the role may serve the API");
    else if (!findings->is_operator)
        findings_add(findings, FINDING_WARNING, "rights",
                     "the role may serve the API but not act as an operator: it may not execute "
                     "%s; GRANT dynmod_admin to the operator's role",
                     findings_joined(findings, tool));
    else
        findings_add(findings, FINDING_OK, "rights",
                     "the role may serve the API and do everything "
                     "that dynmodctl does");
    if (json_object_array_length(web) > 0) {
        findings_add(findings, FINDING_WARNING, "rights",
                     "dynmod_web should only execute functions but can read %s; REVOKE that",
                     findings_joined(findings, web));
        findings_mend(findings, mend_migrate(findings));
    }
    return true;
}

/* Sets findings->sites. */
static bool check_sites(struct findings *findings, struct fault *fault) {
    struct arena *arena = findings->invocation->arena;
    const char *wanted = invocation_site(findings->invocation);
    struct json_object *sites;
    if (!store_list_sites(findings->tables, arena, &sites, fault))
        return false;
    findings->sites = sites;
    for (size_t i = 0; i < json_object_array_length(sites); i++) {
        struct json_object *site = json_object_array_get_idx(sites, i);
        findings_add(findings, FINDING_OK, "site", "%s at %s, apps: %s",
                     json_member_text(site, "name"), json_member_text(site, "siteBaseUrl"),
                     json_object_get_string(json_member(site, "apps")));
    }
    /* where several sites are chosen by their addresses, none has to be the default one */
    if (findings_site(findings, wanted) == NULL &&
        (strcmp(wanted, "default") != 0 || json_object_array_length(sites) == 0)) {
        findings_add(
            findings, FINDING_WARNING, "site",
            "site \"%s\" does not exist; add it with dynmodctl site add, or name another one "
            "in DYNMOD_SITE",
            wanted);
        findings_mend(findings, mend_site(findings, wanted));
    }
    return true;
}

/* All that a role that may only call the API can see. */
static bool check_as_web_program(struct findings *findings, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    const char *site = invocation_site(invocation);
    struct app app;
    if (!store_find_app(invocation->database, invocation->arena,
                        site_address_of_name(invocation->arena, site), "", &app, fault))
        return false;
    findings_add(findings, FINDING_OK, "site", "%s with the context path \"%s\"", site,
                 app.context_path);
    return true;
}

void doctor_check_connection(struct findings *findings) {
    struct fault fault;
    bool serves = false;
    if (!check_server(findings, &fault)) {
        doctor_blame_connection(findings, &fault);
        return;
    }
    if (findings->cluster == NULL)
        findings->cluster = findings->invocation->database;
    bool ok = check_rights(findings, &serves, &fault);
    if (serves && findings->is_operator && findings->tables == NULL)
        findings->tables = findings->invocation->database;
    if (ok && serves && !findings->is_operator)
        ok = check_as_web_program(findings, &fault);
    if (!ok)
        findings_add(findings, FINDING_ERROR, "database", "%s", fault.text);
}

void doctor_check_database(struct findings *findings) {
    struct fault fault;
    bool usable = true;
    bool ok = findings->cluster == NULL ||
              (doctor_check_roles(findings, &fault) && check_clock(findings, &fault));
    if (ok && findings->tables != NULL)
        ok = check_schema(findings, &usable, &fault) &&
             (!usable ||
              (check_sites(findings, &fault) && check_types(findings, &fault) &&
               check_history(findings, &fault) && doctor_check_secrets(findings, &fault) &&
               doctor_check_modules(findings, &fault)));
    if (!ok)
        findings_add(findings, FINDING_ERROR, "database", "%s", fault.text);
}

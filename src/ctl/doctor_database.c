/* What doctor checks in the database. */
#include "ctl/doctor_database.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/doctor_modules.h"
#include "ctl/doctor_secrets.h"
#include "http/site_address.h"
#include "json/json.h"
#include "store/store_find.h"
#include "store/store_health.h"
#include "store/store_site.h"
#include "store/store_version.h"

/* The texts of a JSON array, separated by commas; owned by the arena. */
static const char *joined(struct arena *arena, struct json_object *names) {
    const char *text = "";
    for (size_t i = 0; i < json_object_array_length(names); i++)
        text = arena_format(arena, "%s%s%s", text, i == 0 ? "" : ", ",
                            json_object_get_string(json_object_array_get_idx(names, i)));
    return text;
}

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

static bool check_schema(struct findings *findings, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    struct json_object *triggers;
    const char *version;
    if (!store_schema_version(invocation->database, invocation->arena, &version, fault) ||
        !store_version_fits(version, fault) ||
        !store_disabled_triggers(invocation->database, invocation->arena, &triggers, fault))
        return false;
    findings_add(findings, FINDING_OK, "schema", "version %s, this program needs %d or newer",
                 version, STORE_VERSION);
    if (json_object_array_length(triggers) > 0)
        findings_add(findings, FINDING_ERROR, "schema",
                     "triggers are disabled, so documents and history are not kept up to date and "
                     "rules are not enforced: %s; use ALTER TABLE ... ENABLE TRIGGER",
                     joined(invocation->arena, triggers));
    return true;
}

/* Whether the role may do what the remaining checks need. */
static bool check_rights(struct findings *findings, bool *is_operator, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    struct json_object *rights;
    if (!store_check_rights(invocation->database, invocation->arena, &rights, fault))
        return false;
    if (!json_object_get_boolean(json_member(rights, "schema")))
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "the database has no schema dynmod; run sql/migrate.sh");
    struct json_object *api = json_member(rights, "api");
    struct json_object *tool = json_member(rights, "operator");
    struct json_object *web = json_member(rights, "web");
    *is_operator = json_object_array_length(tool) == 0;
    if (json_object_array_length(api) > 0)
        return fault_set(
            fault, FAULT_REFUSED,
            "the role may not execute %s; GRANT dynmod_web or dynmod_admin to it, or run "
            "sql/migrate.sh if it already is a member",
            joined(invocation->arena, api));
    if (!*is_operator)
        findings_add(findings, FINDING_WARNING, "rights",
                     "the role may serve the API but not act as an operator: it may not execute "
                     "%s; GRANT dynmod_admin to the operator's role",
                     joined(invocation->arena, tool));
    else
        findings_add(findings, FINDING_OK, "rights",
                     "the role may serve the API and do everything "
                     "that dynmodctl does");
    if (json_object_array_length(web) > 0)
        findings_add(findings, FINDING_WARNING, "rights",
                     "dynmod_web should only execute functions but can read %s; REVOKE that",
                     joined(invocation->arena, web));
    return true;
}

static bool check_sites(struct findings *findings, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    const char *wanted;
    struct json_object *sites;
    if (!invocation_find_site(invocation, invocation_site(invocation), &wanted, fault) ||
        !store_list_sites(invocation->database, invocation->arena, &sites, fault))
        return false;
    /* where several sites are chosen by their addresses, none has to be the default one */
    bool found = strcmp(wanted, "default") == 0 && json_object_array_length(sites) > 0;
    for (size_t i = 0; i < json_object_array_length(sites); i++) {
        struct json_object *site = json_object_array_get_idx(sites, i);
        found = found || strcmp(json_member_text(site, "name"), wanted) == 0;
        findings_add(findings, FINDING_OK, "site", "%s at %s, apps: %s",
                     json_member_text(site, "name"), json_member_text(site, "siteBaseUrl"),
                     json_object_get_string(json_member(site, "apps")));
    }
    if (!found)
        findings_add(findings, FINDING_WARNING, "site",
                     "there is no site \"%s\"; add it with dynmodctl site add, or name another one "
                     "in DYNMOD_SITE",
                     wanted);
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

void doctor_check_database(struct findings *findings) {
    struct fault fault;
    bool is_operator = false;
    bool ok = check_server(findings, &fault) && check_rights(findings, &is_operator, &fault);
    if (ok && is_operator)
        ok = check_schema(findings, &fault) && check_sites(findings, &fault) &&
             doctor_check_secrets(findings, &fault) && doctor_check_modules(findings, &fault);
    else if (ok)
        ok = check_as_web_program(findings, &fault);
    if (!ok)
        findings_add(findings, FINDING_ERROR, "database", "%s", fault.text);
}

/* Roles, their time limits, and the database, for dynmodctl setup. */
#include <string.h>

#include "ctl/child.h"
#include "ctl/setup.h"
#include "json/json.h"
#include "store/store_health.h"
#include "store/store_version.h"

#define MAINTENANCE "postgres" /* a database that every cluster has */

struct database *setup_database(struct setup *setup, const char *name) {
    struct conninfo conninfo = setup->target;
    conninfo.database = name;
    return invocation_connect(setup->invocation, &setup->patient,
                              conninfo_write_secret(setup->invocation->arena, &conninfo));
}

bool setup_run(struct setup *setup, const char *const *arguments, char **output,
               struct fault *fault) {
    const struct child child = {arguments, setup->switches ? &setup->account : NULL,
                                setup->target.password};
    return child_run(setup->invocation->arena, &child, output, fault);
}

/* The group roles. */
static bool run_roles(struct setup *setup, struct fault *fault) {
    struct arena *arena = setup->invocation->arena;
    struct conninfo conninfo = setup->target;
    conninfo.database = MAINTENANCE;
    const char *const arguments[] = {"psql", "-Xq",
                                     "-v",   "ON_ERROR_STOP=1",
                                     "-d",   conninfo_write(arena, &conninfo),
                                     "-f",   arena_format(arena, "%s/roles.sql", setup->sql),
                                     NULL};
    char *output;
    return setup_run(setup, arguments, &output, fault);
}

static bool take_step(struct setup *setup, struct database *database, struct json_object *step,
                      bool *roles_made, struct fault *fault) {
    const char *statement = json_member_text(step, "statement");
    enum finding_level level = FINDING_DONE;
    if (json_object_get_boolean(json_member(step, "present"))) {
        level = FINDING_PRESENT;
    } else if (setup->dry_run) {
        level = FINDING_PLANNED;
        setup->lacking = true;
    } else if (statement != NULL) {
        if (!store_take_step(database, statement, fault))
            return false;
    } else if (!*roles_made) {
        if (!run_roles(setup, fault))
            return false;
        *roles_made = true;
    }
    findings_add(&setup->findings, level, json_member_text(step, "check"), "%s",
                 json_member_text(step, "text"));
    return true;
}

/* What must not be made worse by building on it. */
static bool check_plan(struct setup *setup, struct fault *fault) {
    const char *encoding = json_member_text(setup->plan, "encoding");
    struct json_object *superusers = json_member(setup->plan, "superusers");
    if (encoding != NULL && strcmp(encoding, "UTF8") != 0)
        return fault_set(fault, FAULT_CONFLICT,
                         "the database %s has the encoding %s but needs UTF8; dynmod wants one of "
                         "its own, see --database",
                         setup->wanted.database, encoding);
    return json_object_array_length(superusers) == 0 ||
           fault_set(fault, FAULT_CONFLICT,
                     "the role %s is a superuser, which a role of dynmod must not be: take that "
                     "from it, or name another one in dynmod.conf",
                     json_object_get_string(json_object_array_get_idx(superusers, 0)));
}

static bool check_server(struct setup *setup, struct database *database, struct fault *fault) {
    struct json_object *server;
    if (!store_describe_server(database, setup->invocation->arena, &server, fault)) {
        invocation_tell("setup connects as a superuser: run it as root or postgres on the machine "
                        "of the cluster, or say with --database how to connect");
        return false;
    }
    if (json_object_get_int(json_member(server, "versionNumber")) < STORE_OLDEST_SERVER)
        return fault_set(fault, FAULT_CONFLICT, "PostgreSQL %s is too old: it must be 13 or newer",
                         json_member_text(server, "version"));
    findings_add(&setup->findings, FINDING_OK, "server", "PostgreSQL %s, as the role %s%s",
                 json_member_text(server, "version"), json_member_text(server, "role"),
                 json_object_get_boolean(json_member(server, "superuser")) ? ", a superuser" : "");
    return true;
}

bool setup_cluster(struct setup *setup, struct fault *fault) {
    struct database *database = setup_database(setup, MAINTENANCE);
    bool roles_made = false;
    if (!check_server(setup, database, fault) ||
        !store_plan_setup(database, setup->invocation->arena, &setup->wanted, &setup->plan,
                          fault) ||
        !check_plan(setup, fault))
        return false;
    struct json_object *steps = json_member(setup->plan, "steps");
    for (size_t i = 0; i < json_object_array_length(steps); i++)
        if (!take_step(setup, database, json_object_array_get_idx(steps, i), &roles_made, fault))
            return false;
    return true;
}

/* One run of setup: what it is to make, where, and what it has done. */
#ifndef DYNMOD_CTL_SETUP_H
#define DYNMOD_CTL_SETUP_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctl/account.h"
#include "ctl/finding.h"
#include "ctl/invocation.h"
#include "store/conninfo.h"
#include "store/store_setup.h"

/* Everything is owned by the invocation's arena. */
struct setup {
    struct invocation *invocation;
    struct findings findings;
    struct config patient; /* the configuration, for statements that may take their time */
    struct conninfo target;
    struct account account; /* acts in the cluster, if */
    bool switches;          /* this process changes to it */
    struct store_setup wanted;
    const char *web_user;     /* runs the web program */
    const char *sql;          /* the folder of migrate.sh */
    struct json_object *plan; /* of store_plan_setup() */
    bool dry_run;
    bool lacking; /* a dry run has found that something is to be made */
};

/* Reads the options and the configuration and finds what is needed. */
bool setup_open(struct setup *setup, struct invocation *invocation, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* A closed connection to the database `name` of the cluster. */
struct database *setup_database(struct setup *setup, const char *name)
    __attribute__((nonnull, returns_nonnull));

/* Makes roles and database, as the plan says that it leaves in `setup`. */
bool setup_cluster(struct setup *setup, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Runs a script of the folder of migrate.sh: *output is what it says. */
bool setup_run(struct setup *setup, const char *const *arguments, char **output,
               struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Says whether the web programs can connect, and what to do if they cannot. */
void setup_check_access(struct setup *setup) __attribute__((nonnull));

#endif

/* dynmodctl setup: the database from nothing, or brought up to date. */
#include <string.h>

#include "base/limits.h"
#include "ctl/handlers.h"
#include "ctl/setup.h"
#include "json/json.h"
#include "store/store_health.h"
#include "store/store_site.h"
#include "store/store_version.h"

#define SPEAKER "dynmod: "

static bool starts_with(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Takes a line of migrate.sh over. */
static void add_line(struct setup *setup, const char *line) {
    if (starts_with(line, SPEAKER))
        line += strlen(SPEAKER);
    enum finding_level level = FINDING_DONE;
    if (setup->dry_run)
        level = FINDING_PLANNED;
    else if (starts_with(line, "the database is at ") ||
             strcmp(line, "module types: 0 added, 0 upgraded") == 0)
        level = FINDING_PRESENT;
    findings_add(&setup->findings, level, "schema", "%s", line);
    setup->lacking = setup->lacking || setup->dry_run;
}

/* Has migrate.sh make the schema, or say what it would do. */
static bool migrate(struct setup *setup, struct fault *fault) {
    struct arena *arena = setup->invocation->arena;
    const char *script = arena_format(arena, "%s/migrate.sh", setup->sql);
    const char *conninfo = conninfo_write(arena, &setup->target);
    const char *const all[] = {script, "--take-over", conninfo, NULL};
    const char *const dry[] = {script, "--take-over", "--dry-run", conninfo, NULL};
    char *rest;
    if (setup->dry_run && json_member(setup->plan, "encoding") == NULL) {
        findings_add(&setup->findings, FINDING_PLANNED, "schema",
                     "would be made by migrate.sh, version %d", STORE_VERSION);
        return true;
    }
    bool ok = setup_run(setup, setup->dry_run ? dry : all, &rest, fault);
    if (ok && rest[0] == '\0')
        findings_add(&setup->findings, FINDING_PRESENT, "schema", "is as new as this program");
    while (rest != NULL && rest[0] != '\0')
        add_line(setup, strsep(&rest, "\n"));
    return ok;
}

/* The site `name` among `sites`; NULL when there is none. */
static struct json_object *find_site(struct json_object *sites, const char *name) {
    for (size_t i = 0; i < json_object_array_length(sites); i++) {
        struct json_object *site = json_object_array_get_idx(sites, i);
        if (strcmp(json_member_text(site, "name"), name) == 0)
            return site;
    }
    return NULL;
}

static bool add_site(struct setup *setup, struct database *database, const char *name,
                     const char *base_url, struct fault *fault) {
    const struct store_site settings = {.base_url = base_url};
    struct json_object *site;
    if (!setup->dry_run &&
        !store_add_site(database, setup->invocation->arena, name, &settings, &site, fault))
        return false;
    findings_add(&setup->findings, setup->dry_run ? FINDING_PLANNED : FINDING_DONE, "site",
                 "%s at %s", name, base_url);
    return true;
}

/* Adds the site of --base-url unless it is there, and says so if there is no site at all. */
static bool make_site(struct setup *setup, struct fault *fault) {
    struct arena *arena = setup->invocation->arena;
    const char *name = invocation_site(setup->invocation);
    const char *base_url = setup->invocation->values[OPTION_BASE_URL];
    struct database *database = setup_database(setup, setup->wanted.database);
    struct json_object *sites = NULL;
    const char *version;
    if (setup->lacking) /* what there would be cannot be asked */
        return base_url == NULL || add_site(setup, database, name, base_url, fault);
    if (!store_schema_version(database, arena, &version, fault) ||
        !store_version_fits(version, fault) || !store_list_sites(database, arena, &sites, fault))
        return false;
    struct json_object *site = find_site(sites, name);
    if (base_url == NULL) {
        if (json_object_array_length(sites) == 0)
            findings_add(&setup->findings, FINDING_NOTE, "site",
                         "there are no sites yet; --base-url URL adds one");
        return true;
    }
    if (site == NULL)
        return add_site(setup, database, name, base_url, fault);
    const char *present = json_member_text(site, "siteBaseUrl");
    if (strcmp(present, base_url) == 0)
        findings_add(&setup->findings, FINDING_PRESENT, "site", "%s at %s", name, present);
    else
        findings_add(&setup->findings, FINDING_ERROR, "site",
                     "%s is at %s, not at %s; to change that run dynmodctl site set %s --base-url "
                     "%s",
                     name, present, base_url, name, base_url);
    return true;
}

static bool make_all(struct setup *setup, struct fault *fault) {
    if (setup->switches && !account_assume(setup->invocation->arena, &setup->account, fault))
        return false;
    bool ok = setup_cluster(setup, fault) && migrate(setup, fault) && make_site(setup, fault);
    account_resume();
    return ok;
}

bool run_setup(struct invocation *invocation, struct fault *fault) {
    struct setup *setup = arena_alloc(invocation->arena, sizeof *setup);
    if (!setup_open(setup, invocation, fault))
        return false;
    bool ok = make_all(setup, fault);
    if (ok)
        setup_check_access(setup);
    findings_print(&setup->findings);
    return ok && (setup->findings.errors == 0 ||
                  fault_set(fault, FAULT_CONFLICT, "%zu thing%s left to be mended by hand",
                            setup->findings.errors, setup->findings.errors == 1 ? " is" : "s are"));
}

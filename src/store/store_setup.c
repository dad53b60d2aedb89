/* What dynmod needs of a cluster besides its schema: roles, time limits and the database. */
#include "store/store_setup.h"

#include <stdio.h>

#include "store/store_json.h"

enum { NUMBER_SIZE = 24 };

/* The parameters: $1 database, $2 web role, $3 host role, $4 operator's role, $5 time limit,
 * $6 unit role, $7 timer role. */

/* Who is a member of which group. Whoever is no superuser needs dynmod_owner to make the schema. */
#define LOGINS                                                                                     \
    "login (position, name, team) AS (SELECT * FROM (VALUES"                                       \
    " (1, $2::text, 'dynmod_web'), (2, $3::text, 'dynmod_host'), (3, $4::text, 'dynmod_owner'),"   \
    " (4, $4::text, 'dynmod_admin'), (5, $6::text, 'dynmod_web'), (6, $7::text, 'dynmod_admin'),"  \
    " (7, CASE WHEN pg_catalog.current_setting('is_superuser')"                                    \
    " = 'off' THEN CURRENT_USER::text END, 'dynmod_owner')) AS wanted (position, name, team)"      \
    " WHERE name IS NOT NULL)"

#define STEP_GROUPS                                                                                \
    "SELECT 1, position, 'role', team.name, rolname IS NOT NULL, NULL"                             \
    " FROM pg_catalog.unnest('{dynmod_owner,dynmod_web,dynmod_host,dynmod_admin,dynmod_read}'"     \
    "::text[]) WITH ORDINALITY AS team (name, position)"                                           \
    " LEFT JOIN pg_catalog.pg_roles ON rolname = team.name"

#define STEP_LOGINS                                                                                \
    "SELECT 2, min(position), 'role', name, COALESCE(rolcanlogin, false),"                         \
    " pg_catalog.format(CASE WHEN rolname IS NULL THEN 'CREATE ROLE %I LOGIN'"                     \
    " ELSE 'ALTER ROLE %I LOGIN' END, name)"                                                       \
    " FROM login LEFT JOIN pg_catalog.pg_roles ON rolname = name"                                  \
    " WHERE position < 7 GROUP BY name, rolname, rolcanlogin"

#define STEP_MEMBERS                                                                               \
    "SELECT 3, position, 'member', pg_catalog.format('%s is a member of %s', name, team),"         \
    " COALESCE(pg_catalog.pg_has_role(member.oid, team.oid, 'MEMBER'), false),"                    \
    " pg_catalog.format('GRANT %I TO %I', team, name)"                                             \
    " FROM login LEFT JOIN pg_catalog.pg_roles AS member ON member.rolname = name"                 \
    " LEFT JOIN pg_catalog.pg_roles AS team ON team.rolname = login.team"

/* A time limit that somebody has set to another value stays. */
#define STEP_LIMITS                                                                                \
    "SELECT 4, login.position * 10 + wanted.position, 'time limit',"                               \
    " pg_catalog.format('%s has %s', name, COALESCE(present.setting, option || '=' || value)),"    \
    " present.setting IS NOT NULL,"                                                                \
    " pg_catalog.format('ALTER ROLE %I SET %s = %L', name, option, value)"                         \
    " FROM login CROSS JOIN (VALUES (1, 'statement_timeout', $5), (2, 'lock_timeout', '2s'),"      \
    " (3, 'idle_in_transaction_session_timeout', '10s')) AS wanted (position, option, value)"      \
    " LEFT JOIN LATERAL (SELECT setting FROM pg_catalog.pg_roles"                                  \
    " JOIN pg_catalog.pg_db_role_setting ON setrole = pg_roles.oid"                                \
    " LEFT JOIN pg_catalog.pg_database ON pg_database.oid = setdatabase"                           \
    " CROSS JOIN pg_catalog.unnest(setconfig) AS setting"                                          \
    " WHERE rolname = name AND (setdatabase = 0 OR datname = $1)"                                  \
    " AND pg_catalog.starts_with(setting, option || '=')"                                          \
    " ORDER BY setdatabase DESC LIMIT 1) AS present ON true"                                       \
    " WHERE team IN ('dynmod_web', 'dynmod_host')"

/* The locale of template0 need not go with UTF8 where its own encoding is another. */
#define STEP_DATABASE                                                                              \
    "SELECT 5, 1, 'database', pg_catalog.format('%s, which belongs to %s', $1::text,"              \
    " COALESCE((SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database"             \
    " WHERE datname = $1), 'dynmod_owner')),"                                                      \
    " EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1),"                             \
    " pg_catalog.format('CREATE DATABASE %I OWNER dynmod_owner ENCODING ''UTF8'' TEMPLATE"         \
    " template0%s', $1::text, CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_database"                \
    " WHERE datname = 'template0' AND pg_catalog.pg_encoding_to_char(encoding) = 'UTF8') THEN ''"  \
    " ELSE ' LC_COLLATE ''C'' LC_CTYPE ''C''' END)"

bool store_plan_setup(struct database *database, struct arena *arena,
                      const struct store_setup *setup, struct json_object **plan,
                      struct fault *fault) {
    static const struct statement statement = {
        "plan_setup",
        "WITH " LOGINS ", step (place, position, what, text, present, statement) AS (" STEP_GROUPS
        " UNION ALL " STEP_LOGINS " UNION ALL " STEP_MEMBERS " UNION ALL " STEP_LIMITS
        " UNION ALL " STEP_DATABASE ")"
        " SELECT pg_catalog.json_build_object('steps', (SELECT pg_catalog.json_agg("
        "pg_catalog.json_build_object('check', what, 'text', text, 'present', present,"
        " 'statement', statement) ORDER BY place, position) FROM step),"
        " 'encoding', (SELECT pg_catalog.pg_encoding_to_char(encoding)"
        " FROM pg_catalog.pg_database WHERE datname = $1),"
        " 'superusers', (SELECT COALESCE(pg_catalog.json_agg(rolname ORDER BY rolname), '[]')"
        " FROM pg_catalog.pg_roles WHERE rolsuper AND (rolname IN ($2, $3, $6, $7)"
        " OR rolname IN (SELECT team FROM login))),"
        " 'hbaFile', (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'hba_file'),"
        " 'identFile', (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'ident_file'))",
        7, STATEMENT_READS};
    char timeout[NUMBER_SIZE];
    snprintf(timeout, sizeof timeout, "%lds", setup->timeout);
    const char *const values[] = {setup->database,      setup->web_role, setup->host_role,
                                  setup->operator_role, timeout,         setup->unit_role,
                                  setup->timer_role};
    return store_query_json(database, arena, &statement, values, plan, fault);
}

bool store_take_step(struct database *database, const char *statement, struct fault *fault) {
    const struct statement step = {"take_step", statement, 0, STATEMENT_ONCE};
    PGresult *result;
    if (!database_query(database, &step, NULL, &result, fault))
        return fault_set(fault, fault->kind, "%s: %s", statement, fault->text);
    PQclear(result);
    return true;
}

-- The roles of dynmod. Run it once, as a superuser or a role with CREATEROLE:
--
--     psql -d DATABASE -f roles.sql
--
-- They are groups without login; running it again changes nothing. Give each login its group:
--
--     GRANT dynmod_web   TO "www-data";   -- the web program
--     GRANT dynmod_host  TO "dynmod";     -- the admin program
--     GRANT dynmod_admin TO alice;        -- operators: psql and dynmodctl
--     GRANT dynmod_read  TO product;      -- the host product, reports, monitoring
--     GRANT dynmod_owner TO alice;        -- whoever runs migrate.sh
--
-- Settings are not inherited from a group, so the time limits belong to the login of the web
-- program (they also work behind a connection pool, unlike options of a connection):
--
--     ALTER ROLE "www-data" SET statement_timeout = '5s';
--     ALTER ROLE "www-data" SET lock_timeout = '2s';
--     ALTER ROLE "www-data" SET idle_in_transaction_session_timeout = '10s';
--
-- Where roles cannot be created (shared hosting), skip this file: migrate.sh grants to those of
-- the five that exist, and one login may own and use everything.

SELECT format('CREATE ROLE %I NOLOGIN', wanted.name)
    FROM (VALUES ('dynmod_owner'), ('dynmod_web'), ('dynmod_host'), ('dynmod_admin'),
                 ('dynmod_read')) AS wanted (name)
    WHERE pg_catalog.to_regrole(wanted.name) IS NULL
\gexec

COMMENT ON ROLE dynmod_owner IS 'Owns the schema dynmod; runs migrations.';
COMMENT ON ROLE dynmod_web IS 'The web program of dynmod: executes the functions of its API only.';
COMMENT ON ROLE dynmod_host IS 'The admin program of dynmod: installs apps and calls them.';
COMMENT ON ROLE dynmod_admin IS 'Operators of dynmod: sites, apps, module types, modules.';
COMMENT ON ROLE dynmod_read IS 'Reads modules and apps of dynmod, never secrets.';

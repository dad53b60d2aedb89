-- Rights in the schema dynmod, for those of the group roles that exist. migrate.sh runs this file
-- in one transaction after the migrations, every time.

REVOKE ALL ON SCHEMA dynmod FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA dynmod FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA dynmod FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

SELECT pg_catalog.to_regrole('dynmod_web') IS NOT NULL AS web_exists,
       pg_catalog.to_regrole('dynmod_admin') IS NOT NULL AS admin_exists,
       pg_catalog.to_regrole('dynmod_read') IS NOT NULL AS read_exists
\gset

\if :web_exists
    REVOKE ALL ON ALL TABLES IN SCHEMA dynmod FROM dynmod_web;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA dynmod FROM dynmod_web;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM dynmod_web;
    GRANT USAGE ON SCHEMA dynmod TO dynmod_web;
    GRANT EXECUTE ON FUNCTION
        dynmod.find_caller(text, text),
        dynmod.find_caller_with_document(text, text),
        dynmod.find_caller_for_registration(text, text, bigint),
        dynmod.register_modules(bigint, jsonb),
        dynmod.remove_modules(bigint, text[])
        TO dynmod_web;
\endif

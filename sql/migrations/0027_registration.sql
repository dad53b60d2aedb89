-- Finding the app of a registration by plans that do not depend on how few modules there were when
-- they were made: a plan that read them all would be kept while there come more.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION dynmod.find_app_for_registration(
    site text, INOUT app_key text, known_types_version bigint,
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT scopes text[], OUT module_limit integer, OUT modules text, OUT types_version bigint,
    OUT types text, OUT site_name text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               app.scopes, host.module_limit,
               CASE WHEN app.id IS NOT NULL THEN (
                   -- OFFSET 0 keeps PostgreSQL from reading all modules in the order of ids.
                   SELECT COALESCE(json_agg(registered), '[]')::text FROM (
                       SELECT type_name AS type, module_key AS key, origin
                           FROM (SELECT id, type_name, module_key, module.origin FROM dynmod.module
                                     WHERE module.app_id = app.id OFFSET 0) AS of_app
                           ORDER BY id) AS registered) END,
               newest.version,
               CASE WHEN app.id IS NOT NULL
                     AND newest.version IS DISTINCT FROM known_types_version
                    THEN dynmod.types_document() END,
               host.name
            FROM dynmod.site AS host
            CROSS JOIN (SELECT max(version) AS version FROM dynmod.types_version) AS newest
            LEFT JOIN dynmod.app
                ON app.site_id = host.id AND app.app_key = find_app_for_registration.app_key
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = dynmod.requested_site(find_app_for_registration.site);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

-- Finding an app by plans that do not depend on how few apps there were when they were made: joined
-- with its site, it was looked for by its key alone, in the whole index or table, and a connection
-- went on so when there were more, until autovacuum had counted them.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION dynmod.list_properties(site text, app_key text) RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    RETURN (
        SELECT COALESCE(json_agg(property.property_key ORDER BY property.property_key), '[]')
            FROM dynmod.app_property AS property WHERE property.app_id = (
                SELECT app.id FROM dynmod.app WHERE app.app_key = list_properties.app_key
                    AND app.site_id = (SELECT host.id FROM dynmod.site AS host WHERE name = site)));
END
$$;

CREATE OR REPLACE FUNCTION dynmod.find_property(site text, app_key text, property_key text)
    RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    RETURN (
        SELECT property.value FROM dynmod.app_property AS property
            WHERE property.property_key = find_property.property_key AND property.app_id = (
                SELECT app.id FROM dynmod.app WHERE app.app_key = find_property.app_key
                    AND app.site_id = (SELECT host.id FROM dynmod.site AS host WHERE name = site)));
END
$$;

CREATE OR REPLACE FUNCTION dynmod.use_token(site text, app_key text, jti text, expires bigint)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    used boolean;
BEGIN
    -- Two for each that comes, so that they do not pile up, and nobody waits for long.
    DELETE FROM dynmod.used_token AS token WHERE (token.app_id, token.digest) IN (
        SELECT past.app_id, past.digest FROM dynmod.used_token AS past
            WHERE past.expires_at < now() - interval '1 minute'
            ORDER BY past.expires_at LIMIT 2 FOR UPDATE SKIP LOCKED);
    INSERT INTO dynmod.used_token AS token (app_id, digest, expires_at)
        SELECT app.id, sha256(convert_to(jti, 'UTF8')),
               to_timestamp(LEAST(expires, 253402300799)) -- the end of the year 9999
            FROM dynmod.app WHERE app.app_key = use_token.app_key
                AND app.site_id = (SELECT host.id FROM dynmod.site AS host WHERE name = site)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

-- What an app itself sees of its past: as installed now, not what another app of its key had before
-- it was removed.
SET LOCAL lock_timeout = '5s';

-- When the app was installed, NULL when it is not there.
CREATE FUNCTION dynmod.installed_at(site text, app_key text) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT app.installed_at FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
        WHERE host.name = site AND app.app_key = installed_at.app_key
$$;

CREATE FUNCTION dynmod.app_history(site text, app_key text, before bigint, most integer)
    RETURNS TABLE (
        id bigint, happened_at timestamptz, actor text, operation text, reason text, type_name text,
        origin text, module_key text, definition jsonb, request_id text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    installed_at constant timestamptz := dynmod.installed_at(site, app_key);
BEGIN
    RETURN QUERY
        SELECT event.id, event.happened_at, event.actor, event.operation, event.reason,
               event.type_name, event.origin, event.module_key, event.definition, event.request_id
            FROM dynmod.module_event AS event
            WHERE event.site_name = site AND event.app_key = app_history.app_key
              AND event.id < COALESCE(before, 9223372036854775807)
              AND event.happened_at >= installed_at
            ORDER BY event.id DESC LIMIT most;
END
$$;
COMMENT ON FUNCTION dynmod.app_history(text, text, bigint, integer) IS
    'The events of the modules of one app since it was installed, newest first: at most so many, '
    'before the one with this id unless it is NULL.';

CREATE FUNCTION dynmod.own_modules_at(site text, app_key text, at timestamptz)
    RETURNS TABLE (type_name text, module_key text, definition jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    walking_class constant integer := 1685679875; -- "dyn" and 3, for pg_locks
    many constant integer := 10000;
BEGIN
    -- A connection that walks through a long history for seconds is one that others lack.
    IF own_modules_at.at < (
            SELECT change.happened_at FROM dynmod.module_change AS change
                WHERE change.site_name = site AND change.app_key = own_modules_at.app_key
                ORDER BY change.id DESC OFFSET many LIMIT 1)
        AND NOT pg_try_advisory_xact_lock(walking_class, hashtext(site || ' ' || app_key)) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD013',
            MESSAGE = format('Another request of the app %s is still searching its long history. '
                'Please try again.', app_key);
    END IF;
    IF (own_modules_at.at < dynmod.installed_at(site, app_key)) IS NOT TRUE THEN
        RETURN QUERY SELECT * FROM dynmod.modules_at(site, app_key, own_modules_at.at);
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.own_modules_at(text, text, timestamptz) IS
    'As modules_at, but none before the app was installed. Raises MD013 while the app asks for '
    'another moment that has more than 10,000 events after it.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

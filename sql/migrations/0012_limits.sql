-- What one app may take: bytes of modules, waiting requests, bytes of history.
--
-- SQLSTATEs of our own, besides those of earlier migrations, and what their DETAIL holds as JSON:
--   MD011  more bytes of dynamic modules than the site allows     {"limit", "present", "added"}
--   MD012  a module that is larger than the site allows           {"limit", "key", "bytes"}
--   MD013  too many requests of the app are waiting               no DETAIL
SET LOCAL lock_timeout = '5s';

ALTER TABLE dynmod.site
    ADD COLUMN byte_limit integer NOT NULL DEFAULT 1048576
        CONSTRAINT site_byte_limit_range CHECK (byte_limit >= 0),
    ADD COLUMN module_byte_limit integer NOT NULL DEFAULT 262144
        CONSTRAINT site_module_byte_limit_range CHECK (module_byte_limit >= 0),
    ADD COLUMN history_byte_limit bigint NOT NULL DEFAULT 16777216
        CONSTRAINT site_history_byte_limit_range CHECK (history_byte_limit >= 0);
COMMENT ON COLUMN dynmod.site.byte_limit IS
    'Bytes that the dynamic modules of each app may have together on this site, as GET shows them.';
COMMENT ON COLUMN dynmod.site.module_byte_limit IS 'Bytes that one dynamic module may have.';
COMMENT ON COLUMN dynmod.site.history_byte_limit IS
    'Bytes of definitions that the history keeps of each app; the oldest make room.';

ALTER TABLE dynmod.app ADD COLUMN history_bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN dynmod.app.history_bytes IS
    'Bytes of definitions in the history of the app, at most. Kept by triggers.';

-- Requests that wait -------------------------------------------------------------------------

-- The app, with other writers made to wait; of the requests of an app no more than two, so that
-- they do not take all the workers that other apps need. Raises P0002 when there is no such app;
-- where it must be enabled, MD005 when it is not or is not there. The functions that call it set
-- the search path.
CREATE OR REPLACE FUNCTION dynmod.lock_app(
    site text, app_key text, must_be_enabled boolean, OUT id bigint, OUT name text, OUT state text)
    LANGUAGE plpgsql
AS $$
DECLARE
    waiting_class constant integer := 1685679873; -- "dyn" and 1, for pg_locks
    present_id bigint;
BEGIN
    IF must_be_enabled THEN
        SELECT app.id, app.name, app.state INTO id, name, state
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = lock_app.site AND app.app_key = lock_app.app_key
            FOR NO KEY UPDATE OF app SKIP LOCKED;
        IF FOUND AND state = 'enabled' THEN
            RETURN;
        END IF;
        SELECT app.id INTO present_id
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = lock_app.site AND app.app_key = lock_app.app_key;
        IF id IS NULL AND present_id IS NOT NULL
            AND NOT pg_try_advisory_xact_lock(waiting_class, (present_id * 2 % 2147483647)::integer)
            AND NOT pg_try_advisory_xact_lock(waiting_class,
                (present_id * 2 % 2147483647)::integer + 1)
        THEN
            RAISE EXCEPTION USING ERRCODE = 'MD013',
                MESSAGE = format('Too many changes of the app %s are waiting. Please try again.',
                    app_key);
        END IF;
    END IF;
    SELECT app.id, app.name, app.state INTO id, name, state
        FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
        WHERE host.name = lock_app.site AND app.app_key = lock_app.app_key
        FOR NO KEY UPDATE OF app;
    IF must_be_enabled AND state IS DISTINCT FROM 'enabled' THEN
        RAISE EXCEPTION USING ERRCODE = 'MD005',
            MESSAGE = format('the app %s on the site %s is %s', app_key, site,
                COALESCE(state, 'not installed'));
    ELSIF id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no app %s on the site %s', app_key, site);
    END IF;
END
$$;

-- Bytes --------------------------------------------------------------------------------------

DROP FUNCTION dynmod.compute_document(bigint);
-- A loop, because the sorts of string_agg() take three times as long for the few modules of an app.
CREATE FUNCTION dynmod.compute_document(
    app_id bigint, OUT document text, OUT dynamic_modules integer,
    OUT bytes bigint, OUT largest integer)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    added record;
    types text[] := '{}';
    lists text[] := '{}';
    place integer;
BEGIN
    dynamic_modules := 0;
    bytes := 0;
    largest := 0;
    FOR added IN
        SELECT type_name, definition::text FROM dynmod.module
            WHERE module.app_id = compute_document.app_id AND origin = 'dynamic' ORDER BY id
    LOOP
        dynamic_modules := dynamic_modules + 1;
        bytes := bytes + octet_length(added.definition);
        largest := GREATEST(largest, octet_length(added.definition));
        place := array_position(types, added.type_name);
        IF place IS NULL THEN
            types := types || added.type_name;
            lists := lists || added.definition;
        ELSE
            lists[place] := lists[place] || ',' || added.definition;
        END IF;
    END LOOP;
    document := '{' || array_to_string(ARRAY(
        SELECT to_json(name)::text || ':' || CASE
                (SELECT container FROM dynmod.module_type WHERE module_type.name = type.name)
                WHEN 'single' THEN list
                ELSE '[' || list || ']' END
            FROM unnest(types, lists) AS type (name, list)), ',') || '}';
END
$$;
COMMENT ON FUNCTION dynmod.compute_document(bigint) IS
    'The document of an app as its dynamic modules make it: types by first registration, each with '
    'its modules in order of registration; how many modules there are, how many bytes they have '
    'together, and how many the largest. Triggers keep app.document equal to it.';

-- Refuses what exceeds a limit of the site after a statement has changed modules of the app. With
-- lower limits than before, what is there may still be changed, as long as it does not grow.
CREATE FUNCTION dynmod.refuse_excess(
    app dynmod.app, site dynmod.site, dynamic_modules integer, bytes bigint,
    former dynmod.module[], present dynmod.module[]) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    grown record;
BEGIN
    SELECT count(*) FILTER (WHERE before.id IS NULL) AS number,
           COALESCE(sum(after.bytes - COALESCE(before.bytes, 0)), 0) AS bytes
        INTO grown
        FROM (SELECT id, octet_length(definition::text) AS bytes FROM unnest(present)
                  WHERE app_id = app.id AND origin = 'dynamic') AS after
        LEFT JOIN (SELECT id, octet_length(definition::text) AS bytes FROM unnest(former)
                       WHERE app_id = app.id AND origin = 'dynamic') AS before USING (id);
    IF dynamic_modules > site.module_limit AND grown.number > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'MD002',
            MESSAGE = format('the app %s may have %s dynamic modules, has %s and would get %s more',
                app.app_key, site.module_limit, dynamic_modules - grown.number,
                grown.number),
            DETAIL = json_build_object('limit', site.module_limit,
                'present', dynamic_modules - grown.number, 'added', grown.number)::text;
    ELSIF refuse_excess.bytes > site.byte_limit AND grown.bytes > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'MD011',
            MESSAGE = format(
                'the app %s may have %s bytes of dynamic modules, has %s and would get %s more',
                app.app_key, site.byte_limit, refuse_excess.bytes - grown.bytes, grown.bytes),
            DETAIL = json_build_object('limit', site.byte_limit,
                'present', refuse_excess.bytes - grown.bytes, 'added', grown.bytes)::text;
    END IF;
    SELECT after.module_key, octet_length(after.definition::text) AS bytes INTO grown
        FROM unnest(present) AS after
        LEFT JOIN unnest(former) AS before ON before.id = after.id AND before.origin = 'dynamic'
        WHERE after.app_id = app.id AND after.origin = 'dynamic'
          AND octet_length(after.definition::text) > site.module_byte_limit
          AND octet_length(after.definition::text)
              > COALESCE(octet_length(before.definition::text), 0)
        ORDER BY after.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'MD012',
            MESSAGE = format('a dynamic module of the app %s may have %s bytes; %s has %s',
                app.app_key, site.module_byte_limit, grown.module_key, grown.bytes),
            DETAIL = json_build_object('limit', site.module_byte_limit,
                'key', grown.module_key, 'bytes', grown.bytes)::text;
    END IF;
END
$$;

CREATE OR REPLACE VIEW dynmod.app_overview AS
    SELECT site.name AS site_name, app.app_key, app.name, app.state, app.base_url, app.scopes,
           number.descriptor_modules, number.dynamic_modules, site.module_limit,
           app.revision, app.installed_at, app.changed_at, app.modules_changed_at,
           number.dynamic_bytes, site.byte_limit, app.history_bytes
        FROM dynmod.app
        JOIN dynmod.site ON site.id = app.site_id
        CROSS JOIN LATERAL (
            SELECT pg_catalog.count(*) FILTER (WHERE module.origin = 'descriptor')
                       AS descriptor_modules,
                   pg_catalog.count(*) FILTER (WHERE module.origin = 'dynamic')
                       AS dynamic_modules,
                   COALESCE(pg_catalog.sum(pg_catalog.octet_length(module.definition::text))
                       FILTER (WHERE module.origin = 'dynamic'), 0) AS dynamic_bytes
            FROM dynmod.module WHERE module.app_id = app.id) AS number;
COMMENT ON COLUMN dynmod.app_overview.dynamic_bytes IS 'Bytes of the dynamic modules.';
COMMENT ON COLUMN dynmod.app_overview.history_bytes IS
    'Bytes of definitions in its history, at most.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

-- An app's dynamic modules as one set: replaced at once, found in the history as they were at a
-- moment, and brought back.
--
-- SQLSTATEs of our own, besides those of earlier migrations, and what their DETAIL holds as JSON:
--   MD016  the history has dropped the definitions of modules     ["key", ...]
--   MD017  the history does not reach back to a moment            {"begins"}
--   MD019  no moment is right after an event                      no DETAIL
SET LOCAL lock_timeout = '5s';

-- Replacing --------------------------------------------------------------------------------------

-- Makes modules, as register_modules takes them, the dynamic ones of the locked app. What goes goes
-- first and what is new comes last, so that limits and rules see nothing but a part of the old or
-- of the new set. The functions that call it set the search path and how to plan.
CREATE FUNCTION dynmod.store_set(
    app_id bigint, app_key text, modules jsonb,
    OUT added text[], OUT updated text[], OUT removed text[], OUT unchanged text[])
    LANGUAGE plpgsql
AS $$
DECLARE
    difference record;
BEGIN
    IF modules IS NULL THEN -- which would be none, and come from a query that has found nothing
        RAISE null_value_not_allowed USING MESSAGE = 'the modules are NULL; the empty set is []';
    END IF;
    PERFORM dynmod.check_keys(app_id, app_key, modules, '{descriptor}');
    SELECT array_agg(present.id) FILTER (WHERE wanted.place IS NULL) AS removed_ids,
           array_agg(present.module_key ORDER BY present.id) FILTER (WHERE wanted.place IS NULL)
               AS removed,
           array_agg(present.id ORDER BY place) FILTER (WHERE outcome = 'update') AS updated_ids,
           array_agg(wanted.definition ORDER BY place) FILTER (WHERE outcome = 'update')
               AS updated_definitions,
           array_agg(wanted.key ORDER BY place) FILTER (WHERE outcome = 'update') AS updated,
           array_agg(wanted.type ORDER BY place) FILTER (WHERE outcome = 'add') AS added_types,
           array_agg(wanted.definition ORDER BY place) FILTER (WHERE outcome = 'add')
               AS added_definitions,
           array_agg(wanted.key ORDER BY place) FILTER (WHERE outcome = 'add') AS added,
           array_agg(wanted.key ORDER BY place) FILTER (WHERE outcome = 'keep') AS unchanged
        INTO difference
        FROM (SELECT sent.*, sent.definition ->> 'key' AS key
                  FROM ROWS FROM (jsonb_to_recordset(modules) AS (type text, definition jsonb))
                      WITH ORDINALITY AS sent (type, definition, place)) AS wanted
        FULL JOIN (SELECT module.id, module.type_name, module.module_key, module.definition
                       FROM dynmod.module
                       WHERE module.app_id = store_set.app_id AND module.origin = 'dynamic')
            AS present ON present.module_key = wanted.key AND present.type_name = wanted.type
        CROSS JOIN LATERAL (SELECT CASE
            WHEN present.id IS NULL THEN 'add'
            WHEN present.definition <> wanted.definition THEN 'update'
            WHEN wanted.place IS NOT NULL THEN 'keep' END) AS compared (outcome);
    IF difference.removed IS NOT NULL THEN
        DELETE FROM dynmod.module WHERE module.id = ANY (difference.removed_ids);
    END IF;
    IF difference.updated IS NOT NULL THEN
        UPDATE dynmod.module SET definition = change.definition
            FROM unnest(difference.updated_ids, difference.updated_definitions)
                AS change (id, definition)
            WHERE module.id = change.id;
    END IF;
    IF difference.added_types IS NOT NULL THEN
        INSERT INTO dynmod.module (app_id, type_name, origin, definition)
            SELECT store_set.app_id, sent.type, 'dynamic', sent.definition
                FROM unnest(difference.added_types, difference.added_definitions)
                    WITH ORDINALITY AS sent (type, definition, place)
                ORDER BY sent.place;
    END IF;
    added := COALESCE(difference.added, '{}');
    updated := COALESCE(difference.updated, '{}');
    removed := COALESCE(difference.removed, '{}');
    unchanged := COALESCE(difference.unchanged, '{}');
END
$$;

CREATE FUNCTION dynmod.replace_modules(
    site text, INOUT app_key text, modules jsonb,
    expected bigint[] DEFAULT NULL, dry_run boolean DEFAULT false,
    OUT revision bigint, OUT added text[], OUT updated text[], OUT removed text[],
    OUT unchanged text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
BEGIN
    IF expected IS NOT NULL THEN
        PERFORM dynmod.check_revision(app.id, app_key, expected);
    END IF;
    BEGIN
        SELECT * INTO added, updated, removed, unchanged
            FROM dynmod.store_set(app.id, app_key, modules);
        IF dry_run THEN
            PERFORM dynmod.undo_trial();
        END IF;
    EXCEPTION WHEN SQLSTATE 'MD099' THEN
        -- as if nothing had been done
    END;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
END
$$;
COMMENT ON FUNCTION dynmod.replace_modules(text, text, jsonb, bigint[], boolean) IS
    'Makes [{"type":…,"definition":{…}},…] the dynamic modules of the app: those not among them '
    'are removed, known keys of the same type updated in place, others added at the end; a known '
    'key under another type is removed and added. Returns the app''s revision and the keys '
    'of each. What is equal is left alone. Raises what register_modules raises, and takes expected '
    'and dry_run as it does.';

-- The past ---------------------------------------------------------------------------------------
--
-- Planned for who asks: for an app with few events a plan for any app would read those of all.

-- As before, with a note of where the history of modules begins.
CREATE OR REPLACE FUNCTION dynmod.prune_history(site text, days integer, most integer)
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    until constant timestamptz := now() - make_interval(days => days);
    events text;
    deleted integer := 0;
    number integer;
BEGIN
    WITH gone AS (
            DELETE FROM dynmod.module_change WHERE id IN (
                SELECT id FROM dynmod.module_change
                    WHERE (site IS NULL OR site_name = site) AND happened_at < until
                    ORDER BY id LIMIT most)
                RETURNING site_name, app_key, happened_at),
        noted AS (
            INSERT INTO dynmod.history_start AS present (site_name, app_key, begins_at)
                SELECT site_name, app_key, max(happened_at) FROM gone GROUP BY 1, 2 ORDER BY 1, 2
                ON CONFLICT (site_name, app_key) DO UPDATE
                    SET begins_at = GREATEST(present.begins_at, excluded.begins_at))
        SELECT count(*) INTO deleted FROM gone;
    FOREACH events IN ARRAY '{app_event,setting_event}'::text[] LOOP
        EXECUTE format(
            'DELETE FROM dynmod.%1$I WHERE id IN (
                 SELECT id FROM dynmod.%1$I
                     WHERE ($1 IS NULL OR site_name = $1) AND happened_at < $2
                     ORDER BY id LIMIT $3)', events)
            USING site, until, most;
        GET DIAGNOSTICS number = ROW_COUNT;
        deleted := deleted + number;
    END LOOP;
    IF deleted = 0 THEN
        -- No event has them any more, but one that is being written may have them again.
        DELETE FROM dynmod.event_definition WHERE id IN (
            SELECT id FROM dynmod.event_definition
                WHERE (site IS NULL OR site_name = site) AND used_at < until
                ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED);
        GET DIAGNOSTICS deleted = ROW_COUNT;
    END IF;
    RETURN deleted;
END
$$;

-- The first event of an app that a moment does not see, NULL if it sees all: it sees the last event
-- that is not later, all before it, and the rest of its transaction, as nobody saw half of one.
CREATE FUNCTION dynmod.first_unseen(site text, app_key text, at timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    seen record;
BEGIN
    SELECT change.id, change.transaction_id INTO seen FROM dynmod.module_change AS change
        WHERE change.site_name = site AND change.app_key = first_unseen.app_key
          AND change.happened_at <= first_unseen.at
        ORDER BY change.id DESC LIMIT 1;
    RETURN (
        SELECT change.id FROM dynmod.module_change AS change
            WHERE change.site_name = site AND change.app_key = first_unseen.app_key
              AND change.id > COALESCE(seen.id, 0)
              AND (change.transaction_id = seen.transaction_id) IS NOT TRUE
            ORDER BY change.id LIMIT 1);
END
$$;

-- The first event of each module of an app from an event on, and whether a later one removed it. Of
-- modules that came after it, which may be very many, only of those that are there now. The
-- comparison of rows lets no plan read the events of other apps.
CREATE FUNCTION dynmod.first_events(
    event_id bigint, site text, app_key text, OUT id bigint, OUT removed boolean)
    RETURNS SETOF record
    LANGUAGE sql STABLE ROWS 100 SET search_path = pg_catalog, pg_temp
    SET work_mem = '32MB' SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
    SELECT min(change.id), bool_or(change.operation = 'delete')
        FROM dynmod.module_change AS change
        WHERE change.site_name = site AND change.app_key = first_events.app_key
          AND (change.site_name, change.app_key, change.id)
              >= (site, first_events.app_key, event_id)
        GROUP BY change.module_id, CASE WHEN change.module_id IS NULL THEN change.module_key END
        HAVING change.module_id IS NULL
            OR min(change.id) IS DISTINCT FROM
                min(change.id) FILTER (WHERE change.operation = 'insert')
            OR change.module_id IN (
                SELECT module.id FROM dynmod.module JOIN dynmod.app ON app.id = module.app_id
                    JOIN dynmod.site AS host ON host.id = app.site_id
                    WHERE host.name = site AND app.app_key = first_events.app_key)
$$;

-- The dynamic modules that an app had before an event, found backwards from those that it has: the
-- first event of a module from there on says what it was before. Events from before modules had
-- their id recorded are told apart by key, and what an update of that time replaced is what the
-- last event before it had. Without an event it is the present set.
CREATE FUNCTION dynmod.set_before(
    event_id bigint, site text, app_key text,
    OUT module_id bigint, OUT type_name text, OUT module_key text, OUT definition jsonb)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN QUERY WITH first AS (
            SELECT change.*, touched.removed
                FROM dynmod.first_events(event_id, site, app_key) AS touched
                JOIN dynmod.module_change AS change USING (id)),
        recorded AS (
            SELECT module.id, module.type_name, module.module_key, module.definition
                FROM dynmod.module JOIN dynmod.app ON app.id = module.app_id
                JOIN dynmod.site AS host ON host.id = app.site_id
                WHERE host.name = site AND app.app_key = set_before.app_key
                  AND module.origin = 'dynamic'
                  AND module.id NOT IN (
                      SELECT first.module_id FROM first WHERE first.module_id IS NOT NULL)
            UNION ALL
            SELECT first.module_id, COALESCE(first.former ->> 'type_name', first.type_name),
                   COALESCE(first.former ->> 'module_key', first.module_key), kept.definition
                FROM first
                LEFT JOIN dynmod.event_definition AS kept ON kept.id = CASE first.operation
                    WHEN 'update' THEN first.former_definition_id ELSE first.definition_id END
                WHERE first.module_id IS NOT NULL AND first.operation <> 'insert'
                  AND COALESCE(first.former ->> 'origin', first.origin) = 'dynamic'),
        found AS (
            SELECT recorded.* FROM recorded
                WHERE NOT EXISTS (SELECT FROM first WHERE first.module_id IS NULL
                                      AND first.module_key = recorded.module_key)
            UNION ALL
            SELECT recorded.id, COALESCE(before.type_name, first.type_name), first.module_key,
                   kept.definition
                FROM first
                LEFT JOIN recorded
                    ON recorded.module_key = first.module_key AND NOT first.removed
                LEFT JOIN LATERAL (
                    SELECT change.type_name, change.definition_id
                        FROM dynmod.module_change AS change
                        WHERE change.site_name = site AND change.app_key = set_before.app_key
                          AND change.module_key = first.module_key AND change.id < event_id
                          AND first.operation = 'update'
                        ORDER BY change.id DESC LIMIT 1) AS before ON true
                LEFT JOIN dynmod.event_definition AS kept ON kept.id = CASE first.operation
                    WHEN 'update' THEN before.definition_id ELSE first.definition_id END
                WHERE first.module_id IS NULL AND first.operation <> 'insert'
                  AND first.origin = 'dynamic')
        SELECT found.* FROM found
            ORDER BY
                -- where an id is not known, the order of the events that made them
                CASE WHEN EXISTS (SELECT FROM found AS other WHERE other.id IS NULL) THEN (
                    SELECT max(change.id) FROM dynmod.module_change AS change
                        WHERE change.site_name = site AND change.app_key = set_before.app_key
                          AND change.module_key = found.module_key AND change.id < event_id
                          AND change.operation = 'insert') END NULLS FIRST,
                found.id, found.module_key;
END
$$;

CREATE FUNCTION dynmod.modules_at(site text, app_key text, at timestamptz)
    RETURNS TABLE (type_name text, module_key text, definition jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    begins constant timestamptz := (
        SELECT start.begins_at FROM dynmod.history_start AS start
            WHERE start.site_name = site AND start.app_key = modules_at.app_key);
BEGIN
    IF modules_at.at IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'the moment is NULL';
    ELSIF modules_at.at < begins THEN
        RAISE EXCEPTION USING ERRCODE = 'MD017',
            MESSAGE = format('the history of the app %s begins at %s', app_key, begins),
            DETAIL = json_build_object('begins', begins)::text;
    ELSIF NOT EXISTS (
            SELECT FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
                WHERE host.name = site AND app.app_key = modules_at.app_key)
        AND NOT EXISTS (
            SELECT FROM dynmod.module_change AS change
                WHERE change.site_name = site AND change.app_key = modules_at.app_key) THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no app %s on the site %s', app_key, site);
    END IF;
    RETURN QUERY
        SELECT past.type_name, past.module_key, past.definition
            FROM dynmod.set_before(dynmod.first_unseen(site, app_key, modules_at.at), site, app_key)
                AS past;
END
$$;
COMMENT ON FUNCTION dynmod.modules_at(text, text, timestamptz) IS
    'The dynamic modules that the app had at a moment, in order: at the time of an event, those '
    'after its transaction. The definition is NULL where the history has dropped it. None if there '
    'was no such app then. Raises MD017 when the history does not reach back so far, P0002 when '
    'there never was such an app.';

CREATE FUNCTION dynmod.moment_after(site text, app_key text, event_id bigint) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    step record;
BEGIN
    SELECT max(other.id) AS last_id, GREATEST(max(other.happened_at), (
               SELECT start.begins_at FROM dynmod.history_start AS start
                   WHERE start.site_name = site AND start.app_key = moment_after.app_key))
               AS moment
        INTO step
        FROM dynmod.module_change AS event JOIN dynmod.module_change AS other
            ON other.site_name = event.site_name AND other.app_key = event.app_key
                AND other.id >= event.id AND (other.id = event.id
                    OR other.transaction_id = event.transaction_id
                    OR (event.transaction_id IS NULL AND other.happened_at = event.happened_at))
        WHERE event.site_name = site AND event.app_key = moment_after.app_key
          AND event.id = event_id;
    IF step.last_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('the history of the app %s on the site %s has no event %s of a module',
                app_key, site, event_id);
    ELSIF dynmod.first_unseen(site, app_key, step.moment) IS DISTINCT FROM (
            SELECT min(change.id) FROM dynmod.module_change AS change
                WHERE change.site_name = site AND change.app_key = moment_after.app_key
                  AND change.id > step.last_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD019',
            MESSAGE = format('no moment is right after the event %s, as the clock was set back '
                'after it', event_id);
    END IF;
    RETURN step.moment;
END
$$;
COMMENT ON FUNCTION dynmod.moment_after(text, text, bigint) IS
    'The moment right after the transaction of an event of modules, for modules_at and '
    'restore_modules. Raises P0002 when there is no such event, MD019 when there is no such '
    'moment.';

-- Restoring --------------------------------------------------------------------------------------

ALTER TABLE dynmod.app_event
    DROP CONSTRAINT app_event_operation_values,
    ADD CONSTRAINT app_event_operation_values CHECK (operation IN (
        'install', 'upgrade', 'reinstall', 'enable', 'disable', 'uninstall', 'rotate_secret',
        'delete', 'call', 'restore'));

CREATE FUNCTION dynmod.restore_modules(
    site text, INOUT app_key text, at timestamptz, dry_run boolean DEFAULT false,
    OUT revision bigint, OUT added text[], OUT updated text[], OUT removed text[],
    OUT unchanged text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, false);
    past record;
BEGIN
    SELECT COALESCE(jsonb_agg(jsonb_build_object('type', module.type_name, 'definition',
                        module.definition) ORDER BY module.place), '[]') AS modules,
           json_agg(module.module_key ORDER BY module.place)
               FILTER (WHERE module.definition IS NULL) AS dropped
        INTO past
        FROM dynmod.modules_at(site, app_key, restore_modules.at) WITH ORDINALITY
            AS module (type_name, module_key, definition, place);
    IF past.dropped IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'MD016', DETAIL = past.dropped::text,
            MESSAGE = format('the history of the app %s has dropped the definitions of %s', app_key,
                past.dropped);
    END IF;
    BEGIN
        SELECT * INTO added, updated, removed, unchanged
            FROM dynmod.store_set(app.id, app_key, past.modules);
        IF dry_run THEN
            PERFORM dynmod.undo_trial();
        END IF;
    EXCEPTION WHEN SQLSTATE 'MD099' THEN
        -- as if nothing had been done
    END;
    IF dry_run IS NOT TRUE AND added || updated || removed <> '{}' THEN
        INSERT INTO dynmod.app_event (operation, site_name, app_key, detail)
            VALUES ('restore', site, app_key, jsonb_build_object('at', restore_modules.at,
                'added', added, 'updated', updated, 'removed', removed));
    END IF;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
END
$$;
COMMENT ON FUNCTION dynmod.restore_modules(text, text, timestamptz, boolean) IS
    'Brings the dynamic modules of the app back to those of a moment as replace_modules does, also '
    'where the app is not enabled, and writes it into the history of the app. Raises besides what '
    'modules_at raises MD016 for modules whose definition the history has dropped.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

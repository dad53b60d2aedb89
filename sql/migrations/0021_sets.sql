-- Changes of modules under a condition or on trial.
--
-- SQLSTATEs of our own, besides those of earlier migrations, and what their DETAIL holds as JSON:
--   MD015  the revision of the app is none of those expected      {"revision"}
SET LOCAL lock_timeout = '5s';

-- Refuses a change of the locked app (MD015) unless its revision is one of those expected. 0 stands
-- for an app without dynamic modules, NULL for no condition.
CREATE FUNCTION dynmod.check_revision(app_id bigint, app_key text, expected bigint[]) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    present constant bigint := (SELECT revision FROM dynmod.app WHERE app.id = app_id);
BEGIN
    IF array_position(expected, present) IS NOT NULL
        OR (array_position(expected, 0::bigint) IS NOT NULL AND NOT EXISTS (
            SELECT FROM dynmod.module
            WHERE module.app_id = check_revision.app_id AND module.origin = 'dynamic')) THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'MD015',
        MESSAGE = format('the modules of the app %s are at the revision %s', app_key, present),
        DETAIL = json_build_object('revision', present)::text;
END
$$;

-- Ends a trial; its caller catches that. A code that ends with 000 would catch its whole class.
CREATE FUNCTION dynmod.undo_trial() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'MD099', MESSAGE = 'this was a trial';
END
$$;

-- Raises MD001 if modules, as register_modules takes them, have a key more than once, or one that a
-- module of the app has with an origin among those given; in the order of the modules.
CREATE FUNCTION dynmod.check_keys(
    app_id bigint, app_key text, modules jsonb, origins text[]) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    refused constant text[] := ARRAY(
        SELECT wanted.key
        FROM (SELECT sent.definition ->> 'key' AS key, min(sent.place) AS place,
                     count(*) AS number
              FROM ROWS FROM (jsonb_to_recordset(modules) AS (definition jsonb))
                  WITH ORDINALITY AS sent (definition, place)
              GROUP BY 1) AS wanted
        WHERE wanted.key IS NOT NULL
          AND (wanted.number > 1 OR EXISTS (
              SELECT FROM dynmod.module
              WHERE module.app_id = check_keys.app_id AND module.module_key = wanted.key
                AND module.origin = ANY (origins)))
        ORDER BY wanted.place);
BEGIN
    IF refused <> '{}' THEN
        PERFORM dynmod.refuse_duplicate_keys(app_key, refused);
    END IF;
END
$$;

-- The app is locked in the subtransaction that the exceptions make: a lock that the transaction has
-- already would be held by both, which takes long for each row that refers to it.
CREATE FUNCTION dynmod.register_modules(
    site text, INOUT app_key text, modules jsonb, expected bigint[], dry_run boolean,
    OUT revision bigint, OUT registered integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record;
    violated text;
BEGIN
    app := dynmod.lock_app(site, app_key, true);
    IF expected IS NOT NULL THEN
        PERFORM dynmod.check_revision(app.id, app_key, expected);
    END IF;
    IF dry_run THEN
        SELECT trial.registered INTO registered
            FROM dynmod.register_modules(site, app_key, modules, NULL, false) AS trial;
        PERFORM dynmod.undo_trial();
    END IF;
    INSERT INTO dynmod.module (app_id, type_name, origin, definition)
        SELECT app.id, sent.type, 'dynamic', sent.definition
        FROM ROWS FROM (jsonb_to_recordset(modules) AS (type text, definition jsonb))
            WITH ORDINALITY AS sent (type, definition, place)
        ORDER BY sent.place;
    GET DIAGNOSTICS registered = ROW_COUNT;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
EXCEPTION
    WHEN SQLSTATE 'MD099' THEN
        SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
    WHEN unique_violation THEN
        -- The constraint names the first key only.
        GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
        PERFORM dynmod.check_keys(app.id, app_key, modules, '{descriptor,dynamic}');
        IF violated <> 'module_key_unique' THEN
            RAISE;
        END IF;
        -- The lock has ended with the subtransaction, and now the keys are free.
        SELECT again.revision, again.registered INTO revision, registered
            FROM dynmod.register_modules(site, app_key, modules, expected, dry_run) AS again;
END
$$;
COMMENT ON FUNCTION dynmod.register_modules(text, text, jsonb, bigint[], boolean) IS
    'Registers [{"type":…,"definition":{…}},…] as dynamic modules of the app, all or none; returns '
    'the app''s new revision and how many there were. Raises MD001 duplicate keys, MD002 limit, '
    'MD003 type, MD004 single-object type, MD005 app not enabled, MD006 key, MD011 and MD012 '
    'limits of bytes, MD015 when expected is not NULL and has not the app''s revision, nor 0 while '
    'it has no dynamic modules; DETAIL holds JSON. A dry_run does and answers the same but stores '
    'nothing, and returns the present revision.';

CREATE OR REPLACE FUNCTION dynmod.register_modules(
    site text, INOUT app_key text, modules jsonb, OUT revision bigint, OUT registered integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    SELECT done.revision, done.registered INTO revision, registered
        FROM dynmod.register_modules(site, app_key, modules, NULL, false) AS done;
END
$$;

-- Plans are kept, by index as those of the triggers.
CREATE FUNCTION dynmod.remove_modules(
    site text, INOUT app_key text, keys text[], expected bigint[], dry_run boolean,
    OUT revision bigint, OUT removed integer)
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
    IF dry_run THEN
        BEGIN
            SELECT trial.removed INTO removed
                FROM dynmod.remove_modules(site, app_key, keys, NULL, false) AS trial;
            PERFORM dynmod.undo_trial();
        EXCEPTION WHEN SQLSTATE 'MD099' THEN
            -- as if nothing had been done
        END;
    ELSE
        DELETE FROM dynmod.module
            WHERE module.app_id = app.id AND module.origin = 'dynamic'
              AND (keys IS NULL OR module.module_key = ANY (keys));
        GET DIAGNOSTICS removed = ROW_COUNT;
    END IF;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
END
$$;
COMMENT ON FUNCTION dynmod.remove_modules(text, text, text[], bigint[], boolean) IS
    'Removes the dynamic modules of the app with these keys, all of them for NULL; returns the '
    'app''s new revision and how many there were. Unknown keys are ignored. Raises MD005 when the '
    'app is not enabled; expected and dry_run as for register_modules.';

CREATE OR REPLACE FUNCTION dynmod.remove_modules(
    site text, INOUT app_key text, keys text[], OUT revision bigint, OUT removed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    SELECT done.revision, done.removed INTO revision, removed
        FROM dynmod.remove_modules(site, app_key, keys, NULL, false) AS done;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

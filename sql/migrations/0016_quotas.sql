-- The quota of the history counts what a definition takes, and who has waited for an app makes room
-- for others that wait.
SET LOCAL lock_timeout = '5s';

-- History -----------------------------------------------------------------------------------------

-- A definition of 55 bytes takes 300: its row, with the indexes.
CREATE FUNCTION dynmod.history_cost(definition text) RETURNS integer
    LANGUAGE sql IMMUTABLE
RETURN octet_length(definition) + 250;

COMMENT ON COLUMN dynmod.event_definition.bytes IS
    'What it takes of site.history_byte_limit: its length as text and 250 for the row.';
COMMENT ON COLUMN dynmod.site.history_byte_limit IS
    'Bytes of definitions that the history keeps of each app, where each counts 250 more than it '
    'has; the oldest make room.';

ALTER TABLE dynmod.event_definition DISABLE TRIGGER event_definition_refuse_update;
UPDATE dynmod.event_definition SET bytes = dynmod.history_cost(definition::text);
ALTER TABLE dynmod.event_definition ENABLE TRIGGER event_definition_refuse_update;

CREATE FUNCTION dynmod.history_bytes_of(site_id bigint, app_key text) RETURNS bigint
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(sum(kept.bytes), 0) FROM dynmod.event_definition AS kept
        JOIN dynmod.site ON site.name = kept.site_name
        WHERE site.id = history_bytes_of.site_id AND kept.app_key = history_bytes_of.app_key
$$;

UPDATE dynmod.app SET history_bytes = dynmod.history_bytes_of(site_id, app_key);

-- An app that comes back has the history that it had.
CREATE FUNCTION dynmod.app_before_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.history_bytes := dynmod.history_bytes_of(NEW.site_id, NEW.app_key);
    RETURN NEW;
END
$$;

CREATE TRIGGER app_before_insert BEFORE INSERT ON dynmod.app
    FOR EACH ROW EXECUTE FUNCTION dynmod.app_before_insert();

-- As before, with the cost of definitions.
CREATE OR REPLACE FUNCTION dynmod.record_changes(
    site_name text, app_key text, app_id bigint,
    removed dynmod.module[], added dynmod.module[], altered dynmod.module[], reason text)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    new_bytes bigint;
BEGIN
    WITH change AS (
            SELECT part.operation, part.id, part.type_name, part.origin, part.module_key,
                   part.definition, part.definition::text AS text,
                   sha256(convert_to(part.definition::text, 'UTF8')) AS digest
                FROM (SELECT 'delete' AS operation, * FROM unnest(removed)
                      UNION ALL SELECT 'insert', * FROM unnest(added)
                      UNION ALL SELECT 'update', * FROM unnest(altered)) AS part
                WHERE part.app_id = record_changes.app_id),
        kept AS (
            INSERT INTO dynmod.event_definition AS known
                (site_name, app_key, digest, bytes, definition)
                SELECT DISTINCT ON (digest) record_changes.site_name, record_changes.app_key,
                       digest, dynmod.history_cost(text), definition
                    FROM change
                ON CONFLICT ON CONSTRAINT event_definition_unique DO UPDATE SET used_at = now()
                RETURNING known.id, known.digest,
                          CASE WHEN known.xmax = 0 THEN known.bytes END AS bytes),
        written AS (
            INSERT INTO dynmod.module_change (operation, reason, site_name, app_key, type_name,
                    origin, module_key, definition_id)
                SELECT change.operation, record_changes.reason, record_changes.site_name,
                       record_changes.app_key, change.type_name, change.origin, change.module_key,
                       kept.id
                    FROM change JOIN kept USING (digest)
                    ORDER BY change.operation, change.id)
        SELECT COALESCE(sum(bytes), 0) INTO new_bytes FROM kept;
    RETURN new_bytes;
END
$$;

-- Requests that wait -----------------------------------------------------------------------------

-- Locks the app for one of at most two that wait for it. Their places are locks of the session,
-- which unlike those of a transaction end with the waiting.
CREATE FUNCTION dynmod.wait_for_app(app_id bigint, app_key text) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    waiting_class constant integer := 1685679873; -- "dyn" and 1, for pg_locks
    place integer := app_id * 2 % 2147483647;
BEGIN
    IF NOT pg_try_advisory_lock(waiting_class, place) THEN
        place := place + 1;
        IF NOT pg_try_advisory_lock(waiting_class, place) THEN
            RAISE EXCEPTION USING ERRCODE = 'MD013',
                MESSAGE = format('Too many changes of the app %s are waiting. Please try again.',
                    app_key);
        END IF;
    END IF;
    BEGIN
        PERFORM FROM dynmod.app WHERE app.id = app_id FOR NO KEY UPDATE;
    EXCEPTION WHEN query_canceled OR OTHERS THEN
        PERFORM pg_advisory_unlock(waiting_class, place);
        RAISE;
    END;
    PERFORM pg_advisory_unlock(waiting_class, place);
END
$$;

-- The app, with other writers made to wait; of the requests of an app no more than two, so that
-- they do not take all the workers that other apps need. Raises P0002 when there is no such app;
-- where it must be enabled, MD005 when it is not or is not there. The functions that call it set
-- the search path.
CREATE OR REPLACE FUNCTION dynmod.lock_app(
    site text, app_key text, must_be_enabled boolean, OUT id bigint, OUT name text, OUT state text)
    LANGUAGE plpgsql
AS $$
DECLARE
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
        IF id IS NULL AND present_id IS NOT NULL THEN
            PERFORM dynmod.wait_for_app(present_id, app_key);
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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

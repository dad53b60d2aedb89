-- Changes of modules under a condition or on trial, and a history from which the set of any moment
-- can be found.
--
-- SQLSTATEs of our own, besides those of earlier migrations, and what their DETAIL holds as JSON:
--   MD015  the revision of the app is none of those expected      {"revision"}
SET LOCAL lock_timeout = '5s';

-- Until the end of this migration, so that no change is recorded half by functions of before.
LOCK TABLE dynmod.module IN SHARE ROW EXCLUSIVE MODE;

-- What a module was before each change -----------------------------------------------------------

ALTER TABLE dynmod.module_change
    ADD COLUMN module_id bigint,
    ADD COLUMN former_definition_id bigint,
    ADD COLUMN former jsonb,
    ADD COLUMN transaction_id xid8;
ALTER TABLE dynmod.module_change
    ALTER COLUMN transaction_id SET DEFAULT pg_catalog.pg_current_xact_id();
COMMENT ON COLUMN dynmod.module_change.module_id IS
    'The id of the module; NULL in events from before it was recorded.';
COMMENT ON COLUMN dynmod.module_change.former_definition_id IS
    'What an update replaced: in event_definition, which may not have it any more.';
COMMENT ON COLUMN dynmod.module_change.former IS
    'What else an update replaced: type_name, module_key, origin, if they were others.';
COMMENT ON COLUMN dynmod.module_change.transaction_id IS
    'The transaction that did it; NULL in events from before it was recorded.';

CREATE OR REPLACE VIEW dynmod.module_event AS
    SELECT id, happened_at, actor, reason, operation, site_name, app_key, type_name, origin,
           module_key,
           (SELECT kept.definition FROM dynmod.event_definition AS kept
                WHERE kept.id = module_change.definition_id) AS definition,
           login, request_id, module_id
        FROM dynmod.module_change;

-- As before, with what an update replaced.
DROP FUNCTION dynmod.record_changes(
    text, text, bigint, dynmod.module[], dynmod.module[], dynmod.module[], text);
CREATE FUNCTION dynmod.record_changes(
    site_name text, app_key text, app_id bigint, removed dynmod.module[], added dynmod.module[],
    altered dynmod.module[], replaced dynmod.module[], reason text)
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
                      UNION ALL SELECT 'update', * FROM unnest(altered)
                      UNION ALL SELECT 'replaced', * FROM unnest(replaced)) AS part
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
                    origin, module_key, definition_id, module_id, former_definition_id, former)
                SELECT change.operation, record_changes.reason, record_changes.site_name,
                       record_changes.app_key, change.type_name, change.origin, change.module_key,
                       kept.id, change.id, before.kept_id,
                       CASE WHEN before.id IS NOT NULL THEN
                           NULLIF(jsonb_strip_nulls(jsonb_build_object(
                               'type_name', NULLIF(before.type_name, change.type_name),
                               'module_key', NULLIF(before.module_key, change.module_key),
                               'origin', NULLIF(before.origin, change.origin))), '{}')
                       END
                    FROM change JOIN kept USING (digest)
                    LEFT JOIN (SELECT former.*, kept.id AS kept_id
                                   FROM change AS former JOIN kept USING (digest)
                                   WHERE former.operation = 'replaced') AS before
                        ON before.id = change.id
                    WHERE change.operation <> 'replaced'
                    ORDER BY change.operation, change.id)
        SELECT COALESCE(sum(bytes), 0) INTO new_bytes FROM kept;
    RETURN new_bytes;
END
$$;

-- As before, with what an update replaced.
CREATE OR REPLACE FUNCTION dynmod.modules_changed(former dynmod.module[], present dynmod.module[])
    RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    app_ids bigint[];
    changed_id bigint;
    changed dynmod.app;
    host dynmod.site;
    computed record;
    refused jsonb[];
    removed dynmod.module[] := former;
    added dynmod.module[] := present;
    altered dynmod.module[] := '{}';
    replaced dynmod.module[] := '{}';
    kept_bytes bigint;
BEGIN
    -- In the order of ids, against deadlocks. The history of modules that went with their app was
    -- written by app_before_delete().
    app_ids := ARRAY(
        SELECT app.id FROM dynmod.app
            WHERE app.id = ANY (ARRAY(SELECT app_id FROM unnest(former)
                                      UNION ALL SELECT app_id FROM unnest(present)))
            ORDER BY app.id FOR NO KEY UPDATE);

    IF present <> '{}' THEN
        -- What was there with the same type may stay, although the type may be denied by now.
        -- OFFSET 0 keeps PostgreSQL from reading all types, or all modules of a type.
        refused := ARRAY(
            SELECT jsonb_build_object('rule', rule, 'type', type_name, 'key', key)
                FROM (SELECT id, type_name, after.definition -> 'key' AS key,
                             CASE
                                 WHEN kind IS NULL THEN 'MD003'
                                 WHEN after.origin = 'dynamic' AND NOT kind.may_be_dynamic
                                     AND (after.id, after.type_name, after.origin) NOT IN
                                         (SELECT id, type_name, origin FROM unnest(former))
                                     THEN 'MD003'
                                 WHEN kind.container = 'single' AND (
                                     SELECT count(*) FROM (
                                         SELECT other.type_name FROM dynmod.module AS other
                                         WHERE other.app_id = after.app_id OFFSET 0) AS of_app
                                     WHERE of_app.type_name = after.type_name) > 1
                                     THEN 'MD004'
                                 WHEN NOT COALESCE(after.module_key ~ '^[a-zA-Z0-9-]+$'
                                         AND length(after.module_key) <= 100,
                                     after.origin = 'descriptor'
                                         AND NOT after.definition ? 'key')
                                     THEN 'MD006'
                             END AS rule
                      FROM unnest(present) AS after
                      LEFT JOIN LATERAL (
                          SELECT container,
                                 COALESCE(dynamic_override, dynamic_default) AS may_be_dynamic
                          FROM dynmod.module_type WHERE name = after.type_name OFFSET 0) AS kind
                          ON true
                      OFFSET 0) AS checked
                WHERE rule IS NOT NULL ORDER BY id);
        IF refused <> '{}' THEN
            PERFORM dynmod.refuse_modules(refused);
        END IF;
    END IF;

    IF former <> '{}' AND present <> '{}' THEN
        -- A module that moves leaves the history of one app and enters that of the other.
        removed := ARRAY(SELECT before FROM unnest(former) AS before
            WHERE (id, app_id) NOT IN (SELECT id, app_id FROM unnest(present)));
        added := ARRAY(SELECT after FROM unnest(present) AS after
            WHERE (id, app_id) NOT IN (SELECT id, app_id FROM unnest(former)));
        altered := ARRAY(SELECT after
            FROM unnest(present) AS after JOIN unnest(former) AS before USING (id, app_id)
            WHERE after IS DISTINCT FROM before);
        IF altered <> '{}' THEN
            replaced := ARRAY(SELECT before
                FROM unnest(former) AS before JOIN unnest(altered) AS after USING (id, app_id));
        END IF;
    END IF;

    FOREACH changed_id IN ARRAY app_ids LOOP
        computed := dynmod.compute_document(changed_id);
        SELECT * INTO changed FROM dynmod.app WHERE app.id = changed_id;
        SELECT * INTO host FROM dynmod.site WHERE site.id = changed.site_id;
        IF computed.dynamic_modules > host.module_limit OR computed.bytes > host.byte_limit
            OR computed.largest > host.module_byte_limit THEN
            PERFORM dynmod.refuse_excess(changed, host, computed.dynamic_modules, computed.bytes,
                former, present);
        END IF;
        kept_bytes := changed.history_bytes + dynmod.record_changes(host.name, changed.app_key,
            changed_id, removed, added, altered, replaced,
            NULLIF(current_setting('dynmod.reason', true), ''));
        IF kept_bytes > host.history_byte_limit THEN
            kept_bytes := dynmod.shrink_history(host.name, changed.app_key,
                host.history_byte_limit / 4 * 3);
        END IF;
        -- Also where the document stays the same, for the reason at the top of 0002_rules.sql.
        UPDATE dynmod.app SET
            document = computed.document,
            revision = CASE WHEN document = computed.document THEN revision
                            ELSE nextval('dynmod.revision') END,
            modules_changed_at = now(), history_bytes = kept_bytes
            WHERE app.id = changed_id;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION dynmod.app_before_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.record_changes(site.name, OLD.app_key, OLD.id,
            ARRAY(SELECT module FROM dynmod.module WHERE module.app_id = OLD.id
                  ORDER BY module.id), '{}', '{}', '{}', 'app deleted')
        FROM dynmod.site WHERE site.id = OLD.site_id;
    RETURN OLD;
END
$$;

-- Where the history begins -----------------------------------------------------------------------

CREATE TABLE dynmod.history_start (
    site_name text NOT NULL,
    app_key text NOT NULL,
    begins_at timestamptz NOT NULL,
    PRIMARY KEY (site_name, app_key)
);
COMMENT ON TABLE dynmod.history_start IS
    'The apps of which not all events of modules are there, and from when on they are: after '
    'pruning, after the app or its site got another name, and from before this was recorded.';

INSERT INTO dynmod.history_start (site_name, app_key, begins_at)
    SELECT site_name, app_key, min(happened_at)
        FROM (SELECT site_name, app_key, happened_at FROM dynmod.module_change
              UNION ALL SELECT site.name, app.app_key, pg_catalog.now()
                  FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id) AS known
        GROUP BY site_name, app_key;

CREATE FUNCTION dynmod.history_begins_anew() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO dynmod.history_start AS present (site_name, app_key, begins_at)
        SELECT site.name, app.app_key, clock_timestamp()
            FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id
            WHERE NEW.id = CASE TG_TABLE_NAME WHEN 'site' THEN site.id ELSE app.id END
        ON CONFLICT (site_name, app_key) DO UPDATE SET begins_at = excluded.begins_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER site_renamed AFTER UPDATE OF name ON dynmod.site
    FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION dynmod.history_begins_anew();
CREATE TRIGGER app_renamed AFTER UPDATE OF site_id, app_key ON dynmod.app
    FOR EACH ROW WHEN ((NEW.site_id, NEW.app_key) <> (OLD.site_id, OLD.app_key))
    EXECUTE FUNCTION dynmod.history_begins_anew();

-- Conditions and trials --------------------------------------------------------------------------

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

CREATE FUNCTION dynmod.register_modules(
    site text, INOUT app_key text, modules jsonb, expected bigint[], dry_run boolean,
    OUT revision bigint, OUT registered integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
BEGIN
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
        PERFORM dynmod.check_keys(app.id, app_key, modules, '{descriptor,dynamic}');
        RAISE;
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

CREATE FUNCTION dynmod.remove_modules(
    site text, INOUT app_key text, keys text[], expected bigint[], dry_run boolean,
    OUT revision bigint, OUT removed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
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

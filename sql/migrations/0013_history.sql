-- The history of modules keeps each definition once, and not more of them than an app may have.
SET LOCAL lock_timeout = '5s';

CREATE TABLE dynmod.event_definition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_name text NOT NULL,
    app_key text NOT NULL,
    digest bytea NOT NULL,
    bytes integer NOT NULL,
    used_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    definition jsonb NOT NULL,
    CONSTRAINT event_definition_unique UNIQUE (site_name, app_key, digest)
);
COMMENT ON TABLE dynmod.event_definition IS
    'The definitions of modules in the history of an app, each once.';
COMMENT ON COLUMN dynmod.event_definition.digest IS 'SHA-256 of the definition as text.';
COMMENT ON COLUMN dynmod.event_definition.bytes IS 'Length of the definition as text.';
COMMENT ON COLUMN dynmod.event_definition.definition IS 'As the app gave it.';
COMMENT ON COLUMN dynmod.event_definition.used_at IS
    'When an event last had it; those unused for longest are the first to go.';

-- The events get numbers in the place of definitions -------------------------------------------

ALTER TABLE dynmod.module_event RENAME TO module_change;
ALTER TABLE dynmod.module_change
    ADD COLUMN definition_id bigint,
    ADD COLUMN login text;
ALTER TABLE dynmod.app_event ADD COLUMN login text;
ALTER TABLE dynmod.module_change ALTER COLUMN login SET DEFAULT SESSION_USER;
ALTER TABLE dynmod.app_event ALTER COLUMN login SET DEFAULT SESSION_USER;

INSERT INTO dynmod.event_definition (site_name, app_key, digest, bytes, used_at, definition)
    SELECT DISTINCT ON (site_name, app_key, digest)
           site_name, app_key, digest, pg_catalog.octet_length(definition::text), happened_at,
           definition
        FROM dynmod.module_change
        CROSS JOIN LATERAL pg_catalog.sha256(
            pg_catalog.convert_to(definition::text, 'UTF8')) AS digest
        ORDER BY site_name, app_key, digest, happened_at DESC;
ALTER TABLE dynmod.module_change DISABLE TRIGGER module_event_refuse_update;
UPDATE dynmod.module_change SET definition_id = kept.id
    FROM dynmod.event_definition AS kept
    WHERE (kept.site_name, kept.app_key) = (module_change.site_name, module_change.app_key)
      AND kept.digest = pg_catalog.sha256(
          pg_catalog.convert_to(module_change.definition::text, 'UTF8'));
ALTER TABLE dynmod.module_change ENABLE TRIGGER module_event_refuse_update;
ALTER TABLE dynmod.module_change DROP COLUMN definition;
COMMENT ON TABLE dynmod.module_change IS
    'What module_event shows, with the number of the definition. Rows are only added; '
    'dynmodctl history prune deletes old ones.';
COMMENT ON COLUMN dynmod.module_change.definition_id IS
    'In event_definition, which may not have it any more.';
COMMENT ON COLUMN dynmod.module_change.login IS
    'The login role, whatever actor says; NULL in events from before it was recorded.';
COMMENT ON COLUMN dynmod.app_event.login IS
    'The login role, whatever actor says; NULL in events from before it was recorded.';

CREATE VIEW dynmod.module_event AS
    SELECT id, happened_at, actor, reason, operation, site_name, app_key, type_name, origin,
           module_key,
           (SELECT kept.definition FROM dynmod.event_definition AS kept
                WHERE kept.id = module_change.definition_id) AS definition,
           login
        FROM dynmod.module_change;
COMMENT ON VIEW dynmod.module_event IS
    'History: every change of a module, whoever made it.';
COMMENT ON COLUMN dynmod.module_event.actor IS
    'Who did it: the setting dynmod.actor of the transaction, otherwise the login role.';
COMMENT ON COLUMN dynmod.module_event.login IS
    'The login role, whatever actor says; NULL in events from before it was recorded.';
COMMENT ON COLUMN dynmod.module_event.reason IS
    'Why, where dynmod knows: the setting dynmod.reason of the transaction.';
COMMENT ON COLUMN dynmod.module_event.site_name IS 'The site, as text to outlive it.';
COMMENT ON COLUMN dynmod.module_event.app_key IS 'The app, as text to outlive it.';
COMMENT ON COLUMN dynmod.module_event.origin IS 'descriptor or dynamic.';
COMMENT ON COLUMN dynmod.module_event.definition IS
    'The definition written, or the one that was deleted; NULL when it had to make room for newer '
    'ones (site.history_byte_limit).';

CREATE TRIGGER event_definition_refuse_update
    BEFORE UPDATE OF site_name, app_key, digest, bytes, definition ON dynmod.event_definition
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.history_refuse_update();

-- Recording --------------------------------------------------------------------------------------

-- Writes changes of modules of one app into the history; gives the bytes of definitions that it did
-- not have.
CREATE FUNCTION dynmod.record_changes(
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
                       digest, octet_length(text), definition
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

-- Makes the definitions that the history has of an app no more than so many bytes, without those
-- that are unused for longest; gives how many are left.
CREATE FUNCTION dynmod.shrink_history(site_name text, app_key text, most bigint) RETURNS bigint
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM dynmod.event_definition WHERE id IN (
        SELECT id FROM (
            SELECT id, sum(bytes) OVER (ORDER BY used_at DESC, id DESC) AS total
                FROM dynmod.event_definition AS kept
                WHERE kept.site_name = shrink_history.site_name
                  AND kept.app_key = shrink_history.app_key) AS counted
            WHERE total > most);
    RETURN (
        SELECT COALESCE(sum(bytes), 0) FROM dynmod.event_definition AS kept
            WHERE kept.site_name = shrink_history.site_name
              AND kept.app_key = shrink_history.app_key);
END
$$;

-- As before, with limits of bytes, and with definitions kept once.
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
            changed_id, removed, added, altered,
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
                  ORDER BY module.id), '{}', '{}', 'app deleted')
        FROM dynmod.site WHERE site.id = OLD.site_id;
    RETURN OLD;
END
$$;

-- Pruning ----------------------------------------------------------------------------------------

CREATE FUNCTION dynmod.prune_history(site text, days integer, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    until constant timestamptz := now() - make_interval(days => days);
    deleted integer;
    number integer;
BEGIN
    DELETE FROM dynmod.module_change WHERE id IN (
        SELECT id FROM dynmod.module_change
            WHERE site_name = site AND happened_at < until ORDER BY id LIMIT most);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM dynmod.app_event WHERE id IN (
        SELECT id FROM dynmod.app_event
            WHERE site_name = site AND happened_at < until ORDER BY id LIMIT most);
    GET DIAGNOSTICS number = ROW_COUNT;
    deleted := deleted + number;
    IF deleted = 0 THEN
        -- no event has them any more
        DELETE FROM dynmod.event_definition WHERE id IN (
            SELECT id FROM dynmod.event_definition
                WHERE site_name = site AND used_at < until ORDER BY id LIMIT most);
        GET DIAGNOSTICS deleted = ROW_COUNT;
    END IF;
    RETURN deleted;
END
$$;
COMMENT ON FUNCTION dynmod.prune_history(text, integer, integer) IS
    'Deletes what is older than so many days in the history of a site, at most so many rows of a '
    'kind; gives how many, 0 when nothing is left to delete.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

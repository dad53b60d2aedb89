-- A history from which the set of any moment can be found, and changes of modules with fewer and
-- smaller statements, whose plans are kept.
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

-- As before, without a step for each module. Most apps have modules of one type.
CREATE OR REPLACE FUNCTION dynmod.compute_document(
    app_id bigint, OUT document text, OUT dynamic_modules integer,
    OUT bytes bigint, OUT largest integer)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    types text[];
    definitions text[];
    first text;
    list text;
BEGIN
    document := '{';
    -- OFFSET 0 keeps PostgreSQL from reading the modules of all apps in the order of ids.
    SELECT array_agg(type_name), array_agg(definition), count(*),
           COALESCE(sum(octet_length(definition)), 0), COALESCE(max(octet_length(definition)), 0)
        INTO types, definitions, dynamic_modules, bytes, largest
        FROM (SELECT type_name, definition::text
                  FROM (SELECT id, type_name, module.definition FROM dynmod.module
                            WHERE module.app_id = compute_document.app_id AND origin = 'dynamic'
                            OFFSET 0) AS of_app
                  ORDER BY id) AS sorted;
    WHILE types <> '{}' LOOP
        first := types[1];
        IF first = ALL (types) THEN
            list := array_to_string(definitions, ',');
            types := '{}';
        ELSE
            list := array_to_string(ARRAY(
                SELECT definition FROM unnest(types, definitions) AS module (type_name, definition)
                    WHERE type_name = first), ',');
            SELECT array_agg(type_name), array_agg(definition) INTO types, definitions
                FROM unnest(types, definitions) AS module (type_name, definition)
                WHERE type_name <> first;
        END IF;
        document := document || CASE document WHEN '{' THEN '' ELSE ',' END
            || to_json(first)::text || ':'
            || CASE (SELECT container FROM dynmod.module_type WHERE name = first)
                   WHEN 'single' THEN list ELSE '[' || list || ']' END;
    END LOOP;
    document := document || '}';
END
$$;

-- History ----------------------------------------------------------------------------------------

COMMENT ON COLUMN dynmod.event_definition.used_at IS
    'When an event last had it, or up to an hour later, so that a change need not write what an '
    'earlier one has written; those unused for longest are the first to go.';

DROP FUNCTION dynmod.record_changes(
    text, text, bigint, dynmod.module[], dynmod.module[], dynmod.module[], text);
-- Writes changes of modules of one app into the history; gives the bytes of definitions that it did
-- not have. What was replaced is in the order of what it was altered to.
CREATE FUNCTION dynmod.record_changes(
    site_name text, app_key text, removed dynmod.module[], added dynmod.module[],
    altered dynmod.module[], replaced dynmod.module[], reason text)
    RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    modules constant dynmod.module[] := removed || added || altered || replaced;
    removals constant integer := cardinality(removed);
    moves constant integer := removals + cardinality(added);
    updates constant integer := cardinality(altered);
    kept_ids bigint[];
    new_bytes bigint := 0;
BEGIN
    -- What is kept for another while need not be written again.
    LOOP
        kept_ids := ARRAY(
            SELECT (SELECT kept.id FROM dynmod.event_definition AS kept
                        WHERE kept.site_name = record_changes.site_name
                          AND kept.app_key = record_changes.app_key
                          AND kept.digest = sha256(convert_to(module.definition::text, 'UTF8'))
                          AND kept.used_at > now())
                FROM unnest(modules) AS module);
        EXIT WHEN array_position(kept_ids, NULL) IS NULL;
        WITH stored AS (
            INSERT INTO dynmod.event_definition AS kept
                (site_name, app_key, digest, bytes, used_at, definition)
                SELECT DISTINCT ON (digest) record_changes.site_name, record_changes.app_key,
                       digest, dynmod.history_cost(module.definition::text),
                       now() + interval '1 hour', module.definition
                    FROM unnest(modules) WITH ORDINALITY AS module
                    CROSS JOIN LATERAL sha256(convert_to(module.definition::text, 'UTF8')) AS digest
                    WHERE kept_ids[module.ordinality] IS NULL
                ON CONFLICT ON CONSTRAINT event_definition_unique
                    DO UPDATE SET used_at = excluded.used_at
                RETURNING CASE WHEN kept.xmax = 0 THEN kept.bytes END AS bytes)
            SELECT new_bytes + COALESCE(sum(bytes), 0) INTO new_bytes FROM stored;
    END LOOP;
    IF moves > 0 THEN
        INSERT INTO dynmod.module_change (operation, reason, site_name, app_key, type_name, origin,
                module_key, definition_id, module_id)
            SELECT CASE WHEN ordinality <= removals THEN 'delete' ELSE 'insert' END,
                   record_changes.reason, record_changes.site_name, record_changes.app_key,
                   type_name, origin, module_key, kept_ids[ordinality], id
                FROM unnest(removed || added) WITH ORDINALITY
                ORDER BY ordinality > removals, id;
    END IF;
    IF updates > 0 THEN
        INSERT INTO dynmod.module_change (operation, reason, site_name, app_key, type_name, origin,
                module_key, definition_id, module_id, former_definition_id, former)
            SELECT 'update', record_changes.reason, record_changes.site_name,
                   record_changes.app_key, present.type_name, present.origin, present.module_key,
                   kept_ids[moves + present.ordinality], present.id,
                   kept_ids[moves + updates + present.ordinality],
                   NULLIF(jsonb_strip_nulls(jsonb_build_object(
                       'type_name', NULLIF(before.type_name, present.type_name),
                       'module_key', NULLIF(before.module_key, present.module_key),
                       'origin', NULLIF(before.origin, present.origin))), '{}')
                FROM unnest(altered) WITH ORDINALITY AS present
                JOIN unnest(replaced) AS before USING (id)
                ORDER BY present.id;
    END IF;
    RETURN new_bytes;
END
$$;

CREATE OR REPLACE FUNCTION dynmod.app_before_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.record_changes(site.name, OLD.app_key,
            ARRAY(SELECT module FROM dynmod.module WHERE module.app_id = OLD.id
                  ORDER BY module.id), '{}', '{}', '{}', 'app deleted')
        FROM dynmod.site WHERE site.id = OLD.site_id;
    RETURN OLD;
END
$$;

-- Those modules that the app has.
CREATE FUNCTION dynmod.modules_of(app_id bigint, modules dynmod.module[]) RETURNS dynmod.module[]
    LANGUAGE plpgsql
AS $$
BEGIN
    RETURN ARRAY(SELECT module FROM unnest(modules) AS module
                 WHERE module.app_id = modules_of.app_id);
END
$$;

-- As before, with a short question in place of the long one where all modules are in order.
CREATE OR REPLACE FUNCTION dynmod.modules_changed(former dynmod.module[], present dynmod.module[])
    RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    app_ids bigint[];
    changed_id bigint;
    changed record;
    computed record;
    refused jsonb[];
    removed dynmod.module[] := former;
    added dynmod.module[] := present;
    altered dynmod.module[] := '{}';
    replaced dynmod.module[] := '{}';
    reason constant text := NULLIF(current_setting('dynmod.reason', true), '');
    kept_bytes bigint;
BEGIN
    -- In the order of ids, against deadlocks. The history of modules that went with their app was
    -- written by app_before_delete().
    app_ids := ARRAY(
        SELECT app.id FROM dynmod.app
            WHERE app.id = ANY (ARRAY(SELECT app_id FROM unnest(former || present)))
            ORDER BY app.id FOR NO KEY UPDATE);

    IF present <> '{}' THEN
        -- To set up the query for the reasons takes longer than to find out that there are none.
        IF EXISTS (
            SELECT FROM unnest(present) AS after
                LEFT JOIN dynmod.module_type AS kind ON kind.name = after.type_name
                WHERE (COALESCE(kind.dynamic_override, kind.dynamic_default)
                    AND kind.container = 'list' AND after.module_key ~ '^[a-zA-Z0-9-]+$'
                    AND length(after.module_key) <= 100) IS NOT TRUE) THEN
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
    END IF;

    IF former <> '{}' AND present <> '{}' THEN
        -- A module that moves leaves the history of one app and enters that of the other.
        removed := ARRAY(SELECT before FROM unnest(former) AS before
            WHERE (id, app_id) NOT IN (SELECT id, app_id FROM unnest(present)));
        added := ARRAY(SELECT after FROM unnest(present) AS after
            WHERE (id, app_id) NOT IN (SELECT id, app_id FROM unnest(former)));
        altered := ARRAY(SELECT after
            FROM unnest(present) AS after JOIN unnest(former) AS before USING (id, app_id)
            WHERE after IS DISTINCT FROM before ORDER BY id);
        IF altered <> '{}' THEN
            replaced := ARRAY(SELECT before
                FROM unnest(former) AS before JOIN unnest(altered) AS after USING (id, app_id)
                ORDER BY id);
        END IF;
    END IF;

    FOREACH changed_id IN ARRAY app_ids LOOP
        computed := dynmod.compute_document(changed_id);
        SELECT app.app_key, app.history_bytes, host.name AS site_name, host.module_limit,
               host.byte_limit, host.module_byte_limit, host.history_byte_limit INTO changed
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE app.id = changed_id;
        IF computed.dynamic_modules > changed.module_limit OR computed.bytes > changed.byte_limit
            OR computed.largest > changed.module_byte_limit THEN
            PERFORM dynmod.refuse_excess(app, host, computed.dynamic_modules, computed.bytes,
                    former, present)
                FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
                WHERE app.id = changed_id;
        END IF;
        IF cardinality(app_ids) = 1 THEN
            kept_bytes := dynmod.record_changes(changed.site_name, changed.app_key,
                removed, added, altered, replaced, reason);
        ELSE
            kept_bytes := dynmod.record_changes(changed.site_name, changed.app_key,
                dynmod.modules_of(changed_id, removed), dynmod.modules_of(changed_id, added),
                dynmod.modules_of(changed_id, altered), dynmod.modules_of(changed_id, replaced),
                reason);
        END IF;
        kept_bytes := kept_bytes + changed.history_bytes;
        IF kept_bytes > changed.history_byte_limit THEN
            kept_bytes := dynmod.shrink_history(changed.site_name, changed.app_key,
                changed.history_byte_limit / 4 * 3);
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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

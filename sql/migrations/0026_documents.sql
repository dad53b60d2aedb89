-- Additions and removals of modules with fewer and smaller statements: what is written is read
-- where the trigger finds it, and the document is made from the one before where that is simple.
SET LOCAL lock_timeout = '5s';

-- The document with more modules of one type, whose container is a list, behind all others; NULL
-- where it must be computed, as another list comes behind that of the type. A document has no space
-- behind its own commas and colons, and definitions, which jsonb has written, have one.
CREATE FUNCTION dynmod.document_with(document text, type_name text, definitions text) RETURNS text
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    start constant text := to_json(type_name)::text || ':[';
    plain constant text := document || ''; -- decompressed once
    list constant text := split_part(plain, start, 2);
    kept integer; -- bytes
BEGIN
    IF plain = '{}' THEN
        RETURN '{' || start || definitions || ']}';
    ELSIF position('],"' IN list) > 0 THEN
        RETURN NULL;
    END IF;
    kept := octet_length(plain) - CASE list WHEN '' THEN 1 ELSE 2 END;
    -- Bytes, because to find the last characters PostgreSQL counts from the first one.
    RETURN convert_from(substr(convert_to(plain, 'UTF8'), 1, kept), 'UTF8') || ','
        || CASE list WHEN '' THEN start ELSE '' END || definitions || ']}';
END
$$;

-- The document with one module less, or NULL where it must be computed: the first of a list may be
-- what determined the order of the types. Behind a comma without a space, the definition is found
-- where the module is: within a string its quotes would be escaped, and with quotes of another
-- string for its own, the name "key" would stand outside of strings.
CREATE FUNCTION dynmod.document_without(document text, type_name text, definition text)
    RETURNS text
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    plain constant text := document || ''; -- decompressed once
BEGIN
    IF plain = '{' || to_json(type_name)::text || ':[' || definition || ']}' THEN
        RETURN '{}';
    END IF;
    RETURN NULLIF(replace(plain, ',' || definition, ''), plain);
END
$$;

-- History ----------------------------------------------------------------------------------------

-- Makes sure that the history of the app has these definitions for another while. Gives the ids in
-- the order of the definitions, and how many bytes the history has grown by.
CREATE FUNCTION dynmod.keep_definitions(
    site_name text, app_key text, definitions jsonb[], OUT ids bigint[], OUT new_bytes bigint)
    LANGUAGE plpgsql
AS $$
BEGIN
    new_bytes := 0;
    ids := ARRAY(
        SELECT (SELECT kept.id FROM dynmod.event_definition AS kept
                    WHERE kept.site_name = keep_definitions.site_name
                      AND kept.app_key = keep_definitions.app_key
                      AND kept.digest = sha256(convert_to(sent.definition::text, 'UTF8'))
                      AND kept.used_at > now())
            FROM unnest(definitions) AS sent (definition));
    IF array_position(ids, NULL) IS NULL THEN
        RETURN;
    END IF;
    WITH sent AS MATERIALIZED (
        SELECT place, definition, sha256(convert_to(definition::text, 'UTF8')) AS digest
            FROM unnest(definitions) WITH ORDINALITY AS sent (definition, place)), stored AS (
        INSERT INTO dynmod.event_definition AS kept
            (site_name, app_key, digest, bytes, used_at, definition)
            SELECT DISTINCT ON (sent.digest) keep_definitions.site_name, keep_definitions.app_key,
                   sent.digest, dynmod.history_cost(sent.definition::text),
                   now() + interval '1 hour', sent.definition
                FROM sent WHERE ids[place] IS NULL
            ON CONFLICT ON CONSTRAINT event_definition_unique
                DO UPDATE SET used_at = excluded.used_at
            RETURNING kept.id, kept.digest, CASE WHEN kept.xmax = 0 THEN kept.bytes END AS bytes)
        SELECT array_agg(COALESCE(ids[place], stored.id) ORDER BY place),
               (SELECT COALESCE(sum(bytes), 0) FROM stored)
            INTO ids, new_bytes
            FROM sent LEFT JOIN stored USING (digest);
END
$$;

-- As before.
CREATE OR REPLACE FUNCTION dynmod.record_changes(
    site_name text, app_key text,
    removed dynmod.module[], added dynmod.module[],
    altered dynmod.module[], replaced dynmod.module[], reason text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    removals constant integer := cardinality(removed);
    moves constant integer := removals + cardinality(added);
    updates constant integer := cardinality(altered);
    kept constant record := dynmod.keep_definitions(site_name, app_key,
        ARRAY(SELECT definition FROM unnest(removed || added || altered || replaced)));
BEGIN
    IF moves > 0 THEN
        INSERT INTO dynmod.module_change (operation, reason, site_name, app_key, type_name, origin,
                module_key, definition_id, module_id)
            SELECT CASE WHEN ordinality <= removals THEN 'delete' ELSE 'insert' END,
                   record_changes.reason, record_changes.site_name, record_changes.app_key,
                   type_name, origin, module_key, kept.ids[ordinality], id
                FROM unnest(removed || added) WITH ORDINALITY
                ORDER BY ordinality > removals, id;
    END IF;
    IF updates > 0 THEN
        INSERT INTO dynmod.module_change (operation, reason, site_name, app_key, type_name, origin,
                module_key, definition_id, module_id, former_definition_id, former)
            SELECT 'update', record_changes.reason, record_changes.site_name,
                   record_changes.app_key, present.type_name, present.origin, present.module_key,
                   kept.ids[moves + present.ordinality], present.id,
                   kept.ids[moves + updates + present.ordinality],
                   NULLIF(jsonb_strip_nulls(jsonb_build_object(
                       'type_name', NULLIF(before.type_name, present.type_name),
                       'module_key', NULLIF(before.module_key, present.module_key),
                       'origin', NULLIF(before.origin, present.origin))), '{}')
                FROM unnest(altered) WITH ORDINALITY AS present
                JOIN unnest(replaced) AS before USING (id)
                ORDER BY present.id;
    END IF;
    RETURN kept.new_bytes;
END
$$;

-- Rules ------------------------------------------------------------------------------------------

-- Refuses modules that their apps may not have, with the reasons of all.
CREATE FUNCTION dynmod.check_modules(former dynmod.module[], present dynmod.module[]) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    -- What was there with the same type may stay, although the type may be denied by now.
    -- OFFSET 0 keeps PostgreSQL from reading all types, or all modules of a type.
    refused constant jsonb[] := ARRAY(
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
BEGIN
    IF refused <> '{}' THEN
        PERFORM dynmod.refuse_modules(refused);
    END IF;
END
$$;

-- The document of an app with modules that a statement has written, computed from all its modules,
-- unless those exceed a limit of the site.
CREATE FUNCTION dynmod.checked_document(
    app_id bigint, former dynmod.module[], present dynmod.module[]) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    computed constant record := dynmod.compute_document(app_id);
BEGIN
    PERFORM dynmod.refuse_excess(app, host, computed.dynamic_modules, computed.bytes,
            former, present)
        FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
        WHERE app.id = app_id AND (computed.dynamic_modules > host.module_limit
            OR computed.bytes > host.byte_limit OR computed.largest > host.module_byte_limit);
    RETURN computed.document;
END
$$;

-- Renews the row of an app when its modules have changed and its history has grown. The revision is
-- that of the document; the row changes in any case, for the reason at the top of 0002_rules.sql.
CREATE FUNCTION dynmod.set_document(app_id bigint, document text, new_bytes bigint) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    grown bigint;
BEGIN
    UPDATE dynmod.app SET
        document = set_document.document,
        revision = CASE WHEN app.document = set_document.document THEN revision
                        ELSE nextval('dynmod.revision') END,
        modules_changed_at = now(), history_bytes = history_bytes + new_bytes
        WHERE app.id = app_id
        RETURNING history_bytes INTO grown;
    IF new_bytes > 0 THEN
        UPDATE dynmod.app SET history_bytes = dynmod.shrink_history(
                host.name, app_key, history_byte_limit / 4 * 3)
            FROM dynmod.site AS host
            WHERE app.id = app_id AND host.id = site_id AND grown > history_byte_limit;
    END IF;
END
$$;

-- As before.
CREATE OR REPLACE FUNCTION dynmod.modules_changed(former dynmod.module[], present dynmod.module[])
    RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    app_ids bigint[];
    changed_id bigint;
    changed record;
    document text;
    removed dynmod.module[];
    added dynmod.module[];
    altered dynmod.module[];
    replaced dynmod.module[] := '{}';
    reason constant text := NULLIF(current_setting('dynmod.reason', true), '');
    new_bytes bigint;
BEGIN
    -- In the order of ids, against deadlocks. The history of modules that went with their app was
    -- written by app_before_delete().
    app_ids := ARRAY(
        SELECT app.id FROM dynmod.app
            WHERE app.id = ANY (ARRAY(SELECT app_id FROM unnest(former || present)))
            ORDER BY app.id FOR NO KEY UPDATE);
    -- To set up the query for the reasons takes longer than to find out that there are none.
    IF EXISTS (
        SELECT FROM unnest(present) AS after
            LEFT JOIN dynmod.module_type AS kind ON kind.name = after.type_name
            WHERE (COALESCE(kind.dynamic_override, kind.dynamic_default)
                AND kind.container = 'list' AND after.module_key ~ '^[a-zA-Z0-9-]+$'
                AND length(after.module_key) <= 100) IS NOT TRUE) THEN
        PERFORM dynmod.check_modules(former, present);
    END IF;

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

    FOREACH changed_id IN ARRAY app_ids LOOP
        document := dynmod.checked_document(changed_id, former, present);
        SELECT app_key, host.name AS site_name INTO changed
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = site_id WHERE app.id = changed_id;
        IF cardinality(app_ids) = 1 THEN
            new_bytes := dynmod.record_changes(changed.site_name, changed.app_key,
                removed, added, altered, replaced, reason);
        ELSE
            new_bytes := dynmod.record_changes(changed.site_name, changed.app_key,
                dynmod.modules_of(changed_id, removed), dynmod.modules_of(changed_id, added),
                dynmod.modules_of(changed_id, altered), dynmod.modules_of(changed_id, replaced),
                reason);
        END IF;
        PERFORM dynmod.set_document(changed_id, document, new_bytes);
    END LOOP;
END
$$;

-- What a statement brings about that has only added modules or only removed some: the same as
-- modules_changed(), which does it where they are not of one app.
CREATE FUNCTION dynmod.module_added_or_removed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    adding constant boolean := TG_OP = 'INSERT';
    modules record;
    app record;
    present record;
    kept record;
    new_document text;
BEGIN
    SELECT min(app_id) AS app_id, max(app_id) AS last_app_id, min(id) AS first_id,
           min(type_name) AS type_name, max(type_name) AS last_type_name, count(*) AS number,
           bool_and(origin = 'dynamic') AS dynamic,
           array_agg(definition ORDER BY id) AS definitions,
           max(octet_length(definition::text)) AS largest
        INTO modules
        FROM changed_modules;
    IF modules.app_id <> modules.last_app_id THEN
        PERFORM dynmod.modules_changed(
            ARRAY(SELECT ROW(module.*)::dynmod.module FROM changed_modules AS module
                  WHERE NOT adding),
            ARRAY(SELECT ROW(module.*)::dynmod.module FROM changed_modules AS module WHERE adding));
        RETURN NULL;
    END IF;
    SELECT changed.id, app_key, document, host.name AS site_name,
           module_limit, byte_limit, module_byte_limit INTO app
        FROM dynmod.app AS changed JOIN dynmod.site AS host ON host.id = site_id
        WHERE changed.id = modules.app_id FOR NO KEY UPDATE OF changed;
    IF NOT FOUND THEN
        RETURN NULL; -- there are no modules, or app_before_delete() has written their history
    END IF;

    -- To set up the query for the reasons takes longer than to find out that there are none.
    IF adding AND EXISTS (
        SELECT FROM changed_modules LEFT JOIN dynmod.module_type AS kind ON kind.name = type_name
            WHERE (kind.container = 'list' AND COALESCE(kind.dynamic_override, kind.dynamic_default)
                AND module_key ~ '^[a-zA-Z0-9-]+$' AND length(module_key) <= 100) IS NOT TRUE) THEN
        PERFORM dynmod.check_modules('{}',
            ARRAY(SELECT ROW(module.*)::dynmod.module FROM changed_modules AS module));
    ELSIF adding AND modules.dynamic AND modules.type_name = modules.last_type_name THEN
        SELECT count(*) AS number, count(*) FILTER (WHERE id >= modules.first_id) AS last_number
            INTO present
            FROM (SELECT id FROM dynmod.module
                      WHERE app_id = app.id AND origin = 'dynamic' OFFSET 0) AS of_app;
        IF present.last_number = modules.number AND present.number <= app.module_limit
            AND modules.largest <= app.module_byte_limit THEN
            new_document := dynmod.document_with(app.document, modules.type_name,
                array_to_string(modules.definitions, ','));
        END IF;
    ELSIF NOT adding AND modules.dynamic AND modules.number = 1 THEN
        new_document := dynmod.document_without(app.document, modules.type_name,
            modules.definitions[1]::text);
    END IF;
    IF NOT adding THEN
        new_document := COALESCE(new_document, (dynmod.compute_document(app.id)).document);
    -- A document has more bytes than its modules.
    ELSIF new_document IS NULL OR octet_length(new_document) > app.byte_limit THEN
        new_document := dynmod.checked_document(app.id, '{}',
            ARRAY(SELECT ROW(module.*)::dynmod.module FROM changed_modules AS module));
    END IF;

    kept := dynmod.keep_definitions(app.site_name, app.app_key, modules.definitions);
    INSERT INTO dynmod.module_change (operation, reason, site_name, app_key, type_name, origin,
            module_key, definition_id, module_id)
        SELECT CASE WHEN adding THEN 'insert' ELSE 'delete' END,
               NULLIF(current_setting('dynmod.reason', true), ''), app.site_name, app.app_key,
               type_name, origin, module_key, kept.ids[row_number() OVER (ORDER BY id)], id
            FROM changed_modules;
    PERFORM dynmod.set_document(app.id, new_document, kept.new_bytes);
    RETURN NULL;
END
$$;

DROP TRIGGER module_after_insert ON dynmod.module;
CREATE TRIGGER module_after_insert AFTER INSERT ON dynmod.module
    REFERENCING NEW TABLE AS changed_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_added_or_removed();
DROP TRIGGER module_after_delete ON dynmod.module;
CREATE TRIGGER module_after_delete AFTER DELETE ON dynmod.module
    REFERENCING OLD TABLE AS changed_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_added_or_removed();
DROP FUNCTION dynmod.module_after_insert();
DROP FUNCTION dynmod.module_after_delete();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

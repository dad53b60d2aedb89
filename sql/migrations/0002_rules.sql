-- The rules that hold whoever writes, and the triggers that keep documents and history.
--
-- Isolation. modules_changed() locks the rows of the apps in a statement of its own and counts in a
-- later one. In READ COMMITTED the count then sees what an earlier writer has committed. In
-- REPEATABLE READ and SERIALIZABLE it would not, but every change of a module also updates the row
-- of its app, so that the lock of a concurrent writer fails with 40001 and the transaction must be
-- tried again.
--
-- SQLSTATEs of our own, and what the DETAIL of the error holds as JSON. The SQL standard leaves
-- classes that begin with I to Z to implementations (ISO/IEC 9075-2, 24.1):
--   MD001  keys that occur twice, or that the app already has     ["key", ...]
--   MD002  more dynamic modules than the site allows              {"limit", "present", "added"}
--   MD003  types that are unknown or may not be dynamic           ["type", ...]
--   MD004  a second module of a type that an app may have once    ["type", ...]
--   MD005  the app is not enabled, or gone                        no DETAIL
--   MD006  keys that are not valid, null for a missing one        [key, ...]
SET LOCAL lock_timeout = '5s';

-- What the dynamic modules of an app add up to -------------------------------------------------

-- A loop, because the sorts of string_agg() take three times as long for the few modules of an app.
CREATE FUNCTION dynmod.compute_document(
    app_id bigint, OUT document text, OUT dynamic_modules integer)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    added record;
    types text[] := '{}';
    lists text[] := '{}';
    place integer;
BEGIN
    dynamic_modules := 0;
    FOR added IN
        SELECT type_name, definition::text FROM dynmod.module
            WHERE module.app_id = compute_document.app_id AND origin = 'dynamic' ORDER BY id
    LOOP
        dynamic_modules := dynamic_modules + 1;
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
    'The document of an app as its dynamic modules make it, and how many there are: types by first '
    'registration, each with its modules in order of registration. Triggers keep app.document '
    'equal to it.';

-- Rules ------------------------------------------------------------------------------------------

CREATE FUNCTION dynmod.refuse_duplicate_keys(app_key text, keys text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'MD001', DETAIL = to_json(keys)::text,
        MESSAGE = format('The app %s has duplicate module keys: [%s].', app_key,
            array_to_string(keys, ', '));
END
$$;

-- Raises the error for modules that modules_changed() refuses, [{"rule", "type", "key"}].
CREATE FUNCTION dynmod.refuse_modules(refused jsonb[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rule text := (SELECT min(module ->> 'rule') FROM unnest(refused) AS module);
    types jsonb := (SELECT jsonb_agg(DISTINCT module -> 'type') FROM unnest(refused) AS module
                    WHERE module ->> 'rule' = rule);
    keys jsonb := (SELECT jsonb_agg(module -> 'key') FROM unnest(refused) AS module
                   WHERE module ->> 'rule' = rule);
BEGIN
    IF rule = 'MD003' THEN
        RAISE EXCEPTION USING ERRCODE = rule, DETAIL = types::text,
            MESSAGE = format('these module types are unknown or may not be dynamic: %s', types);
    ELSIF rule = 'MD004' THEN
        RAISE EXCEPTION USING ERRCODE = rule, DETAIL = types::text,
            MESSAGE = format('an app may have only one module of each of these types: %s', types);
    ELSE
        RAISE EXCEPTION USING ERRCODE = rule, DETAIL = keys::text,
            MESSAGE = format('these module keys are not valid: %s', keys),
            HINT = 'A key has 1 to 100 letters, digits and hyphens.';
    END IF;
END
$$;

-- Keeps the rules, the history and the documents after one statement has changed modules: the rows
-- that it changed as they were before and as they are now. Each trigger on module calls it once,
-- and sets for it the search path, that plans are kept, as for arrays PostgreSQL would plan anew
-- each time, which takes longer than all the rest, that they use plain index scans, as a connection
-- keeps a plan from when the tables were small, and that none is compiled, which takes ten times as
-- long as a change. Statements are simple, because to set up a large plan takes longer than to run
-- it for a few modules.
CREATE FUNCTION dynmod.modules_changed(former dynmod.module[], present dynmod.module[]) RETURNS void
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
    number bigint;
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
        -- Also where the document stays the same, for the reason at the top of this file.
        UPDATE dynmod.app SET
            document = computed.document,
            revision = CASE WHEN document = computed.document THEN revision
                            ELSE nextval('dynmod.revision') END,
            modules_changed_at = now()
            FROM dynmod.site WHERE app.id = changed_id AND site.id = site_id
            RETURNING app_key, site.name AS site_name, module_limit INTO changed;

        INSERT INTO dynmod.module_event
            (operation, reason, site_name, app_key, type_name, origin, module_key, definition)
            SELECT part.operation, NULLIF(current_setting('dynmod.reason', true), ''),
                   changed.site_name, changed.app_key, type_name, origin, module_key, definition
                FROM (VALUES ('delete', removed), ('insert', added), ('update', altered))
                    AS part (operation, modules)
                CROSS JOIN unnest(part.modules) WHERE app_id = changed_id
                ORDER BY part.operation, id;

        IF computed.dynamic_modules > changed.module_limit THEN
            -- With a lower limit than before, what is there may still be changed.
            number := (SELECT count(*)
                FROM unnest(present) AS after LEFT JOIN unnest(former) AS before USING (id, app_id)
                WHERE app_id = changed_id
                  AND after.origin = 'dynamic' AND before.origin IS DISTINCT FROM 'dynamic');
            IF number > 0 THEN
                RAISE EXCEPTION USING ERRCODE = 'MD002',
                    MESSAGE = format(
                        'the app %s may have %s dynamic modules, has %s and would get %s more',
                        changed.app_key, changed.module_limit,
                        computed.dynamic_modules - number, number),
                    DETAIL = json_build_object('limit', changed.module_limit,
                        'present', computed.dynamic_modules - number, 'added', number)::text;
            END IF;
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION dynmod.module_after_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    PERFORM dynmod.modules_changed('{}',
        ARRAY(SELECT ROW(after.*)::dynmod.module FROM new_modules AS after));
    RETURN NULL;
END
$$;

CREATE FUNCTION dynmod.module_after_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    PERFORM dynmod.modules_changed(
        ARRAY(SELECT ROW(before.*)::dynmod.module FROM old_modules AS before),
        ARRAY(SELECT ROW(after.*)::dynmod.module FROM new_modules AS after));
    RETURN NULL;
END
$$;

CREATE FUNCTION dynmod.module_after_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    PERFORM dynmod.modules_changed(
        ARRAY(SELECT ROW(before.*)::dynmod.module FROM old_modules AS before), '{}');
    RETURN NULL;
END
$$;

CREATE FUNCTION dynmod.module_before_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM dynmod.module;
    RETURN NULL;
END
$$;

CREATE TRIGGER module_after_insert AFTER INSERT ON dynmod.module
    REFERENCING NEW TABLE AS new_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_insert();

CREATE TRIGGER module_after_update AFTER UPDATE ON dynmod.module
    REFERENCING OLD TABLE AS old_modules NEW TABLE AS new_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_update();

CREATE TRIGGER module_after_delete AFTER DELETE ON dynmod.module
    REFERENCING OLD TABLE AS old_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_delete();

CREATE TRIGGER module_before_truncate BEFORE TRUNCATE ON dynmod.module
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_before_truncate();

-- Triggers on the other tables ----------------------------------------------------------------

-- Brings scopes to upper case without repetition and notes the time.
CREATE FUNCTION dynmod.app_before_write() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.scopes := ARRAY(SELECT DISTINCT upper(scope) FROM unnest(NEW.scopes) AS scope
                        WHERE scope IS NOT NULL ORDER BY 1);
    NEW.changed_at := now();
    RETURN NEW;
END
$$;

CREATE TRIGGER app_before_write BEFORE INSERT OR UPDATE OF
    site_id, app_key, name, base_url, descriptor, shared_secret, scopes, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_before_write();

-- Writes the history of the modules that go with their app, as long as the app has a name.
CREATE FUNCTION dynmod.app_before_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO dynmod.module_event
        (operation, reason, site_name, app_key, type_name, origin, module_key, definition)
        SELECT 'delete', 'app deleted', site.name, OLD.app_key, module.type_name, module.origin,
               module.module_key, module.definition
            FROM dynmod.module JOIN dynmod.site ON site.id = OLD.site_id
            WHERE module.app_id = OLD.id
            ORDER BY module.id;
    RETURN OLD;
END
$$;

CREATE TRIGGER app_before_delete BEFORE DELETE ON dynmod.app
    FOR EACH ROW EXECUTE FUNCTION dynmod.app_before_delete();

-- Writes the documents anew, and refuses to make a type single of which apps have several.
CREATE FUNCTION dynmod.module_type_container_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    modules dynmod.module[] := ARRAY(
        SELECT module FROM dynmod.module WHERE module.type_name = NEW.name);
BEGIN
    PERFORM dynmod.modules_changed(modules, modules);
    RETURN NULL;
END
$$;

CREATE TRIGGER module_type_container_changed AFTER UPDATE OF container ON dynmod.module_type
    FOR EACH ROW WHEN (NEW.container <> OLD.container)
    EXECUTE FUNCTION dynmod.module_type_container_changed();

-- Tells running programs to read the module types again.
CREATE FUNCTION dynmod.types_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dynmod.types_version SET version = nextval('dynmod.revision');
    RETURN NULL;
END
$$;

CREATE TRIGGER module_type_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON dynmod.module_type FOR EACH STATEMENT EXECUTE FUNCTION dynmod.types_changed();

CREATE TRIGGER schema_definition_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON dynmod.schema_definition FOR EACH STATEMENT EXECUTE FUNCTION dynmod.types_changed();

CREATE FUNCTION dynmod.module_event_refuse_update() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = 'the history of modules cannot be changed';
END
$$;

CREATE TRIGGER module_event_refuse_update BEFORE UPDATE ON dynmod.module_event
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_event_refuse_update();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

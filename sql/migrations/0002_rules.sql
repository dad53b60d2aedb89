-- The rules that hold whoever writes, and the triggers that keep documents and history.
--
-- Isolation. The triggers on module lock the app's row in a statement of its own and count in a
-- later statement. In READ COMMITTED the count then sees what an earlier writer has committed.
-- In REPEATABLE READ and SERIALIZABLE it would not, but every change of a module also updates the
-- app's row, so that a concurrent writer's lock fails with 40001 and he must try again.
SET LOCAL lock_timeout = '5s';

-- Rules of one module -----------------------------------------------------------------------

CREATE FUNCTION dynmod.module_before_write() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key jsonb := NEW.definition -> 'key';
    key_is_valid boolean := CASE jsonb_typeof(key)
        WHEN 'string' THEN key #>> '{}' ~ '^[a-zA-Z0-9-]{1,100}$'
        ELSE key IS NULL AND NEW.origin = 'descriptor'
    END;
    may_be_dynamic boolean;
BEGIN
    IF jsonb_typeof(NEW.definition) = 'object' AND NOT key_is_valid THEN
        RAISE EXCEPTION USING ERRCODE = 'DM006',
            MESSAGE = format('a module of type %s has an invalid key', NEW.type_name),
            DETAIL = jsonb_build_array(key)::text,
            HINT = 'A key has 1 to 100 letters, digits and hyphens.';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.type_name = OLD.type_name AND NEW.origin = OLD.origin THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT COALESCE(dynamic_override, dynamic_default) INTO may_be_dynamic
        FROM dynmod.module_type WHERE name = NEW.type_name;
    IF NOT FOUND OR (NEW.origin = 'dynamic' AND NOT may_be_dynamic) THEN
        RAISE EXCEPTION USING ERRCODE = 'DM003',
            MESSAGE = format(CASE WHEN FOUND
                THEN 'the module type %s cannot be registered dynamically'
                ELSE 'the module type %s is unknown' END, NEW.type_name),
            DETAIL = jsonb_build_array(NEW.type_name)::text;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION dynmod.module_before_write() IS
    'Refuses a module with an invalid key (DM006), of an unknown type or of one that may not be '
    'dynamic (DM003).';

CREATE TRIGGER module_before_write BEFORE INSERT OR UPDATE OF type_name, origin, definition
    ON dynmod.module FOR EACH ROW EXECUTE FUNCTION dynmod.module_before_write();
COMMENT ON TRIGGER module_before_write ON dynmod.module IS
    'Checks the key and the type of each module.';

-- Rules and documents of apps -----------------------------------------------------------------

CREATE FUNCTION dynmod.lock_apps(app_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 1 FROM dynmod.app WHERE id = ANY (app_ids) ORDER BY id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION dynmod.lock_apps(bigint[]) IS
    'Makes other writers of these apps wait; always in the same order, against deadlocks.';

CREATE FUNCTION dynmod.check_module_limit(app_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    excess record;
BEGIN
    SELECT app.app_key, site.module_limit, module.number - gain.number AS present,
           gain.number AS added INTO excess
        FROM (SELECT id, count(*) AS number FROM unnest(app_ids) AS id GROUP BY id) AS gain
        JOIN dynmod.app ON app.id = gain.id
        JOIN dynmod.site ON site.id = app.site_id
        CROSS JOIN LATERAL (SELECT count(*) AS number FROM dynmod.module
            WHERE module.app_id = app.id AND module.origin = 'dynamic') AS module
        WHERE module.number > site.module_limit
        ORDER BY app.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'DM002',
            MESSAGE = format('the app %s may have %s dynamic modules, has %s and would get %s more',
                excess.app_key, excess.module_limit, excess.present, excess.added),
            DETAIL = json_build_object('limit', excess.module_limit, 'present', excess.present,
                'added', excess.added)::text;
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.check_module_limit(bigint[]) IS
    'Refuses too many dynamic modules (DM002). The argument names an app once for each dynamic '
    'module that it just got; the apps are locked.';

CREATE FUNCTION dynmod.check_single_types(app_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    names jsonb;
BEGIN
    SELECT jsonb_agg(DISTINCT surplus.name) INTO names
        FROM (SELECT module_type.name FROM dynmod.module
              JOIN dynmod.module_type ON module_type.name = module.type_name
              WHERE module.app_id = ANY (app_ids) AND module_type.container = 'single'
              GROUP BY module.app_id, module_type.name HAVING count(*) > 1) AS surplus;
    IF names IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'DM004',
            MESSAGE = format('an app may have only one module of each of these types: %s', names),
            DETAIL = names::text;
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.check_single_types(bigint[]) IS
    'Refuses a second module of a single-object type, whatever the origin (DM004). The apps are '
    'locked.';

CREATE FUNCTION dynmod.app_document(app_id bigint) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '{' || COALESCE(string_agg(to_json(list.name)::text || ':' ||
            CASE list.container WHEN 'single' THEN list.modules ELSE '[' || list.modules || ']' END,
            ',' ORDER BY list.first_id), '') || '}'
        FROM (SELECT module_type.name, module_type.container, min(module.id) AS first_id,
                     string_agg(module.definition::text, ',' ORDER BY module.id) AS modules
              FROM dynmod.module
              JOIN dynmod.module_type ON module_type.name = module.type_name
              WHERE module.app_id = app_document.app_id AND module.origin = 'dynamic'
              GROUP BY module_type.name, module_type.container) AS list
$$;
COMMENT ON FUNCTION dynmod.app_document(bigint) IS
    'The document of an app, computed from its dynamic modules: types by first registration, '
    'modules in order of registration.';

CREATE FUNCTION dynmod.refresh_documents(app_ids bigint[]) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    WITH computed AS MATERIALIZED (
        SELECT id, dynmod.app_document(id) AS document FROM unnest(app_ids) AS id)
    UPDATE dynmod.app SET
        document = computed.document,
        revision = CASE WHEN computed.document = app.document THEN app.revision
                        ELSE nextval('dynmod.revision') END,
        modules_changed_at = now()
        FROM computed WHERE app.id = computed.id
$$;
COMMENT ON FUNCTION dynmod.refresh_documents(bigint[]) IS
    'Brings document and revision of locked apps up to date. Updates the rows even when the '
    'documents stay the same, for the reason at the top of this migration.';

-- History --------------------------------------------------------------------------------------

CREATE FUNCTION dynmod.write_history(operation text, modules dynmod.module[],
                                     reason text DEFAULT NULL) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO dynmod.module_event
        (operation, reason, site_name, app_key, type_name, origin, module_key, definition)
        SELECT write_history.operation,
               COALESCE(write_history.reason, NULLIF(current_setting('dynmod.reason', true), '')),
               site.name, app.app_key, module.type_name, module.origin, module.module_key,
               module.definition
        FROM unnest(write_history.modules) AS module
        JOIN dynmod.app ON app.id = module.app_id
        JOIN dynmod.site ON site.id = app.site_id
        ORDER BY module.id
$$;
COMMENT ON FUNCTION dynmod.write_history(text, dynmod.module[], text) IS
    'Writes what happened to these modules into the history. Of a module whose app is gone nothing '
    'is written: app_before_delete has done it.';

-- Triggers of a changing statement on module --------------------------------------------------

CREATE FUNCTION dynmod.module_after_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app_ids bigint[] := ARRAY(SELECT DISTINCT app_id FROM new_modules);
BEGIN
    IF app_ids <> '{}' THEN
        PERFORM dynmod.lock_apps(app_ids);
        PERFORM dynmod.check_module_limit(
            ARRAY(SELECT app_id FROM new_modules WHERE origin = 'dynamic'));
        PERFORM dynmod.check_single_types(app_ids);
        PERFORM dynmod.write_history('insert',
            ARRAY(SELECT ROW(module.*)::dynmod.module FROM new_modules AS module));
        PERFORM dynmod.refresh_documents(app_ids);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.module_after_insert() IS
    'Once for each INSERT: rules of the apps, history, documents.';

CREATE FUNCTION dynmod.module_after_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app_ids bigint[] := ARRAY(
        SELECT app_id FROM old_modules UNION SELECT app_id FROM new_modules);
BEGIN
    IF app_ids <> '{}' THEN
        PERFORM dynmod.lock_apps(app_ids);
        PERFORM dynmod.check_module_limit(ARRAY(
            SELECT module.app_id FROM new_modules AS module JOIN old_modules AS former USING (id)
            WHERE module.origin = 'dynamic'
              AND (former.origin <> 'dynamic' OR former.app_id <> module.app_id)));
        PERFORM dynmod.check_single_types(app_ids);
        -- A module that moves leaves the history of one app and enters that of the other.
        PERFORM dynmod.write_history('delete', ARRAY(
            SELECT ROW(former.*)::dynmod.module
            FROM old_modules AS former JOIN new_modules AS module USING (id)
            WHERE module.app_id <> former.app_id));
        PERFORM dynmod.write_history('insert', ARRAY(
            SELECT ROW(module.*)::dynmod.module
            FROM old_modules AS former JOIN new_modules AS module USING (id)
            WHERE module.app_id <> former.app_id));
        PERFORM dynmod.write_history('update', ARRAY(
            SELECT ROW(module.*)::dynmod.module
            FROM old_modules AS former JOIN new_modules AS module USING (id)
            WHERE module.app_id = former.app_id));
        PERFORM dynmod.refresh_documents(app_ids);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.module_after_update() IS
    'Once for each UPDATE: rules of the apps, history, documents.';

CREATE FUNCTION dynmod.module_after_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app_ids bigint[] := ARRAY(SELECT DISTINCT app_id FROM old_modules);
BEGIN
    IF app_ids <> '{}' THEN
        PERFORM dynmod.lock_apps(app_ids);
        PERFORM dynmod.write_history('delete',
            ARRAY(SELECT ROW(former.*)::dynmod.module FROM old_modules AS former));
        PERFORM dynmod.refresh_documents(app_ids);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.module_after_delete() IS
    'Once for each DELETE: history and documents.';

CREATE FUNCTION dynmod.module_before_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.write_history('delete', ARRAY(SELECT module FROM dynmod.module));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.module_before_truncate() IS 'Writes the history of a TRUNCATE.';

CREATE FUNCTION dynmod.module_after_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.refresh_documents(ARRAY(SELECT id FROM dynmod.app ORDER BY id));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.module_after_truncate() IS 'Empties every document after a TRUNCATE.';

CREATE TRIGGER module_after_insert AFTER INSERT ON dynmod.module
    REFERENCING NEW TABLE AS new_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_insert();
COMMENT ON TRIGGER module_after_insert ON dynmod.module IS
    'Limit, single-object types, history and documents.';

CREATE TRIGGER module_after_update AFTER UPDATE ON dynmod.module
    REFERENCING OLD TABLE AS old_modules NEW TABLE AS new_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_update();
COMMENT ON TRIGGER module_after_update ON dynmod.module IS
    'Limit, single-object types, history and documents.';

CREATE TRIGGER module_after_delete AFTER DELETE ON dynmod.module
    REFERENCING OLD TABLE AS old_modules
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_delete();
COMMENT ON TRIGGER module_after_delete ON dynmod.module IS 'History and documents.';

CREATE TRIGGER module_before_truncate BEFORE TRUNCATE ON dynmod.module
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_before_truncate();
COMMENT ON TRIGGER module_before_truncate ON dynmod.module IS 'History.';

CREATE TRIGGER module_after_truncate AFTER TRUNCATE ON dynmod.module
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_after_truncate();
COMMENT ON TRIGGER module_after_truncate ON dynmod.module IS 'Documents.';

-- Triggers on the other tables ----------------------------------------------------------------

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
COMMENT ON FUNCTION dynmod.app_before_write() IS
    'Brings scopes to upper case without repetition and notes the time.';

CREATE TRIGGER app_before_write BEFORE INSERT OR UPDATE OF
    site_id, app_key, name, base_url, descriptor, shared_secret, scopes, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_before_write();
COMMENT ON TRIGGER app_before_write ON dynmod.app IS 'Scopes and the time of the change.';

CREATE FUNCTION dynmod.app_before_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.write_history('delete',
        ARRAY(SELECT module FROM dynmod.module WHERE app_id = OLD.id), 'app deleted');
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION dynmod.app_before_delete() IS
    'Writes the history of the modules that go with their app.';

CREATE TRIGGER app_before_delete BEFORE DELETE ON dynmod.app
    FOR EACH ROW EXECUTE FUNCTION dynmod.app_before_delete();
COMMENT ON TRIGGER app_before_delete ON dynmod.app IS 'History.';

CREATE FUNCTION dynmod.module_type_container_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app_ids bigint[] := ARRAY(
        SELECT DISTINCT app_id FROM dynmod.module WHERE type_name = NEW.name);
BEGIN
    PERFORM dynmod.lock_apps(app_ids);
    PERFORM dynmod.check_single_types(app_ids);
    PERFORM dynmod.refresh_documents(app_ids);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.module_type_container_changed() IS
    'Writes the documents anew, and refuses a single-object type of which apps have several.';

CREATE TRIGGER module_type_container_changed AFTER UPDATE OF container ON dynmod.module_type
    FOR EACH ROW WHEN (NEW.container <> OLD.container)
    EXECUTE FUNCTION dynmod.module_type_container_changed();
COMMENT ON TRIGGER module_type_container_changed ON dynmod.module_type IS 'Documents.';

CREATE FUNCTION dynmod.types_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dynmod.types_version SET version = nextval('dynmod.revision');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.types_changed() IS
    'Tells running programs to read the module types again.';

CREATE TRIGGER module_type_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON dynmod.module_type FOR EACH STATEMENT EXECUTE FUNCTION dynmod.types_changed();
COMMENT ON TRIGGER module_type_changed ON dynmod.module_type IS 'A new version of the types.';

CREATE TRIGGER schema_definition_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
    ON dynmod.schema_definition FOR EACH STATEMENT EXECUTE FUNCTION dynmod.types_changed();
COMMENT ON TRIGGER schema_definition_changed ON dynmod.schema_definition IS
    'A new version of the types.';

CREATE FUNCTION dynmod.module_event_refuse_update() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = 'the history of modules cannot be changed';
END
$$;
COMMENT ON FUNCTION dynmod.module_event_refuse_update() IS 'Keeps the history as it was written.';

CREATE TRIGGER module_event_refuse_update BEFORE UPDATE ON dynmod.module_event
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.module_event_refuse_update();
COMMENT ON TRIGGER module_event_refuse_update ON dynmod.module_event IS
    'Nobody changes history, the owner included.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

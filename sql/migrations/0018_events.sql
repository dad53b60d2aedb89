-- The history of sites and module types, all of it in one view, and removals that say what goes.
SET LOCAL lock_timeout = '5s';

-- Sites and types ---------------------------------------------------------------------------------

-- Who, when and why as for the events of apps.
CREATE TABLE dynmod.setting_event (
    LIKE dynmod.app_event INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING COMMENTS);
ALTER TABLE dynmod.setting_event
    ADD PRIMARY KEY (id),
    DROP COLUMN app_key,
    ALTER COLUMN site_name DROP NOT NULL,
    ADD COLUMN type_name text,
    ADD CONSTRAINT setting_event_operation_values
        CHECK (operation IN ('add', 'change', 'remove', 'add_key', 'rotate_key')),
    ADD CONSTRAINT setting_event_subject CHECK ((site_name IS NULL) <> (type_name IS NULL));
CREATE INDEX setting_event_happened_index ON dynmod.setting_event (happened_at);
COMMENT ON TABLE dynmod.setting_event IS
    'History: every change of a site, its limits and its keys, and of a module type, but not the '
    'loading of the builtin ones. Rows are only added; dynmodctl history prune deletes old ones.';
COMMENT ON COLUMN dynmod.setting_event.type_name IS 'The module type, as text to outlive it.';
COMMENT ON COLUMN dynmod.setting_event.detail IS
    'The columns that changed, as "former" and "present", of a schema its SHA-256; the kid of a '
    'key.';

CREATE TRIGGER setting_event_refuse_update BEFORE UPDATE ON dynmod.setting_event
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.history_refuse_update();

-- What differs between two rows, either of which may be NULL, as {"former", "present"}; an empty
-- object if nothing does.
CREATE FUNCTION dynmod.row_difference(former jsonb, present jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
            'former', jsonb_object_agg(name, former -> name) FILTER (WHERE former ? name),
            'present', jsonb_object_agg(name, present -> name) FILTER (WHERE present ? name)))
        FROM jsonb_object_keys(COALESCE(former, '{}') || COALESCE(present, '{}')) AS name
        WHERE former -> name IS DISTINCT FROM present -> name
$$;

-- Of a row of site or module_type what people decide.
CREATE FUNCTION dynmod.settings_of(setting jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT setting - '{id,created_at,context_path,address,loaded,schema}'::text[]
        || CASE WHEN setting ? 'schema' THEN jsonb_build_object('schema_sha256',
               encode(sha256(convert_to(setting ->> 'schema', 'UTF8')), 'hex')) ELSE '{}' END
$$;

-- Writes the history of a site or a module type, whoever changes it.
CREATE FUNCTION dynmod.setting_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    difference constant jsonb := dynmod.row_difference(
        dynmod.settings_of(to_jsonb(OLD)), dynmod.settings_of(to_jsonb(NEW)));
    name constant text := COALESCE(NEW.name, OLD.name);
BEGIN
    IF difference = '{}' OR (TG_OP = 'INSERT' AND to_jsonb(NEW) ->> 'origin' = 'builtin') THEN
        RETURN NULL;
    END IF;
    INSERT INTO dynmod.setting_event (operation, site_name, type_name, detail)
        VALUES (CASE TG_OP WHEN 'INSERT' THEN 'add' WHEN 'DELETE' THEN 'remove'
                    ELSE 'change' END,
                CASE WHEN TG_TABLE_NAME = 'site' THEN name END,
                CASE WHEN TG_TABLE_NAME <> 'site' THEN name END, difference);
    RETURN NULL;
END
$$;

CREATE TRIGGER site_changed AFTER INSERT OR UPDATE OR DELETE ON dynmod.site
    FOR EACH ROW EXECUTE FUNCTION dynmod.setting_changed();
CREATE TRIGGER module_type_setting_changed AFTER INSERT OR UPDATE OR DELETE ON dynmod.module_type
    FOR EACH ROW EXECUTE FUNCTION dynmod.setting_changed();

CREATE FUNCTION dynmod.site_key_added() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO dynmod.setting_event (operation, site_name, detail)
        SELECT CASE WHEN EXISTS (SELECT FROM dynmod.site_key AS other
                                 WHERE other.site_id = NEW.site_id AND other.kid <> NEW.kid)
                    THEN 'rotate_key' ELSE 'add_key' END,
               site.name, jsonb_build_object('kid', NEW.kid)
            FROM dynmod.site WHERE site.id = NEW.site_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER site_key_added AFTER INSERT ON dynmod.site_key
    FOR EACH ROW EXECUTE FUNCTION dynmod.site_key_added();

-- Which version of an app was installed.
CREATE FUNCTION dynmod.app_event_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.detail := NEW.detail || jsonb_strip_nulls(jsonb_build_object('version', (
        SELECT left(app.descriptor ->> 'version', 100)
            FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id
            WHERE site.name = NEW.site_name AND app.app_key = NEW.app_key)));
    RETURN NEW;
END
$$;

CREATE TRIGGER app_event_version BEFORE INSERT ON dynmod.app_event FOR EACH ROW
    WHEN (NEW.operation IN ('install', 'upgrade', 'reinstall'))
    EXECUTE FUNCTION dynmod.app_event_version();
COMMENT ON COLUMN dynmod.app_event.detail IS
    'The former and the present state, the version that was installed; of a call its event, URL, '
    'status, milliseconds, error and the start of the answer.';

-- All of it ---------------------------------------------------------------------------------------

CREATE INDEX module_change_happened_index ON dynmod.module_change (happened_at);
CREATE INDEX app_event_happened_index ON dynmod.app_event (happened_at);

CREATE VIEW dynmod.history AS
    SELECT happened_at, 'module'::text AS kind, operation, site_name, app_key, type_name,
           module_key, actor, login, reason, jsonb_build_object('origin', origin) AS detail, id
        FROM dynmod.module_change
    UNION ALL
    SELECT happened_at, 'app'::text, operation, site_name, app_key, NULL::text,
           NULL::text, actor, login, reason, detail, id
        FROM dynmod.app_event
    UNION ALL
    SELECT happened_at, CASE WHEN site_name IS NULL THEN 'type' ELSE 'site' END, operation,
           site_name, NULL::text, type_name,
           NULL::text, actor, login, reason, detail, id
        FROM dynmod.setting_event;
COMMENT ON VIEW dynmod.history IS
    'The whole history: modules, apps, sites and module types, with actor, login and reason as in '
    'module_event, which has the definitions. Order by happened_at.';
COMMENT ON COLUMN dynmod.history.kind IS 'module, app, site or type.';
COMMENT ON COLUMN dynmod.history.id IS 'Unique among the events of a kind.';
COMMENT ON COLUMN dynmod.history.reason IS
    'Why: the setting dynmod.reason of the transaction, as dynmodctl --reason sets it.';

-- As before, of all sites, also those that are gone, and of the types when none is named.
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
    FOREACH events IN ARRAY '{module_change,app_event,setting_event}'::text[] LOOP
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
        -- no event has them any more
        DELETE FROM dynmod.event_definition WHERE id IN (
            SELECT id FROM dynmod.event_definition
                WHERE (site IS NULL OR site_name = site) AND used_at < until
                ORDER BY id LIMIT most);
        GET DIAGNOSTICS deleted = ROW_COUNT;
    END IF;
    RETURN deleted;
END
$$;
COMMENT ON FUNCTION dynmod.prune_history(text, integer, integer) IS
    'Deletes what is older than so many days in the history of a site, or of everything where it '
    'is NULL, at most so many rows of a kind; gives how many, 0 when nothing is left to delete.';

-- Removals ----------------------------------------------------------------------------------------

CREATE FUNCTION dynmod.remove_app(site text, app_key text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM dynmod.lock_app(site, app_key, false);
    DELETE FROM dynmod.app AS present USING dynmod.site AS host
        WHERE host.id = present.site_id AND host.name = remove_app.site
          AND present.app_key = remove_app.app_key;
END
$$;
COMMENT ON FUNCTION dynmod.remove_app(text, text) IS
    'Removes an app with its modules, secrets, properties and waiting calls, without a call to it. '
    'The history stays. Raises P0002 when there is no such app, MD007 while it is being installed.';

CREATE FUNCTION dynmod.remove_site(site text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    host_id bigint;
BEGIN
    SELECT host.id INTO host_id FROM dynmod.site AS host
        WHERE host.name = remove_site.site FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no site %s', site);
    END IF;
    -- in the order of ids, against deadlocks
    PERFORM FROM dynmod.app WHERE app.site_id = host_id ORDER BY app.id FOR UPDATE;
    DELETE FROM dynmod.app WHERE app.site_id = host_id;
    DELETE FROM dynmod.site AS host WHERE host.id = host_id;
END
$$;
COMMENT ON FUNCTION dynmod.remove_site(text) IS
    'Removes a site with its apps and keys, without a call to them. The history stays. Raises '
    'P0002 when there is no such site, MD007 while an app is being installed.';

CREATE FUNCTION dynmod.remove_module_type(name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    present_origin text;
    uses bigint;
BEGIN
    SELECT kind.origin INTO present_origin FROM dynmod.module_type AS kind
        WHERE kind.name = remove_module_type.name FOR UPDATE;
    uses := (SELECT count(*) FROM dynmod.module
                 WHERE module.type_name = remove_module_type.name);
    IF present_origin IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('the module type %s is unknown', name);
    ELSIF present_origin = 'builtin' THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = format('%s is a builtin module type, which can only be denied', name);
    ELSIF uses > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
            MESSAGE = format('there are modules of type %s: %s', name, uses);
    END IF;
    DELETE FROM dynmod.module_type AS kind WHERE kind.name = remove_module_type.name;
END
$$;
COMMENT ON FUNCTION dynmod.remove_module_type(text) IS
    'Removes a type of the operator''s of which there are no modules. Raises P0002 for an unknown '
    'one, 23001 for a builtin one or while there are modules.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

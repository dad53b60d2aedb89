-- The operator's functions: the life of an app. The operator's tool calls them, psql may as well.
-- Unknown sites and apps raise P0002 (no_data_found), senseless arguments class 22.
SET LOCAL lock_timeout = '5s';

-- Modules of a descriptor ---------------------------------------------------------------------

-- The modules of a descriptor, from lists and single objects alike.
CREATE FUNCTION dynmod.descriptor_modules(
    descriptor jsonb, OUT place bigint, OUT type_name text, OUT definition jsonb)
    RETURNS SETOF record
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT row_number() OVER (ORDER BY list.place, item.place), list.name, item.definition
        FROM jsonb_each(COALESCE(NULLIF(descriptor -> 'modules', 'null'), '{}'))
            WITH ORDINALITY AS list (name, modules, place)
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(list.modules) WHEN 'array' THEN list.modules
                 ELSE jsonb_build_array(list.modules) END)
            WITH ORDINALITY AS item (definition, place)
$$;

-- Refuses what install_app could not store: no key or base URL (22023), keys used twice
-- (MD001). The triggers on module refuse the rest.
CREATE FUNCTION dynmod.check_descriptor(descriptor jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    refused text[];
BEGIN
    IF jsonb_typeof(descriptor -> 'key') IS DISTINCT FROM 'string'
        OR jsonb_typeof(descriptor -> 'baseUrl') IS DISTINCT FROM 'string' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'this is not a descriptor: it lacks the text "key" or "baseUrl"';
    END IF;
    refused := ARRAY(
        SELECT definition ->> 'key' FROM dynmod.descriptor_modules(descriptor)
        GROUP BY 1 HAVING count(definition ->> 'key') > 1 ORDER BY min(place));
    IF refused <> '{}' THEN
        PERFORM dynmod.refuse_duplicate_keys(descriptor ->> 'key', refused);
    END IF;
END
$$;

-- When a new descriptor has a key or a single-object module that the locked app registered
-- dynamically, removes what site.on_clash says; gives the removed as [{"type","key"},…].
CREATE FUNCTION dynmod.drop_clashing_modules(app_id bigint, descriptor jsonb, on_clash text)
    RETURNS json
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    clashing bigint[] := ARRAY(
        SELECT module.id FROM dynmod.module
        JOIN dynmod.module_type ON module_type.name = module.type_name
        WHERE module.app_id = drop_clashing_modules.app_id AND module.origin = 'dynamic'
          AND EXISTS (
              SELECT FROM dynmod.descriptor_modules(descriptor) AS wanted
              WHERE wanted.definition ->> 'key' = module.module_key
                 OR (wanted.type_name = module.type_name AND module_type.container = 'single')));
    former_reason text := COALESCE(current_setting('dynmod.reason', true), '');
    dropped json;
BEGIN
    IF clashing = '{}' THEN
        RETURN '[]';
    END IF;
    PERFORM set_config('dynmod.reason', 'clash with a new descriptor', true);
    WITH gone AS (
        DELETE FROM dynmod.module
            WHERE module.app_id = drop_clashing_modules.app_id AND module.origin = 'dynamic'
              AND (on_clash = 'remove_all' OR module.id = ANY (clashing))
            RETURNING module.id, module.type_name, module.module_key)
    SELECT json_agg(json_build_object('type', gone.type_name, 'key', gone.module_key)
                    ORDER BY gone.id) INTO dropped FROM gone;
    PERFORM set_config('dynmod.reason', former_reason, true);
    RETURN dropped;
END
$$;

-- Replaces the modules of origin descriptor of the locked app by those of this descriptor.
CREATE FUNCTION dynmod.store_descriptor_modules(app_id bigint, descriptor jsonb) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    -- What stays equal is not touched, so that the history tells real changes. Modules without a
    -- key cannot be told apart and are always stored anew.
    DELETE FROM dynmod.module
        WHERE module.app_id = store_descriptor_modules.app_id AND module.origin = 'descriptor'
          AND (module.module_key IS NULL OR (module.type_name, module.definition) NOT IN (
              SELECT wanted.type_name, wanted.definition
              FROM dynmod.descriptor_modules(descriptor) AS wanted));
    INSERT INTO dynmod.module (app_id, type_name, origin, definition)
        SELECT store_descriptor_modules.app_id, wanted.type_name, 'descriptor', wanted.definition
        FROM dynmod.descriptor_modules(descriptor) AS wanted
        WHERE NOT EXISTS (
            SELECT FROM dynmod.module
            WHERE module.app_id = store_descriptor_modules.app_id
              AND module.origin = 'descriptor' AND module.type_name = wanted.type_name
              AND module.definition = wanted.definition)
        ORDER BY wanted.place;
$$;

-- The life of an app --------------------------------------------------------------------------

-- A shared secret of 64 hex digits, 244 of its 256 bits random.
CREATE FUNCTION dynmod.generate_secret() RETURNS text
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
$$;

CREATE FUNCTION dynmod.install_app(
    site text, descriptor jsonb, secret text DEFAULT NULL, actor text DEFAULT NULL)
    RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    host dynmod.site;
    app record;
    action text;
    dropped json;
BEGIN
    PERFORM set_config('dynmod.actor', install_app.actor, true)
        WHERE install_app.actor IS NOT NULL;
    SELECT * INTO host FROM dynmod.site AS present WHERE present.name = install_app.site;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no site %s', install_app.site);
    END IF;
    PERFORM dynmod.check_descriptor(descriptor);
    secret := COALESCE(secret, dynmod.generate_secret());
    INSERT INTO dynmod.app AS present (site_id, app_key, name, base_url, descriptor, shared_secret)
        VALUES (host.id, descriptor ->> 'key', COALESCE(descriptor ->> 'name', ''),
            descriptor ->> 'baseUrl', descriptor, secret)
        ON CONFLICT (site_id, app_key) DO NOTHING;
    action := CASE WHEN FOUND THEN 'installed' ELSE 'upgraded' END;
    app := dynmod.lock_app(install_app.site, descriptor ->> 'key', false);
    IF app.state = 'uninstalled' THEN
        action := 'reinstalled';
        app.state := 'enabled';
        app.shared_secret := secret;
        app.name := COALESCE(descriptor ->> 'name', '');
    END IF;
    UPDATE dynmod.app AS present SET
        name = app.name, state = app.state, shared_secret = app.shared_secret,
        base_url = install_app.descriptor ->> 'baseUrl',
        scopes = ARRAY(SELECT jsonb_array_elements_text(
            COALESCE(NULLIF(install_app.descriptor -> 'scopes', 'null'), '[]'))),
        descriptor = install_app.descriptor
        WHERE present.id = app.id;
    dropped := dynmod.drop_clashing_modules(app.id, descriptor, host.on_clash);
    PERFORM dynmod.store_descriptor_modules(app.id, descriptor);
    RETURN json_build_object('key', descriptor -> 'key', 'clientKey', host.client_key,
        'sharedSecret', app.shared_secret, 'state', app.state, 'site', host.name,
        'baseUrl', host.base_url, 'action', action, 'dropped', dropped);
END
$$;
COMMENT ON FUNCTION dynmod.install_app(text, jsonb, text, text) IS
    'Installs an app, or upgrades it when it is there: its secret and state stay; or brings an '
    'uninstalled one back: enabled, with a new secret and the dynamic modules it had. The secret '
    'is made here when none is given. Gives {"key","clientKey","sharedSecret","state","site",'
    '"baseUrl","action","dropped"}: action is installed, upgraded or reinstalled; dropped lists '
    'the dynamic modules removed because of a clash.';

CREATE FUNCTION dynmod.set_app_state(site text, app_key text, state text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, false);
BEGIN
    IF app.state = 'uninstalled' AND state <> 'uninstalled' THEN
        RAISE EXCEPTION USING ERRCODE = 'MD005',
            MESSAGE = format('the app %s is uninstalled', app_key),
            HINT = 'Install it again: it gets a new secret and its dynamic modules come back.';
    END IF;
    UPDATE dynmod.app AS present SET state = set_app_state.state WHERE present.id = app.id;
    RETURN app.state;
END
$$;
COMMENT ON FUNCTION dynmod.set_app_state(text, text, text) IS
    'Makes an app enabled, disabled or uninstalled and gives its former state. An uninstalled app '
    'comes back by install_app only (MD005). Raises P0002 when there is none.';

CREATE FUNCTION dynmod.rotate_secret(site text, app_key text, secret text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, false);
BEGIN
    secret := COALESCE(secret, dynmod.generate_secret());
    UPDATE dynmod.app AS present SET shared_secret = secret WHERE present.id = app.id;
    RETURN secret;
END
$$;
COMMENT ON FUNCTION dynmod.rotate_secret(text, text, text) IS
    'Gives the app another shared secret, made here when none is given, and returns it. The old '
    'one is void at once. Raises P0002 when there is no such app.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

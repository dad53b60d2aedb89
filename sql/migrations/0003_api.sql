-- The five functions of the API: all that the web program may execute.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION dynmod.find_caller(
    site text, app_key text,
    OUT schema_version integer, OUT context_path text,
    OUT app_id bigint, OUT state text, OUT shared_secret text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (SELECT max(version) FROM dynmod.schema_version), site.context_path,
           app.id, app.state, app.shared_secret
        FROM dynmod.site
        LEFT JOIN dynmod.app ON app.site_id = site.id AND app.app_key = find_caller.app_key
        WHERE site.name = find_caller.site
$$;
COMMENT ON FUNCTION dynmod.find_caller(text, text) IS
    'What the web program needs to check who is calling. No row for an unknown site; the columns '
    'of the app are NULL for an unknown app.';

CREATE FUNCTION dynmod.find_caller_with_document(
    site text, app_key text,
    OUT schema_version integer, OUT context_path text,
    OUT app_id bigint, OUT state text, OUT shared_secret text,
    OUT revision bigint, OUT document text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (SELECT max(version) FROM dynmod.schema_version), site.context_path,
           app.id, app.state, app.shared_secret, app.revision, app.document
        FROM dynmod.site
        LEFT JOIN dynmod.app
            ON app.site_id = site.id AND app.app_key = find_caller_with_document.app_key
        WHERE site.name = find_caller_with_document.site
$$;
COMMENT ON FUNCTION dynmod.find_caller_with_document(text, text) IS
    'Like find_caller, with the ready answer to GET and its revision.';

CREATE FUNCTION dynmod.types_document() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT json_build_object(
        'definitions', COALESCE((
            SELECT json_object_agg(name, schema ORDER BY name) FROM dynmod.schema_definition),
            '{}'),
        'types', COALESCE((
            SELECT json_agg(json_build_object(
                'name', name, 'title', title, 'container', container,
                'dynamic', COALESCE(dynamic_override, dynamic_default),
                'requiredScope', required_scope, 'deprecated', deprecated, 'schema', schema)
                ORDER BY name) FROM dynmod.module_type),
            '[]'))::text
$$;
COMMENT ON FUNCTION dynmod.types_document() IS
    'All module types and the building blocks of their schemas as one JSON text.';

CREATE FUNCTION dynmod.find_caller_for_registration(
    site text, app_key text, known_types_version bigint,
    OUT schema_version integer, OUT context_path text,
    OUT app_id bigint, OUT state text, OUT shared_secret text,
    OUT scopes text, OUT module_limit integer, OUT modules text,
    OUT types_version bigint, OUT types text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (SELECT max(version) FROM dynmod.schema_version), site.context_path,
           app.id, app.state, app.shared_secret, array_to_json(app.scopes)::text,
           site.module_limit, present.modules, types_version.version,
           CASE WHEN app.id IS NOT NULL
                 AND types_version.version
                     IS DISTINCT FROM find_caller_for_registration.known_types_version
                THEN dynmod.types_document() END
        FROM dynmod.site
        CROSS JOIN dynmod.types_version
        LEFT JOIN dynmod.app
            ON app.site_id = site.id AND app.app_key = find_caller_for_registration.app_key
        LEFT JOIN LATERAL (
            SELECT COALESCE(json_agg(json_build_object('type', module.type_name,
                       'key', module.module_key, 'origin', module.origin)
                       ORDER BY module.id), '[]')::text AS modules
            FROM dynmod.module WHERE module.app_id = app.id) AS present ON app.id IS NOT NULL
        WHERE site.name = find_caller_for_registration.site
$$;
COMMENT ON FUNCTION dynmod.find_caller_for_registration(text, text, bigint) IS
    'Like find_caller, with what a registration is checked against. The types are NULL when the '
    'version the program holds is still right, or when the app is unknown.';

CREATE FUNCTION dynmod.lock_enabled_app(app_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present_state text;
BEGIN
    SELECT app.state INTO present_state
        FROM dynmod.app WHERE app.id = lock_enabled_app.app_id FOR NO KEY UPDATE;
    IF present_state IS DISTINCT FROM 'enabled' THEN
        RAISE EXCEPTION USING ERRCODE = 'DM005',
            MESSAGE = format('the app is %s', COALESCE(present_state, 'gone'));
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.lock_enabled_app(bigint) IS
    'Makes other writers of the app wait; refuses one that is not enabled or gone (DM005).';

CREATE FUNCTION dynmod.check_duplicate_keys(app_id bigint, modules jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    keys text[];
BEGIN
    SELECT array_agg(wanted.key ORDER BY wanted.place) INTO keys
        FROM (SELECT item.value #>> '{definition,key}' AS key, min(item.place) AS place,
                     count(*) AS number
              FROM jsonb_array_elements(modules) WITH ORDINALITY AS item (value, place)
              GROUP BY 1) AS wanted
        WHERE wanted.key IS NOT NULL
          AND (wanted.number > 1 OR EXISTS (
              SELECT FROM dynmod.module
              WHERE module.app_id = check_duplicate_keys.app_id
                AND module.module_key = wanted.key));
    IF keys IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'DM001',
            MESSAGE = format('The app %s has duplicate module keys: [%s].',
                (SELECT app.app_key FROM dynmod.app WHERE app.id = check_duplicate_keys.app_id),
                array_to_string(keys, ', ')),
            DETAIL = to_json(keys)::text;
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.check_duplicate_keys(bigint, jsonb) IS
    'Refuses keys that occur twice in the request or that the app already has, naming all (DM001).';

CREATE FUNCTION dynmod.check_registration(app_id bigint, modules jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    refused jsonb;
BEGIN
    SELECT jsonb_agg(DISTINCT item.value -> 'type') INTO refused
        FROM jsonb_array_elements(modules) AS item
        LEFT JOIN dynmod.module_type ON module_type.name = item.value ->> 'type'
        WHERE COALESCE(module_type.dynamic_override, module_type.dynamic_default) IS NOT TRUE;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'DM003',
            MESSAGE = format('module types unknown or not dynamic: %s', refused),
            DETAIL = refused::text;
    END IF;
    SELECT jsonb_agg(item.value #> '{definition,key}' ORDER BY item.place) INTO refused
        FROM jsonb_array_elements(modules) WITH ORDINALITY AS item (value, place)
        WHERE (jsonb_typeof(item.value #> '{definition,key}') = 'string'
               AND item.value #>> '{definition,key}' ~ '^[a-zA-Z0-9-]{1,100}$') IS NOT TRUE;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'DM006',
            MESSAGE = format('%s of the modules have an invalid key', jsonb_array_length(refused)),
            DETAIL = refused::text,
            HINT = 'A key has 1 to 100 letters, digits and hyphens.';
    END IF;
    PERFORM dynmod.check_duplicate_keys(app_id, modules);
END
$$;
COMMENT ON FUNCTION dynmod.check_registration(bigint, jsonb) IS
    'Refuses a request with wrong types (DM003) or keys (DM006, DM001), naming all of one kind. '
    'The triggers would refuse it as well, but name the first one only.';

CREATE FUNCTION dynmod.register_modules(app_id bigint, modules jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM dynmod.lock_enabled_app(app_id);
    PERFORM dynmod.check_registration(app_id, modules);
    BEGIN
        INSERT INTO dynmod.module (app_id, type_name, origin, definition)
            SELECT register_modules.app_id, item.value ->> 'type', 'dynamic',
                   item.value -> 'definition'
            FROM jsonb_array_elements(modules) WITH ORDINALITY AS item (value, place)
            ORDER BY item.place;
    EXCEPTION WHEN unique_violation THEN
        -- Somebody wrote to the table without locking the app; now his keys can be seen.
        PERFORM dynmod.check_duplicate_keys(app_id, modules);
        RAISE;
    END;
    RETURN (SELECT app.revision FROM dynmod.app WHERE app.id = register_modules.app_id);
END
$$;
COMMENT ON FUNCTION dynmod.register_modules(bigint, jsonb) IS
    'Registers [{"type":…,"definition":{…}},…] as dynamic modules, all or none, and gives the new '
    'revision. Raises DM001 duplicate keys, DM002 limit, DM003 type, DM004 single-object type, '
    'DM005 app not enabled, DM006 key; DETAIL holds JSON.';

CREATE FUNCTION dynmod.remove_modules(app_id bigint, keys text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    removed integer;
BEGIN
    PERFORM dynmod.lock_enabled_app(app_id);
    DELETE FROM dynmod.module
        WHERE module.app_id = remove_modules.app_id AND module.origin = 'dynamic'
          AND (keys IS NULL OR module.module_key = ANY (keys));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;
COMMENT ON FUNCTION dynmod.remove_modules(bigint, text[]) IS
    'Removes the dynamic modules with these keys, all of them for NULL, and gives their number. '
    'Unknown keys are ignored. Raises DM005 when the app is not enabled.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

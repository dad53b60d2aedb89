-- The functions of the API: all that the web program may execute.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION dynmod.current_version() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
SELECT max(version) FROM dynmod.schema_version
$$;
COMMENT ON FUNCTION dynmod.current_version() IS
    'The newest migration that this database has received; programs refuse to work below theirs.';

CREATE FUNCTION dynmod.find_app(
    site text, INOUT app_key text,
    OUT context_path text, OUT state text, OUT shared_secret text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, app.shared_secret
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app ON app.site_id = host.id AND app.app_key = find_app.app_key
            WHERE host.name = find_app.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_app(text, text) IS
    'What the web program needs to check who is calling. No row for an unknown site; the columns '
    'of the app are NULL for an unknown app.';

CREATE FUNCTION dynmod.find_app_with_document(
    site text, INOUT app_key text, known_revisions bigint[],
    OUT context_path text, OUT state text, OUT shared_secret text,
    OUT revision bigint, OUT document text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, app.shared_secret, app.revision,
               CASE WHEN app.revision = ANY (known_revisions) THEN NULL ELSE app.document END
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app
                ON app.site_id = host.id AND app.app_key = find_app_with_document.app_key
            WHERE host.name = find_app_with_document.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_app_with_document(text, text, bigint[]) IS
    'Like find_app, with the revision of the dynamic modules, and with the ready answer to GET '
    'unless the client knows that revision.';

CREATE FUNCTION dynmod.types_document() RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN json_build_object(
        'definitions', COALESCE((
            SELECT json_object_agg(name, schema ORDER BY name) FROM dynmod.schema_definition),
            '{}'),
        'types', COALESCE((
            SELECT json_agg(json_build_object(
                'name', name, 'title', title, 'container', container,
                'dynamic', COALESCE(dynamic_override, dynamic_default),
                'requiredScope', required_scope, 'deprecated', deprecated, 'schema', schema)
                ORDER BY name) FROM dynmod.module_type),
            '[]'))::text;
END
$$;
COMMENT ON FUNCTION dynmod.types_document() IS
    'All module types and the building blocks of their schemas as one JSON text.';

CREATE FUNCTION dynmod.find_app_for_registration(
    site text, INOUT app_key text, known_types_version bigint,
    OUT context_path text, OUT state text, OUT shared_secret text,
    OUT scopes text[], OUT module_limit integer, OUT modules text,
    OUT types_version bigint, OUT types text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, app.shared_secret, app.scopes,
               host.module_limit,
               CASE WHEN app.id IS NOT NULL THEN (
                   SELECT COALESCE(json_agg(json_build_object('type', module.type_name,
                              'key', module.module_key, 'origin', module.origin)
                              ORDER BY module.id), '[]')::text
                       FROM dynmod.module WHERE module.app_id = app.id) END,
               newest.version,
               CASE WHEN app.id IS NOT NULL
                     AND newest.version IS DISTINCT FROM known_types_version
                    THEN dynmod.types_document() END
            FROM dynmod.site AS host
            -- Never analyzed, the table of one row would be taken for thousands.
            CROSS JOIN (SELECT max(version) AS version FROM dynmod.types_version) AS newest
            LEFT JOIN dynmod.app
                ON app.site_id = host.id AND app.app_key = find_app_for_registration.app_key
            WHERE host.name = find_app_for_registration.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_app_for_registration(text, text, bigint) IS
    'Like find_app, with what a registration is checked against. The types are NULL when the '
    'version the program holds is still right, or when the app is unknown.';

-- The app, with other writers made to wait. Raises P0002 when there is none; where it must be
-- enabled, MD005 when it is not or is not there. The functions that call it set the search path.
CREATE FUNCTION dynmod.lock_app(
    site text, app_key text, must_be_enabled boolean,
    OUT id bigint, OUT name text, OUT state text, OUT shared_secret text)
    LANGUAGE plpgsql
AS $$
BEGIN
    SELECT app.id, app.name, app.state, app.shared_secret INTO id, name, state, shared_secret
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

CREATE FUNCTION dynmod.register_modules(
    site text, INOUT app_key text, modules jsonb, OUT revision bigint, OUT registered integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
    duplicates text[];
BEGIN
    INSERT INTO dynmod.module (app_id, type_name, origin, definition)
        SELECT app.id, sent.type, 'dynamic', sent.definition
        FROM ROWS FROM (jsonb_to_recordset(modules) AS (type text, definition jsonb))
            WITH ORDINALITY AS sent (type, definition, place)
        ORDER BY sent.place;
    GET DIAGNOSTICS registered = ROW_COUNT;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
EXCEPTION WHEN unique_violation THEN
    -- The constraint names the first key only.
    SELECT array_agg(wanted.key ORDER BY wanted.place) INTO duplicates
        FROM (SELECT sent.definition ->> 'key' AS key, min(sent.place) AS place,
                     count(*) AS number
              FROM ROWS FROM (jsonb_to_recordset(modules) AS (definition jsonb))
                  WITH ORDINALITY AS sent (definition, place)
              GROUP BY 1) AS wanted
        WHERE wanted.key IS NOT NULL
          AND (wanted.number > 1 OR EXISTS (
              SELECT FROM dynmod.module
              WHERE module.app_id = app.id AND module.module_key = wanted.key));
    IF duplicates IS NULL THEN
        RAISE;
    END IF;
    PERFORM dynmod.refuse_duplicate_keys(app_key, duplicates);
END
$$;
COMMENT ON FUNCTION dynmod.register_modules(text, text, jsonb) IS
    'Registers [{"type":…,"definition":{…}},…] as dynamic modules of the app, all or none; returns '
    'the app''s new revision and how many there were. Raises MD001 duplicate keys, MD002 limit, '
    'MD003 type, MD004 single-object type, MD005 app not enabled, MD006 key; DETAIL holds JSON.';

CREATE FUNCTION dynmod.remove_modules(
    site text, INOUT app_key text, keys text[], OUT revision bigint, OUT removed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
BEGIN
    DELETE FROM dynmod.module
        WHERE module.app_id = app.id AND module.origin = 'dynamic'
          AND (keys IS NULL OR module.module_key = ANY (keys));
    GET DIAGNOSTICS removed = ROW_COUNT;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
END
$$;
COMMENT ON FUNCTION dynmod.remove_modules(text, text, text[]) IS
    'Removes the dynamic modules of the app with these keys, all of them for NULL; returns the '
    'app''s new revision and how many there were. Unknown keys are ignored. Raises MD005 when the '
    'app is not enabled.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

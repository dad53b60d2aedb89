-- Sites that move from one dynmod to another: what an export reads, and what brings it in.
--
-- Plans are kept from when tables were small: what is called for each app is not to read all apps.
-- SQLSTATE of our own, besides those of earlier migrations:
--   MD018  an imported app would be another here                  no DETAIL
SET LOCAL lock_timeout = '5s';

ALTER TABLE dynmod.app_event
    DROP CONSTRAINT app_event_operation_values,
    ADD CONSTRAINT app_event_operation_values CHECK (operation IN (
        'install', 'upgrade', 'reinstall', 'enable', 'disable', 'uninstall', 'rotate_secret',
        'delete', 'call', 'restore', 'import'));

-- Export -----------------------------------------------------------------------------------------

-- A time as a file has it, whatever the time zone of the session.
CREATE FUNCTION dynmod.moved_time(at timestamptz) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE FUNCTION dynmod.export_site(site text) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT jsonb_build_object('site', jsonb_build_object(
                'name', host.name, 'baseUrl', host.base_url, 'clientKey', host.client_key,
                'onClash', host.on_clash, 'moduleLimit', host.module_limit,
                'byteLimit', host.byte_limit, 'moduleByteLimit', host.module_byte_limit,
                'historyByteLimit', host.history_byte_limit))
            FROM dynmod.site AS host WHERE host.name = export_site.site;
    RETURN QUERY
        SELECT jsonb_build_object('key', jsonb_build_object(
                'kid', key.kid, 'publicKey', key.public_key, 'privateKey', key.private_key,
                'createdAt', dynmod.moved_time(key.created_at),
                'retiredAt', dynmod.moved_time(key.retired_at)))
            FROM dynmod.site_key AS key JOIN dynmod.site AS host ON host.id = key.site_id
            WHERE host.name = export_site.site ORDER BY key.created_at, key.kid;
    RETURN QUERY
        SELECT CASE WHEN kind.origin = 'operator' THEN jsonb_build_object('type',
                   jsonb_build_object('name', kind.name, 'title', kind.title,
                       'container', kind.container,
                       'dynamic', COALESCE(kind.dynamic_override, kind.dynamic_default),
                       'requiredScope', kind.required_scope, 'deprecated', kind.deprecated,
                       'schema', kind.schema))
                   ELSE jsonb_build_object('allow', jsonb_build_object('name', kind.name)) END
            FROM dynmod.module_type AS kind
            WHERE (kind.origin = 'operator'
                   OR (kind.dynamic_override AND NOT kind.dynamic_default))
              AND EXISTS (SELECT FROM dynmod.module
                          JOIN dynmod.app ON app.id = module.app_id
                          JOIN dynmod.site AS host ON host.id = app.site_id
                          WHERE host.name = export_site.site AND module.type_name = kind.name)
            ORDER BY kind.origin DESC, kind.name COLLATE "C";
END
$$;
COMMENT ON FUNCTION dynmod.export_site(text) IS
    'What an export has of a site before its apps, a line each: the site, its keys, the private '
    'one as it is kept, and of the types its apps use those of the operator''s and those allowed. '
    'Nothing for an unknown site.';

CREATE FUNCTION dynmod.export_app(site text, app_key text) RETURNS SETOF jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    moved dynmod.app;
BEGIN
    SELECT app.* INTO moved FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
        WHERE host.name = export_app.site AND app.app_key = export_app.app_key;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN NEXT jsonb_build_object('app', jsonb_build_object(
        'key', moved.app_key, 'name', moved.name, 'baseUrl', moved.base_url,
        'state', moved.state, 'scopes', moved.scopes, 'descriptor', moved.descriptor,
        'installationId', moved.installation_id,
        'installedAt', dynmod.moved_time(moved.installed_at),
        'documentSha256', encode(sha256(convert_to(moved.document, 'UTF8')), 'hex')));
    RETURN QUERY
        SELECT jsonb_build_object('module', jsonb_build_object(
                'type', module.type_name, 'origin', module.origin,
                'registeredAt', dynmod.moved_time(module.registered_at),
                'definition', module.definition))
            FROM dynmod.module WHERE module.app_id = moved.id ORDER BY module.id;
    RETURN QUERY
        SELECT jsonb_build_object('property', jsonb_build_object(
                'key', property.property_key, 'value', property.value::text,
                'changedAt', dynmod.moved_time(property.changed_at)))
            FROM dynmod.app_property AS property WHERE property.app_id = moved.id
            ORDER BY property.property_key COLLATE "C";
END
$$;
COMMENT ON FUNCTION dynmod.export_app(text, text) IS
    'What an export has of an app, a line each: the app, its modules in their order, and its '
    'properties, whose values are texts as the app sent them. Secrets are in lines of their own.';

CREATE FUNCTION dynmod.export_events(
    site text, app_key text, kind text, after bigint, most integer)
    RETURNS TABLE (id bigint, line jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
        SELECT event.id, jsonb_build_object('event', event.body)
            FROM (
                SELECT 1::bigint AS id, jsonb_build_object('kind', 'start',
                        'happenedAt', dynmod.moved_time(start.begins_at)) AS body
                    FROM dynmod.history_start AS start
                    WHERE kind = 'start' AND start.site_name = export_events.site
                      AND start.app_key = export_events.app_key
                UNION ALL
                SELECT step.id, jsonb_build_object('kind', 'app',
                        'happenedAt', dynmod.moved_time(step.happened_at), 'actor', step.actor,
                        'reason', step.reason, 'requestId', step.request_id,
                        'operation', step.operation, 'detail', step.detail)
                    FROM dynmod.app_event AS step
                    WHERE kind = 'app' AND step.site_name = export_events.site
                      AND step.app_key = export_events.app_key
                UNION ALL
                SELECT change.id, jsonb_build_object('kind', 'module',
                        'happenedAt', dynmod.moved_time(change.happened_at),
                        'actor', change.actor, 'reason', change.reason,
                        'requestId', change.request_id, 'operation', change.operation,
                        'type', change.type_name, 'origin', change.origin,
                        'key', change.module_key, 'moduleId', change.module_id,
                        'definition', kept.definition, 'former', change.former,
                        'formerDefinition', replaced.definition,
                        'transaction', change.transaction_id::text)
                    FROM dynmod.module_change AS change
                    LEFT JOIN dynmod.event_definition AS kept ON kept.id = change.definition_id
                    LEFT JOIN dynmod.event_definition AS replaced
                        ON replaced.id = change.former_definition_id
                    WHERE kind = 'module' AND change.site_name = export_events.site
                      AND change.app_key = export_events.app_key
                UNION ALL
                SELECT module.id, jsonb_build_object('kind', 'module',
                        'happenedAt', dynmod.moved_time(now()), 'actor', SESSION_USER,
                        'reason', 'export', 'operation', 'delete', 'type', module.type_name,
                        'origin', module.origin, 'key', module.module_key,
                        'moduleId', module.id, 'definition', module.definition)
                    FROM dynmod.module JOIN dynmod.app ON app.id = module.app_id
                    JOIN dynmod.site AS host ON host.id = app.site_id
                    WHERE kind = 'end' AND host.name = export_events.site
                      AND app.app_key = export_events.app_key) AS event
            WHERE event.id > after ORDER BY event.id LIMIT most;
END
$$;
COMMENT ON FUNCTION dynmod.export_events(text, text, text, bigint, integer) IS
    'What an export has of the history of an app, a line each, behind the one with this id, at '
    'most so many. Kinds, in this order: start, from when on it is there; app; module; end, which '
    'says that the modules leave this dynmod, although they stay, so that the past of what they '
    'become elsewhere is complete.';

-- Import -----------------------------------------------------------------------------------------

-- An app that comes from another dynmod was installed there.
CREATE FUNCTION dynmod.app_imported() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.operation := 'import';
    RETURN NEW;
END
$$;
CREATE TRIGGER app_imported BEFORE INSERT ON dynmod.app_event FOR EACH ROW
    WHEN (NEW.operation = 'install'
          AND pg_catalog.current_setting('dynmod.importing', true) = NEW.app_key)
    EXECUTE FUNCTION dynmod.app_imported(); -- behind app_event_version, which adds the version

CREATE FUNCTION dynmod.import_site(site text, settings jsonb, keys jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    host_id bigint;
BEGIN
    IF EXISTS (SELECT FROM dynmod.site AS host WHERE host.name = import_site.site
                   AND host.client_key = settings ->> 'clientKey') THEN
        RETURN false;
    END IF;
    INSERT INTO dynmod.site AS host (name, base_url, client_key, on_clash, module_limit,
            byte_limit, module_byte_limit, history_byte_limit)
        VALUES (import_site.site, settings ->> 'baseUrl', settings ->> 'clientKey',
            settings ->> 'onClash', (settings ->> 'moduleLimit')::integer,
            (settings ->> 'byteLimit')::integer, (settings ->> 'moduleByteLimit')::integer,
            (settings ->> 'historyByteLimit')::bigint) RETURNING host.id INTO host_id;
    INSERT INTO dynmod.site_key (kid, site_id, public_key, private_key, created_at, retired_at)
        SELECT key.kid, host_id, key."publicKey", key."privateKey", key."createdAt",
               key."retiredAt"
            FROM jsonb_to_recordset(keys) AS key (kid text, "publicKey" text, "privateKey" text,
                "createdAt" timestamptz, "retiredAt" timestamptz)
            ORDER BY key."createdAt";
    RETURN true;
END
$$;
COMMENT ON FUNCTION dynmod.import_site(text, jsonb, jsonb) IS
    'Adds a site under this name as export_site gives it, with its keys, plain or sealed; false '
    'when it is there already, by name and client key.';

CREATE FUNCTION dynmod.compare_app(
    site text, app_key text, lines jsonb, secret text, former_secret text,
    OUT outcome text, OUT bytes bigint, OUT largest integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    present_id bigint := (
        SELECT app.id FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = compare_app.site AND app.app_key = compare_app.app_key);
    present jsonb;
BEGIN
    IF present_id IS NOT NULL THEN
        present := (SELECT jsonb_agg(line) FROM dynmod.export_app(site, app_key) AS line);
        outcome := CASE
            WHEN present = lines AND (secret IS NULL OR dynmod.secret_digest(secret)
                = dynmod.secret_digest(dynmod.current_secret(present_id)))
            THEN 'equal' ELSE 'different' END;
    ELSIF EXISTS (SELECT FROM dynmod.app_secret AS other WHERE other.digest IN (
            dynmod.secret_digest(compare_app.secret), dynmod.secret_digest(former_secret))) THEN
        outcome := 'secret';
    ELSE
        outcome := 'new';
    END IF;
    SELECT COALESCE(sum(size), 0), COALESCE(max(size), 0) INTO bytes, largest
        FROM (SELECT octet_length((line -> 'module' -> 'definition')::text) AS size
                  FROM jsonb_array_elements(lines) AS line
                  WHERE line -> 'module' ->> 'origin' = 'dynamic') AS module;
END
$$;
COMMENT ON FUNCTION dynmod.compare_app(text, text, jsonb, text, text) IS
    'What an import of the app from the lines of export_app, as an array, comes upon: new; equal, '
    'it is there; different, another is; secret, another app has one of these. And how many bytes '
    'its dynamic modules have together, and the largest.';

-- The definition in the history of the app, which has it, or NULL for none.
CREATE FUNCTION dynmod.definition_id(site text, app_key text, definition jsonb) RETURNS bigint
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT known.id FROM dynmod.event_definition AS known
        WHERE known.site_name = definition_id.site AND known.app_key = definition_id.app_key
          AND known.digest = sha256(convert_to(definition_id.definition::text, 'UTF8'))
$$;

CREATE FUNCTION dynmod.import_events(
    site text, INOUT app_key text, lines jsonb, OUT imported integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' SET enable_seqscan = off
AS $$
DECLARE
    -- Ids of modules and transactions of another database, out of the way of those of this one.
    other_modules constant bigint := 1000000000000000;
    other_transactions constant numeric := 9223372036854775808;
    events constant jsonb := jsonb_path_query_array(lines, '$[*].event');
BEGIN
    imported := 0;
    IF EXISTS (SELECT FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
               WHERE host.name = import_events.site
                 AND app.app_key = import_events.app_key) THEN
        RETURN;
    END IF;
    imported := jsonb_array_length(events);
    PERFORM set_config('dynmod.past_of', site || ' ' || app_key, true); -- for import_app
    -- Among those of an earlier app of this name the set of a moment could not be found.
    INSERT INTO dynmod.history_start AS present (site_name, app_key, begins_at)
        SELECT import_events.site, import_events.app_key, begins_at
            FROM (SELECT max((event ->> 'happenedAt')::timestamptz)
                      FROM jsonb_array_elements(events) AS event WHERE event ->> 'kind' = 'start'
                  UNION ALL
                  SELECT now() WHERE EXISTS (
                      SELECT FROM dynmod.module_change AS change
                          WHERE change.site_name = import_events.site
                            AND change.app_key = import_events.app_key
                            AND change.transaction_id < other_transactions::text::xid8)) AS known
                (begins_at)
            WHERE begins_at IS NOT NULL ORDER BY begins_at DESC LIMIT 1
        ON CONFLICT ON CONSTRAINT history_start_pkey DO UPDATE
            SET begins_at = GREATEST(present.begins_at, excluded.begins_at);
    INSERT INTO dynmod.app_event (happened_at, actor, reason, request_id, operation, site_name,
            app_key, detail)
        SELECT (event ->> 'happenedAt')::timestamptz, event ->> 'actor', event ->> 'reason',
               event ->> 'requestId', event ->> 'operation', import_events.site,
               import_events.app_key, event -> 'detail'
            FROM jsonb_array_elements(events) WITH ORDINALITY AS listed (event, place)
            WHERE event ->> 'kind' = 'app' ORDER BY place;
    INSERT INTO dynmod.event_definition AS known
        (site_name, app_key, digest, bytes, used_at, definition)
        SELECT DISTINCT ON (digest) import_events.site, import_events.app_key, digest,
               dynmod.history_cost(definition::text), (event ->> 'happenedAt')::timestamptz,
               definition
            FROM jsonb_array_elements(events) WITH ORDINALITY AS listed (event, place)
            CROSS JOIN LATERAL (VALUES (NULLIF(event -> 'definition', 'null')),
                                       (NULLIF(event -> 'formerDefinition', 'null')))
                AS kept (definition)
            CROSS JOIN LATERAL sha256(convert_to(definition::text, 'UTF8')) AS digest
            WHERE digest IS NOT NULL ORDER BY digest, place DESC
        ON CONFLICT ON CONSTRAINT event_definition_unique DO UPDATE
            SET used_at = GREATEST(known.used_at, excluded.used_at);
    INSERT INTO dynmod.module_change (happened_at, actor, reason, request_id, operation, site_name,
            app_key, type_name, origin, module_key, definition_id, module_id,
            former_definition_id, former, transaction_id)
        SELECT (event ->> 'happenedAt')::timestamptz, event ->> 'actor', event ->> 'reason',
               event ->> 'requestId', event ->> 'operation', import_events.site,
               import_events.app_key, event ->> 'type', event ->> 'origin', event ->> 'key',
               dynmod.definition_id(import_events.site, import_events.app_key,
                   event -> 'definition'),
               (event ->> 'moduleId')::bigint - other_modules,
               dynmod.definition_id(import_events.site, import_events.app_key,
                   event -> 'formerDefinition'),
               NULLIF(event -> 'former', 'null'),
               (CASE WHEN (event ->> 'transaction')::numeric < other_transactions
                     THEN other_transactions ELSE 0 END
                   + (event ->> 'transaction')::numeric)::text::xid8
            FROM jsonb_array_elements(events) WITH ORDINALITY AS listed (event, place)
            WHERE event ->> 'kind' = 'module' ORDER BY place;
END
$$;
COMMENT ON FUNCTION dynmod.import_events(text, text, jsonb) IS
    'Brings in lines of export_events, as an array, for an app that is still to be brought in, and '
    'gives how many there were; none, as 0, when the app is there. The login of the events is that '
    'of whoever brings them in, the actor the one there was.';

CREATE FUNCTION dynmod.import_app(
    site text, INOUT app_key text, lines jsonb, secret text, former_secret text,
    former_until timestamptz, OUT outcome text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' SET enable_seqscan = off
AS $$
DECLARE
    moved jsonb := lines -> 0 -> 'app';
    former_reason text := COALESCE(current_setting('dynmod.reason', true), '');
    new_id bigint;
BEGIN
    SELECT compared.outcome INTO outcome FROM dynmod.compare_app(
        import_app.site, import_app.app_key, lines, secret, former_secret) AS compared;
    IF outcome <> 'new' THEN
        RETURN;
    END IF;
    PERFORM set_config('dynmod.importing', app_key, true),
            set_config('dynmod.reason', COALESCE(NULLIF(former_reason, ''), 'import'), true);
    INSERT INTO dynmod.app AS present (site_id, app_key, name, base_url, descriptor, scopes,
            state, installation_id, installed_at)
        SELECT host.id, import_app.app_key, moved ->> 'name', moved ->> 'baseUrl',
               moved -> 'descriptor',
               ARRAY(SELECT jsonb_array_elements_text(moved -> 'scopes')), moved ->> 'state',
               (moved ->> 'installationId')::uuid, (moved ->> 'installedAt')::timestamptz
            FROM dynmod.site AS host WHERE host.name = import_app.site
        RETURNING present.id INTO STRICT new_id;
    INSERT INTO dynmod.app_secret (app_id, use, secret, valid_until)
        SELECT new_id, kept.use, kept.secret, kept.valid_until
            FROM (VALUES ('current', import_app.secret, NULL::timestamptz),
                         ('former', former_secret, former_until))
                AS kept (use, secret, valid_until)
            WHERE kept.secret IS NOT NULL
              AND (kept.valid_until IS NULL OR kept.valid_until > now());
    INSERT INTO dynmod.module (app_id, type_name, origin, definition, registered_at)
        SELECT new_id, line -> 'module' ->> 'type', line -> 'module' ->> 'origin',
               line -> 'module' -> 'definition',
               (line -> 'module' ->> 'registeredAt')::timestamptz
            FROM jsonb_array_elements(lines) WITH ORDINALITY AS listed (line, place)
            WHERE line ? 'module' ORDER BY place;
    -- Without its events nobody knows what it had before.
    IF current_setting('dynmod.past_of', true) IS DISTINCT FROM site || ' ' || app_key THEN
        INSERT INTO dynmod.history_start AS present (site_name, app_key, begins_at)
            VALUES (import_app.site, import_app.app_key, clock_timestamp())
            ON CONFLICT ON CONSTRAINT history_start_pkey DO UPDATE
                SET begins_at = excluded.begins_at;
    END IF;
    INSERT INTO dynmod.app_property (app_id, property_key, value, changed_at)
        SELECT new_id, line -> 'property' ->> 'key', (line -> 'property' ->> 'value')::json,
               (line -> 'property' ->> 'changedAt')::timestamptz
            FROM jsonb_array_elements(lines) AS line WHERE line ? 'property';
    PERFORM set_config('dynmod.importing', '', true),
            set_config('dynmod.reason', former_reason, true);
    IF (SELECT jsonb_agg(line) FROM dynmod.export_app(site, app_key) AS line) <> lines THEN
        RAISE EXCEPTION USING ERRCODE = 'MD018',
            MESSAGE = format('the app %s would not be the same here as in the export', app_key);
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.import_app(text, text, jsonb, text, text, timestamptz) IS
    'Brings an app in from the lines of export_app, as an array, and its secrets, plain or sealed, '
    'NULL for none, without a call to it; only a new one, as compare_app says. Raises what '
    'register_modules raises, and MD018 when the lines have something else, such as for GET.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

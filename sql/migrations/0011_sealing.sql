-- The functions that change secrets, and that put sealed ones in the place of plain ones.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION dynmod.current_secret(app_id bigint) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT secret FROM dynmod.app_secret
    WHERE app_secret.app_id = current_secret.app_id AND use = 'current'
$$;

-- Gives the locked app another secret and puts the one it has aside: for the task that may have to
-- bring it back, or as long as it is to be accepted.
CREATE FUNCTION dynmod.set_secret(app_id bigint, secret text, former_until timestamptz)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    in_task boolean := COALESCE(current_setting('dynmod.task', true), '') <> '';
BEGIN
    IF in_task THEN
        UPDATE dynmod.app_secret AS present
            SET use = 'replaced', valid_until = COALESCE(former_until, now())
            WHERE present.app_id = set_secret.app_id AND present.use = 'current';
    ELSE
        DELETE FROM dynmod.app_secret AS present
            WHERE present.app_id = set_secret.app_id
              AND (present.use = 'former' OR former_until IS NULL OR former_until <= now()
                   OR dynmod.secret_digest(set_secret.secret) = present.digest);
        UPDATE dynmod.app_secret AS present SET use = 'former', valid_until = former_until
            WHERE present.app_id = set_secret.app_id;
    END IF;
    INSERT INTO dynmod.app_secret (app_id, use, secret)
        VALUES (set_secret.app_id, 'current', set_secret.secret);
END
$$;

-- What becomes of the secret that a task has put aside; whether there is one that came back.
CREATE FUNCTION dynmod.settle_secret(app_id bigint, restore boolean) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM dynmod.app_secret AS present
                   WHERE present.app_id = settle_secret.app_id AND present.use = 'replaced') THEN
        RETURN false;
    END IF;
    DELETE FROM dynmod.app_secret AS present
        WHERE present.app_id = settle_secret.app_id
          AND (present.use = CASE WHEN restore THEN 'current' ELSE 'former' END
               OR (present.use = 'replaced' AND NOT restore AND present.valid_until <= now()));
    UPDATE dynmod.app_secret AS present
        SET use = CASE WHEN restore THEN 'current' ELSE 'former' END,
            valid_until = CASE WHEN restore THEN NULL ELSE present.valid_until END
        WHERE present.app_id = settle_secret.app_id AND present.use = 'replaced';
    RETURN restore;
END
$$;

CREATE OR REPLACE FUNCTION dynmod.install_app(
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
    INSERT INTO dynmod.app AS present (site_id, app_key, name, base_url, descriptor)
        VALUES (host.id, descriptor ->> 'key', COALESCE(descriptor ->> 'name', ''),
            descriptor ->> 'baseUrl', descriptor)
        ON CONFLICT (site_id, app_key) DO NOTHING;
    action := CASE WHEN FOUND THEN 'installed' ELSE 'upgraded' END;
    app := dynmod.lock_app(install_app.site, descriptor ->> 'key', false);
    IF app.state = 'uninstalled' THEN
        action := 'reinstalled';
        app.state := 'enabled';
        app.name := COALESCE(descriptor ->> 'name', '');
    END IF;
    UPDATE dynmod.app AS present SET
        name = app.name, state = app.state,
        base_url = install_app.descriptor ->> 'baseUrl',
        scopes = ARRAY(SELECT jsonb_array_elements_text(
            COALESCE(NULLIF(install_app.descriptor -> 'scopes', 'null'), '[]'))),
        descriptor = install_app.descriptor
        WHERE present.id = app.id;
    IF action <> 'upgraded' OR dynmod.current_secret(app.id) IS NULL THEN
        PERFORM dynmod.set_secret(app.id, secret, NULL);
    END IF;
    dropped := dynmod.drop_clashing_modules(app.id, descriptor, host.on_clash);
    PERFORM dynmod.store_descriptor_modules(app.id, descriptor);
    RETURN json_build_object('key', descriptor -> 'key', 'clientKey', host.client_key,
        'sharedSecret', dynmod.current_secret(app.id), 'state', app.state, 'site', host.name,
        'baseUrl', host.base_url, 'action', action, 'dropped', dropped);
END
$$;
COMMENT ON FUNCTION dynmod.install_app(text, jsonb, text, text) IS
    'Installs an app, or upgrades it when it is there: its secret and state stay; or brings an '
    'uninstalled one back: enabled, with a new secret and the dynamic modules it had. The secret '
    'may be sealed; it is made here when none is given. Gives {"key","clientKey","sharedSecret",'
    '"state","site","baseUrl","action","dropped"}: action is installed, upgraded or reinstalled; '
    'dropped lists the dynamic modules removed because of a clash. Raises MD010 when another app '
    'has the secret.';

DROP FUNCTION dynmod.rotate_secret(text, text, text);
CREATE FUNCTION dynmod.rotate_secret(
    site text, app_key text, secret text DEFAULT NULL, keep_seconds integer DEFAULT 0)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, false);
BEGIN
    secret := COALESCE(secret, dynmod.generate_secret());
    PERFORM dynmod.set_secret(app.id, secret, now() + make_interval(secs => keep_seconds));
    PERFORM dynmod.note_rotation(app.id);
    RETURN secret;
END
$$;
COMMENT ON FUNCTION dynmod.rotate_secret(text, text, text, integer) IS
    'Gives the app another shared secret, which may be sealed and is made here when none is given, '
    'and returns it. The old one is accepted for keep_seconds more, or void at once. Raises P0002 '
    'when there is no such app, MD010 when another app has the secret.';

-- Tasks: secrets are put aside by set_secret() and no longer kept in task.former.
CREATE OR REPLACE FUNCTION dynmod.restore_app(task dynmod.task) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former dynmod.app := jsonb_populate_record(NULL::dynmod.app, task.former -> 'app');
    present_id bigint;
    present_state text;
BEGIN
    SELECT id, state INTO present_id, present_state FROM dynmod.app
        WHERE app.site_id = task.site_id AND app.app_key = task.app_key FOR NO KEY UPDATE;
    IF former.id IS NULL THEN
        DELETE FROM dynmod.app WHERE app.id = present_id;
        RETURN;
    END IF;
    DELETE FROM dynmod.module
        WHERE module.app_id = former.id AND NOT EXISTS (
            SELECT FROM jsonb_array_elements(task.former -> 'modules') AS kept
            WHERE kept.value = to_jsonb(module));
    UPDATE dynmod.app SET
        name = former.name, base_url = former.base_url, descriptor = former.descriptor,
        scopes = former.scopes, state = former.state
        WHERE app.id = present_id;
    IF dynmod.settle_secret(present_id, true) AND present_state = former.state THEN
        PERFORM dynmod.note_rotation(present_id);
    END IF;
    INSERT INTO dynmod.module (id, app_id, type_name, origin, definition, registered_at)
        OVERRIDING SYSTEM VALUE
        SELECT kept.id, kept.app_id, kept.type_name, kept.origin, kept.definition,
               kept.registered_at
            FROM jsonb_populate_recordset(NULL::dynmod.module, task.former -> 'modules') AS kept
            WHERE present_id = former.id
              AND NOT EXISTS (SELECT FROM dynmod.module WHERE module.id = kept.id)
            ORDER BY kept.id;
END
$$;
COMMENT ON COLUMN dynmod.task.former IS
    'What a failure restores, besides the secret: {"app","modules"}, app null for a new one.';

CREATE OR REPLACE FUNCTION dynmod.end_task(task dynmod.task, error text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former_actor text := COALESCE(current_setting('dynmod.actor', true), '');
BEGIN
    PERFORM set_config('dynmod.actor', task.actor, true),
            set_config('dynmod.task', task.id, true);
    IF error IS NOT NULL AND task.former IS NOT NULL THEN
        PERFORM set_config('dynmod.reason', 'installation failed: ' || error, true);
        PERFORM dynmod.restore_app(task);
        PERFORM set_config('dynmod.reason', '', true);
    ELSIF error IS NULL THEN
        PERFORM dynmod.settle_secret(app.id, false) FROM dynmod.app
            WHERE app.site_id = task.site_id AND app.app_key = task.app_key;
    END IF;
    UPDATE dynmod.task AS present SET
        stage = CASE WHEN end_task.error IS NULL THEN 'done' ELSE 'failed' END,
        error = end_task.error, former = NULL, ended_at = clock_timestamp()
        WHERE present.id = task.id;
    PERFORM set_config('dynmod.actor', former_actor, true), set_config('dynmod.task', '', true);
END
$$;

DROP FUNCTION dynmod.begin_rotation(text, text, text, text, integer);
CREATE FUNCTION dynmod.begin_rotation(
    site text, task text, app_key text, secret text, seconds integer,
    keep_seconds integer DEFAULT 0)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    locked dynmod.task := dynmod.lock_task(site, task);
BEGIN
    PERFORM dynmod.lock_app(site, app_key, false);
    PERFORM dynmod.take_app(locked, app_key, seconds);
    secret := dynmod.rotate_secret(site, app_key, secret, keep_seconds);
    RETURN jsonb_build_object('sharedSecret', secret,
        'app', dynmod.app_to_call(locked.site_id, app_key));
END
$$;
COMMENT ON FUNCTION dynmod.begin_rotation(text, text, text, text, integer, integer) IS
    'Like rotate_secret, for a task that calls the app next, as begin_installation does. Gives '
    '{"sharedSecret","app"}.';

CREATE OR REPLACE FUNCTION dynmod.app_to_call(site_id bigint, app_key text) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
            'key', app.app_key, 'baseUrl', app.base_url,
            'sharedSecret', dynmod.current_secret(app.id),
            'installationId', app.installation_id, 'state', app.state,
            'lifecycle', app.descriptor -> 'lifecycle')
        FROM dynmod.app
        WHERE app.site_id = app_to_call.site_id AND app.app_key = app_to_call.app_key
$$;

-- Sealing ---------------------------------------------------------------------------------------

COMMENT ON COLUMN dynmod.site_key.private_key IS
    'PEM, plain or sealed with the key of secrets_key; erased when another key takes over. Never '
    'show it.';

CREATE FUNCTION dynmod.list_secrets(site text) RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT COALESCE(json_agg(json_build_object('app', found.app_key, 'use', found.use,
                'publicKey', found.public_key, 'secret', found.secret)
                ORDER BY found.app_key, found.use), '[]')
            FROM (SELECT app.app_key, app_secret.use, NULL AS public_key, app_secret.secret
                      FROM dynmod.app_secret
                      JOIN dynmod.app ON app.id = app_secret.app_id
                      JOIN dynmod.site AS host ON host.id = app.site_id
                      WHERE host.name = list_secrets.site
                  UNION ALL
                  SELECT NULL, 'private_key', key.public_key, key.private_key
                      FROM dynmod.site_key AS key
                      JOIN dynmod.site AS host ON host.id = key.site_id
                      WHERE host.name = list_secrets.site AND key.private_key IS NOT NULL)
                AS found);
END
$$;
COMMENT ON FUNCTION dynmod.list_secrets(text) IS
    'Everything of a site that can be sealed, as [{"app","use","publicKey","secret"},…]: app is '
    'NULL for the private key that belongs to publicKey.';

CREATE FUNCTION dynmod.replace_secret(
    site text, app_key text, present_secret text, secret text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    IF dynmod.secret_digest(present_secret) <> dynmod.secret_digest(secret) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'this is another secret';
    ELSIF app_key IS NULL THEN
        UPDATE dynmod.site_key AS key SET private_key = replace_secret.secret
            FROM dynmod.site AS host
            WHERE host.id = key.site_id AND host.name = replace_secret.site
              AND key.private_key = present_secret;
    ELSE
        UPDATE dynmod.app_secret AS present SET secret = replace_secret.secret
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE app.id = present.app_id AND host.name = replace_secret.site
              AND app.app_key = replace_secret.app_key AND present.secret = present_secret;
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION dynmod.replace_secret(text, text, text, text) IS
    'Puts another form, plain or sealed, of the same secret in the place of the present one: of an '
    'app, or for NULL the private key of the site. False when it is no longer there.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

-- The calls that the host makes to apps: the keys that sign them, those that wait, history.
SET LOCAL lock_timeout = '5s';

ALTER TABLE dynmod.app ADD COLUMN installation_id uuid NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN dynmod.app.installation_id IS 'Names the installation towards the app.';

-- A program of the host may read the types, but not their tables.
ALTER FUNCTION dynmod.types_document() SECURITY DEFINER;

-- History -------------------------------------------------------------------------------------

CREATE TABLE dynmod.app_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    actor text NOT NULL DEFAULT COALESCE(
        NULLIF(pg_catalog.current_setting('dynmod.actor', true), ''), SESSION_USER),
    reason text DEFAULT NULLIF(pg_catalog.current_setting('dynmod.reason', true), ''),
    operation text NOT NULL
        CONSTRAINT app_event_operation_values CHECK (operation IN (
            'install', 'upgrade', 'reinstall', 'enable', 'disable', 'uninstall',
            'rotate_secret', 'delete', 'call')),
    site_name text NOT NULL,
    app_key text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX app_event_app_index ON dynmod.app_event (site_name, app_key, id);
COMMENT ON TABLE dynmod.app_event IS
    'History: every step in the life of an app, and every call that the host made to it. Rows are '
    'only added; the owner may delete old ones.';
COMMENT ON COLUMN dynmod.app_event.actor IS
    'Who did it: the setting dynmod.actor of the transaction, otherwise the login role.';
COMMENT ON COLUMN dynmod.app_event.reason IS
    'Why, where dynmod knows: the setting dynmod.reason of the transaction.';
COMMENT ON COLUMN dynmod.app_event.site_name IS 'The site, as text to outlive it.';
COMMENT ON COLUMN dynmod.app_event.app_key IS 'The app, as text to outlive it.';
COMMENT ON COLUMN dynmod.app_event.detail IS
    'The former and the present state; of a call its event, URL, status, milliseconds, error and '
    'the start of the answer.';

CREATE OR REPLACE FUNCTION dynmod.module_event_refuse_update() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
        MESSAGE = 'the history cannot be changed';
END
$$;
ALTER FUNCTION dynmod.module_event_refuse_update() RENAME TO history_refuse_update;

CREATE TRIGGER app_event_refuse_update BEFORE UPDATE ON dynmod.app_event
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.history_refuse_update();

-- Writes the history of an app, whoever changes it.
CREATE FUNCTION dynmod.app_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present dynmod.app := COALESCE(NEW, OLD);
    operation text := CASE TG_OP
        WHEN 'INSERT' THEN 'install'
        WHEN 'DELETE' THEN 'delete'
        ELSE CASE
            WHEN NEW.state <> OLD.state THEN CASE
                WHEN OLD.state = 'uninstalled' THEN 'reinstall'
                WHEN NEW.state = 'enabled' THEN 'enable'
                WHEN NEW.state = 'disabled' THEN 'disable'
                ELSE 'uninstall' END
            WHEN NEW.descriptor <> OLD.descriptor THEN 'upgrade'
            WHEN NEW.shared_secret <> OLD.shared_secret THEN 'rotate_secret' END
        END;
BEGIN
    INSERT INTO dynmod.app_event (operation, site_name, app_key, detail)
        SELECT operation, site.name, present.app_key, jsonb_strip_nulls(jsonb_build_object(
                'formerState', OLD.state, 'state', NEW.state, 'baseUrl', NEW.base_url))
            FROM dynmod.site WHERE site.id = present.site_id AND operation IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER app_changed AFTER INSERT OR DELETE OR UPDATE OF descriptor, shared_secret, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_changed();

-- Keys of a site --------------------------------------------------------------------------------

CREATE TABLE dynmod.site_key (
    kid text PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid()::text,
    site_id bigint NOT NULL
        CONSTRAINT site_key_site REFERENCES dynmod.site (id) ON DELETE CASCADE,
    public_key text NOT NULL,
    private_key text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    retired_at timestamptz,
    CONSTRAINT site_key_private_while_used CHECK ((private_key IS NULL) = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX site_key_one_in_use ON dynmod.site_key (site_id) WHERE retired_at IS NULL;
COMMENT ON TABLE dynmod.site_key IS
    'RSA keys with which a site signs its calls; apps fetch the public ones by kid.';
COMMENT ON COLUMN dynmod.site_key.kid IS 'The key id in the header of tokens.';
COMMENT ON COLUMN dynmod.site_key.public_key IS 'PEM, with LF at the end of lines.';
COMMENT ON COLUMN dynmod.site_key.private_key IS
    'PEM; erased when another key takes over. Never show it.';
COMMENT ON COLUMN dynmod.site_key.retired_at IS
    'When another key took over; the public key stays published for 30 days.';

CREATE FUNCTION dynmod.find_host(
    site text, OUT name text, OUT base_url text, OUT client_key text,
    OUT kid text, OUT public_key text, OUT private_key text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT host.name, host.base_url, host.client_key,
               key.kid, key.public_key, key.private_key
            FROM dynmod.site AS host
            LEFT JOIN dynmod.site_key AS key ON key.site_id = host.id AND key.retired_at IS NULL
            WHERE host.name = find_host.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_host(text) IS
    'What a site tells its apps of itself, with the key it signs with: NULL before the first use. '
    'No row for an unknown site.';

CREATE FUNCTION dynmod.add_site_key(
    site text, private_key text, public_key text, replace boolean DEFAULT false)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    host_id bigint := (SELECT id FROM dynmod.site AS host WHERE host.name = site);
BEGIN
    IF host_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no site %s', site);
    END IF;
    IF replace THEN
        UPDATE dynmod.site_key AS key SET private_key = NULL, retired_at = now()
            WHERE key.site_id = host_id AND key.retired_at IS NULL;
    END IF;
    INSERT INTO dynmod.site_key (site_id, private_key, public_key)
        VALUES (host_id, add_site_key.private_key, add_site_key.public_key)
        ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION dynmod.add_site_key(text, text, text, boolean) IS
    'Gives a site a key to sign with unless it has one, or in place of the one it has.';

CREATE FUNCTION dynmod.find_public_key(site text, kid text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT key.public_key FROM dynmod.site_key AS key
            JOIN dynmod.site AS host ON host.id = key.site_id
            WHERE host.name = site AND key.kid = find_public_key.kid
              AND (key.retired_at IS NULL OR key.retired_at > now() - interval '30 days'));
END
$$;
COMMENT ON FUNCTION dynmod.find_public_key(text, text) IS
    'The public key with this id as PEM; NULL when the site has none or retired it 30 days ago.';

-- Calls that wait ---------------------------------------------------------------------------------

CREATE TABLE dynmod.callback (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id bigint NOT NULL
        CONSTRAINT callback_app REFERENCES dynmod.app (id) ON DELETE CASCADE,
    event text NOT NULL
        CONSTRAINT callback_event_values CHECK (event IN ('enabled', 'disabled', 'uninstalled')),
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    claimed_until timestamptz,
    last_error text
);
CREATE INDEX callback_app_index ON dynmod.callback (app_id, id);
CREATE INDEX callback_next_attempt_index ON dynmod.callback (next_attempt_at);
COMMENT ON TABLE dynmod.callback IS
    'Calls that apps are still to get, in order; dynmodctl callbacks retry makes those that are '
    'due.';
COMMENT ON COLUMN dynmod.callback.event IS 'enabled, disabled or uninstalled.';
COMMENT ON COLUMN dynmod.callback.attempts IS 'How often it has failed.';
COMMENT ON COLUMN dynmod.callback.last_error IS 'Why it failed last.';
COMMENT ON COLUMN dynmod.callback.claimed_until IS
    'Until then a process is making the call; nobody else calls the app meanwhile.';

CREATE VIEW dynmod.waiting_callback AS
    SELECT site.name AS site_name, app.app_key, callback.event, callback.created_at,
           callback.attempts, callback.next_attempt_at, callback.last_error, callback.id
        FROM dynmod.callback
        JOIN dynmod.app ON app.id = callback.app_id
        JOIN dynmod.site ON site.id = app.site_id;
COMMENT ON VIEW dynmod.waiting_callback IS
    'Calls that apps are still to get, and why they have not got them yet. Order by id.';

CREATE FUNCTION dynmod.queue_callback(app_id bigint, event text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO dynmod.callback (app_id, event)
        SELECT app.id, queue_callback.event FROM dynmod.app
            WHERE app.id = queue_callback.app_id
              AND COALESCE(app.descriptor #>> ARRAY['lifecycle', queue_callback.event], '') <> ''
$$;

CREATE FUNCTION dynmod.record_call(site text, app_key text, detail jsonb, actor text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM set_config('dynmod.actor', record_call.actor, true) WHERE record_call.actor IS NOT NULL;
    INSERT INTO dynmod.app_event (operation, site_name, app_key, detail)
        VALUES ('call', site, record_call.app_key, record_call.detail);
END
$$;
COMMENT ON FUNCTION dynmod.record_call(text, text, jsonb, text) IS
    'Writes a call that the host made to an app into the history.';

-- Calls that are obsolete, because the app has been installed again.
CREATE FUNCTION dynmod.drop_callbacks(site text, app_key text, app_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    obsolete text;
BEGIN
    FOR obsolete IN
        WITH gone AS (
            DELETE FROM dynmod.callback WHERE callback.app_id = drop_callbacks.app_id
                RETURNING callback.id, callback.event)
        SELECT gone.event FROM gone ORDER BY gone.id
    LOOP
        PERFORM dynmod.record_call(site, app_key, jsonb_build_object(
            'event', obsolete, 'error', 'not sent: the app was installed again'));
    END LOOP;
END
$$;

-- What a call tells the app, and what it needs to know to make it.
CREATE FUNCTION dynmod.app_to_call(site_id bigint, app_key text) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
            'key', app.app_key, 'baseUrl', app.base_url, 'sharedSecret', app.shared_secret,
            'installationId', app.installation_id, 'state', app.state,
            'lifecycle', app.descriptor -> 'lifecycle')
        FROM dynmod.app
        WHERE app.site_id = app_to_call.site_id AND app.app_key = app_to_call.app_key
$$;

CREATE FUNCTION dynmod.claim_callback(site text, app_key text, seconds integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    due record;
BEGIN
    PERFORM dynmod.end_dead_tasks(site);
    FOR due IN
        SELECT callback.id, callback.app_id, app.site_id, app.app_key AS key
            FROM dynmod.callback
            JOIN dynmod.app ON app.id = callback.app_id
            JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = site
              AND (claim_callback.app_key IS NULL OR app.app_key = claim_callback.app_key)
              AND callback.next_attempt_at <= clock_timestamp()
              AND NOT EXISTS (
                  SELECT FROM dynmod.callback AS earlier
                  WHERE earlier.app_id = callback.app_id AND earlier.id < callback.id)
            ORDER BY callback.next_attempt_at
    LOOP
        -- Only now, with the app locked, can be said that nobody is calling it. The app itself may
        -- hold the lock for a moment, to register modules.
        PERFORM FROM dynmod.app WHERE app.id = due.app_id FOR NO KEY UPDATE;
        UPDATE dynmod.callback AS claimed
            SET claimed_until = clock_timestamp() + make_interval(secs => seconds)
            WHERE claimed.id = due.id AND claimed.next_attempt_at <= clock_timestamp()
              AND COALESCE(claimed.claimed_until, '-infinity') < clock_timestamp()
              AND NOT EXISTS (
                  SELECT FROM dynmod.task
                  WHERE task.site_id = due.site_id AND task.app_key = due.key
                    AND task.ended_at IS NULL);
        CONTINUE WHEN NOT FOUND;
        RETURN (SELECT jsonb_build_object('id', callback.id, 'event', callback.event,
                    'attempts', callback.attempts,
                    'app', dynmod.app_to_call(due.site_id, due.key))
                FROM dynmod.callback WHERE callback.id = due.id);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION dynmod.claim_callback(text, text, integer) IS
    'The next call that is due, of one app or, for NULL, of any app of the site; within so many '
    'seconds nobody else makes one to that app. NULL when none is due.';

CREATE FUNCTION dynmod.finish_callback(site text, callback bigint, detail jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    error text := detail ->> 'error';
    most constant integer := 14;
    made record;
BEGIN
    SELECT present.id, present.attempts + 1 AS attempts, app.app_key INTO made
        FROM dynmod.callback AS present
        JOIN dynmod.app ON app.id = present.app_id
        JOIN dynmod.site AS host ON host.id = app.site_id
        WHERE present.id = callback AND host.name = site FOR UPDATE OF present;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM dynmod.record_call(site, made.app_key, detail || jsonb_build_object(
        'attempt', made.attempts,
        'givenUp', error IS NOT NULL AND made.attempts >= most));
    IF error IS NULL OR made.attempts >= most THEN
        DELETE FROM dynmod.callback AS present WHERE present.id = made.id;
        RETURN false;
    END IF;
    UPDATE dynmod.callback AS present SET
        attempts = made.attempts, last_error = error, claimed_until = NULL,
        next_attempt_at = clock_timestamp()
            + LEAST(interval '1 minute' * 2 ^ (made.attempts - 1), interval '6 hours')
        WHERE present.id = made.id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION dynmod.finish_callback(text, bigint, jsonb) IS
    'Notes how a claimed call went: with an "error" in detail it is tried again after 1, 2, 4, … '
    'minutes, at most 6 hours, and given up after 14 attempts, which is about 32 hours. Gives '
    'whether it will be tried again.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

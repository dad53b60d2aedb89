-- The tasks that install an app with a call to it, and states that the app is told.
--
-- SQLSTATEs of our own, besides those of 0002_rules.sql:
--   MD007  the app is being installed, or called; try again       no DETAIL
--   MD009  the task has ended                                     no DETAIL
SET LOCAL lock_timeout = '5s';


CREATE TABLE dynmod.task (
    id text PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid()::text,
    site_id bigint NOT NULL
        CONSTRAINT task_site REFERENCES dynmod.site (id) ON DELETE CASCADE,
    source text,
    app_key text,
    stage text NOT NULL DEFAULT 'waiting'
        CONSTRAINT task_stage_values
        CHECK (stage IN ('waiting', 'downloading', 'installing', 'done', 'failed')),
    error text,
    dropped json NOT NULL DEFAULT '[]',
    former jsonb,
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    deadline timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX task_one_for_each_app ON dynmod.task (site_id, app_key)
    WHERE ended_at IS NULL;
COMMENT ON TABLE dynmod.task IS
    'Installations and changes of secrets that call the app: what is asked for, how far it is, how '
    'it ended. One at a time for each app. Ended ones go after a day.';
COMMENT ON COLUMN dynmod.task.source IS 'The URL of the descriptor; NULL when it was given.';
COMMENT ON COLUMN dynmod.task.app_key IS 'The app, once it is known.';
COMMENT ON COLUMN dynmod.task.stage IS
    'waiting, downloading the descriptor, installing (calling the app), done or failed.';
COMMENT ON COLUMN dynmod.task.error IS 'Why it failed, for people.';
COMMENT ON COLUMN dynmod.task.actor IS 'Who asked for it.';
COMMENT ON COLUMN dynmod.task.dropped IS
    'The dynamic modules that the descriptor displaced: [{"type","key"},…].';
COMMENT ON COLUMN dynmod.task.former IS
    'What a failure restores: {"app","modules"}, app null for a new one. It holds a secret.';
COMMENT ON COLUMN dynmod.task.deadline IS
    'A process that has not gone on until then has died, and the task fails.';

-- An app that is being installed is left alone by everyone else, so that a failure can restore it.
CREATE FUNCTION dynmod.app_busy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM dynmod.task
            WHERE task.site_id = OLD.site_id AND task.app_key = OLD.app_key
              AND task.ended_at IS NULL AND task.former IS NOT NULL
              AND task.id <> COALESCE(current_setting('dynmod.task', true), '')) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD007',
            MESSAGE = format('the app %s is being installed', OLD.app_key);
    END IF;
    RETURN COALESCE(NEW, OLD);
END
$$;

CREATE TRIGGER app_busy BEFORE DELETE OR UPDATE OF
    site_id, app_key, name, base_url, descriptor, shared_secret, scopes, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_busy();

-- Brings an app and its modules back to what they were.
CREATE FUNCTION dynmod.restore_app(task dynmod.task) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former dynmod.app := jsonb_populate_record(NULL::dynmod.app, task.former -> 'app');
    present_id bigint;
BEGIN
    SELECT id INTO present_id FROM dynmod.app
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
        shared_secret = former.shared_secret, scopes = former.scopes, state = former.state
        WHERE app.id = present_id;
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

-- Ends a task that has not ended; with an error it restores the app.
CREATE FUNCTION dynmod.end_task(task dynmod.task, error text) RETURNS void
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
    END IF;
    UPDATE dynmod.task AS present SET
        stage = CASE WHEN end_task.error IS NULL THEN 'done' ELSE 'failed' END,
        error = end_task.error, former = NULL, ended_at = clock_timestamp()
        WHERE present.id = task.id;
    PERFORM set_config('dynmod.actor', former_actor, true), set_config('dynmod.task', '', true);
END
$$;

-- Ends the tasks of a site whose process has died. One that cannot be undone, because an operator
-- has denied a type or lowered a limit meanwhile, waits for the next look and stops nobody else.
CREATE FUNCTION dynmod.end_dead_tasks(site text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dead dynmod.task;
BEGIN
    FOR dead IN
        SELECT task.* FROM dynmod.task JOIN dynmod.site AS host ON host.id = task.site_id
            WHERE host.name = site AND task.ended_at IS NULL
              AND task.deadline < clock_timestamp()
            ORDER BY task.id FOR UPDATE OF task SKIP LOCKED
    LOOP
        BEGIN
            PERFORM dynmod.end_task(dead, 'The installation was interrupted. Please try again.');
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'the app % cannot be restored: %', dead.app_key, SQLERRM;
        END;
    END LOOP;
END
$$;

CREATE FUNCTION dynmod.create_task(site text, source text, seconds integer, actor text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    host_id bigint := (SELECT id FROM dynmod.site AS host WHERE host.name = site);
    created text;
BEGIN
    IF host_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no site %s', site);
    END IF;
    PERFORM dynmod.end_dead_tasks(site);
    DELETE FROM dynmod.task
        WHERE task.site_id = host_id AND task.ended_at < now() - interval '1 day';
    INSERT INTO dynmod.task (site_id, source, actor, deadline)
        VALUES (host_id, create_task.source, COALESCE(create_task.actor, SESSION_USER),
                clock_timestamp() + make_interval(secs => seconds))
        RETURNING id INTO created;
    RETURN created;
END
$$;
COMMENT ON FUNCTION dynmod.create_task(text, text, integer, text) IS
    'Creates a task that has to go on within so many seconds, and gives its id.';

-- The task, locked. Raises P0002 when there is none, MD009 when it has ended.
CREATE FUNCTION dynmod.lock_task(site text, task text) RETURNS dynmod.task
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    locked dynmod.task;
BEGIN
    SELECT present.* INTO locked FROM dynmod.task AS present
        JOIN dynmod.site AS host ON host.id = present.site_id
        WHERE host.name = site AND present.id = lock_task.task FOR UPDATE OF present;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'there is no such task';
    ELSIF locked.ended_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'MD009',
            MESSAGE = COALESCE(locked.error, 'the task has ended');
    END IF;
    RETURN locked;
END
$$;

CREATE FUNCTION dynmod.advance_task(
    site text, task text, stage text, seconds integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    locked dynmod.task := dynmod.lock_task(site, task);
BEGIN
    UPDATE dynmod.task AS present SET
        stage = advance_task.stage,
        deadline = clock_timestamp() + make_interval(secs => seconds)
        WHERE present.id = locked.id;
    RETURN locked.source;
END
$$;
COMMENT ON FUNCTION dynmod.advance_task(text, text, text, integer) IS
    'Notes how far a task is and that it has to go on within so many seconds; gives the URL of the '
    'descriptor. Raises P0002 for an unknown task, MD009 for one that has ended.';

-- Takes an app for the locked task and keeps what it is. Raises MD007 while another task has it or
-- a process is calling it.
CREATE FUNCTION dynmod.take_app(task dynmod.task, wanted_key text, seconds integer) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present dynmod.app;
BEGIN
    SELECT * INTO present FROM dynmod.app
        WHERE app.site_id = task.site_id AND app.app_key = wanted_key FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM dynmod.callback
               WHERE callback.app_id = present.id
                 AND callback.claimed_until > clock_timestamp()) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD007',
            MESSAGE = format('the app %s is being called', wanted_key);
    END IF;
    UPDATE dynmod.task AS taken SET
        app_key = wanted_key, stage = 'installing',
        deadline = clock_timestamp() + make_interval(secs => seconds),
        former = jsonb_build_object('app', to_jsonb(present), 'modules', (
            SELECT COALESCE(jsonb_agg(to_jsonb(module) ORDER BY module.id), '[]')
                FROM dynmod.module WHERE module.app_id = present.id))
        WHERE taken.id = task.id;
    PERFORM set_config('dynmod.actor', task.actor, true),
            set_config('dynmod.task', task.id, true);
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION USING ERRCODE = 'MD007',
        MESSAGE = format('the app %s is being installed', wanted_key);
END
$$;

CREATE FUNCTION dynmod.begin_installation(
    site text, task text, descriptor jsonb, secret text, seconds integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    locked dynmod.task := dynmod.lock_task(site, task);
    installed json;
BEGIN
    PERFORM dynmod.check_descriptor(descriptor);
    PERFORM dynmod.take_app(locked, descriptor ->> 'key', seconds);
    installed := dynmod.install_app(site, descriptor, secret, locked.actor);
    UPDATE dynmod.task AS present SET dropped = installed -> 'dropped'
        WHERE present.id = locked.id;
    RETURN installed::jsonb || jsonb_build_object(
        'app', dynmod.app_to_call(locked.site_id, descriptor ->> 'key'));
END
$$;
COMMENT ON FUNCTION dynmod.begin_installation(text, text, jsonb, text, integer) IS
    'Like install_app, for a task that calls the app next, within so many seconds: gives the same '
    'and "app". end_installation keeps it or restores what was there. Raises MD007 while the app '
    'is busy, MD009 when the task has ended.';

CREATE FUNCTION dynmod.begin_rotation(
    site text, task text, app_key text, secret text, seconds integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    locked dynmod.task := dynmod.lock_task(site, task);
BEGIN
    PERFORM dynmod.lock_app(site, app_key, false);
    PERFORM dynmod.take_app(locked, app_key, seconds);
    secret := dynmod.rotate_secret(site, app_key, secret);
    RETURN jsonb_build_object('sharedSecret', secret,
        'app', dynmod.app_to_call(locked.site_id, app_key));
END
$$;
COMMENT ON FUNCTION dynmod.begin_rotation(text, text, text, text, integer) IS
    'Like rotate_secret, for a task that calls the app next, as begin_installation does. Gives '
    '{"sharedSecret","app"}.';

-- An app that has been brought back without a call is not to hear of its former life either.
CREATE FUNCTION dynmod.app_reinstalled() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.drop_callbacks(site.name, NEW.app_key, NEW.id)
        FROM dynmod.site
        WHERE site.id = NEW.site_id AND COALESCE(current_setting('dynmod.task', true), '') = '';
    RETURN NULL;
END
$$;

CREATE TRIGGER app_reinstalled AFTER UPDATE OF state ON dynmod.app
    FOR EACH ROW WHEN (OLD.state = 'uninstalled' AND NEW.state <> 'uninstalled')
    EXECUTE FUNCTION dynmod.app_reinstalled();

CREATE FUNCTION dynmod.end_installation(site text, task text, error text, call_enabled boolean)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    locked dynmod.task := dynmod.lock_task(site, task);
    app record;
BEGIN
    PERFORM dynmod.end_task(locked, error);
    IF error IS NOT NULL OR locked.app_key IS NULL THEN
        RETURN;
    END IF;
    app := dynmod.lock_app(site, locked.app_key, false);
    PERFORM set_config('dynmod.actor', locked.actor, true);
    PERFORM dynmod.drop_callbacks(site, locked.app_key, app.id);
    IF call_enabled AND app.state = 'enabled' THEN
        PERFORM dynmod.queue_callback(app.id, 'enabled');
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.end_installation(text, text, text, boolean) IS
    'Ends a task. With an error the app, its modules and its secret are again what they were '
    'before the task. Without one, calls that still waited are dropped, and an enabled app is to '
    'be called if asked for. Raises MD009 when the task has ended before.';

CREATE FUNCTION dynmod.find_task(site text, task text) RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    IF EXISTS (SELECT FROM dynmod.task AS present
               WHERE present.id = find_task.task AND present.ended_at IS NULL
                 AND present.deadline < clock_timestamp()) THEN
        PERFORM dynmod.end_dead_tasks(site);
    END IF;
    RETURN (
        SELECT json_build_object(
                'id', present.id, 'source', present.source, 'key', present.app_key,
                'stage', present.stage, 'error', present.error, 'dropped', present.dropped,
                'actor', present.actor, 'createdAt', present.created_at)
            FROM dynmod.task AS present JOIN dynmod.site AS host ON host.id = present.site_id
            WHERE host.name = site AND present.id = find_task.task);
END
$$;
COMMENT ON FUNCTION dynmod.find_task(text, text) IS
    'How far a task is: {"id","source","key","stage","error","dropped","actor","createdAt"}; NULL '
    'when there is none. A task whose process has died fails by this look at it.';

-- States -----------------------------------------------------------------------------------------

DROP FUNCTION dynmod.set_app_state(text, text, text);
CREATE FUNCTION dynmod.set_app_state(
    site text, app_key text, state text, call_app boolean DEFAULT false, actor text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record;
BEGIN
    PERFORM dynmod.end_dead_tasks(site);
    PERFORM set_config('dynmod.actor', set_app_state.actor, true)
        WHERE set_app_state.actor IS NOT NULL;
    app := dynmod.lock_app(site, app_key, false);
    IF app.state = 'uninstalled' AND state <> 'uninstalled' THEN
        RAISE EXCEPTION USING ERRCODE = 'MD005',
            MESSAGE = format('the app %s is uninstalled', app_key),
            HINT = 'Install it again: it gets a new secret and its dynamic modules come back.';
    END IF;
    UPDATE dynmod.app AS present SET state = set_app_state.state WHERE present.id = app.id;
    IF call_app AND app.state <> state THEN
        IF state = 'uninstalled' AND app.state = 'enabled' THEN
            PERFORM dynmod.queue_callback(app.id, 'disabled');
        END IF;
        PERFORM dynmod.queue_callback(app.id, state);
    END IF;
    RETURN app.state;
END
$$;
COMMENT ON FUNCTION dynmod.set_app_state(text, text, text, boolean, text) IS
    'Makes an app enabled, disabled or uninstalled and gives its former state; with call_app the '
    'app is to be told, which dynmodctl callbacks retry does. An uninstalled app comes back by an '
    'installation only (MD005). Raises P0002 when there is none, MD007 while it is being '
    'installed.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

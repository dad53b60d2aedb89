-- What administrators, and those who try to be one, may ask for at once: passwords, installations,
-- calls that wait.
--
-- SQLSTATE of our own, besides those of earlier migrations:
--   MD014  too many installations at once                         no DETAIL
SET LOCAL lock_timeout = '5s';

-- Passwords ---------------------------------------------------------------------------------------

CREATE TABLE dynmod.administrator_address (
    name text NOT NULL
        CONSTRAINT administrator_address_name
        REFERENCES dynmod.administrator (name) ON DELETE CASCADE,
    address text NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (name, address)
);
COMMENT ON TABLE dynmod.administrator_address IS
    'Where each administrator has been accepted, the last 10 addresses: passwords that are guessed '
    'from elsewhere do not slow down who comes from there.';
COMMENT ON COLUMN dynmod.administrator_address.name IS 'Of the administrator.';
COMMENT ON COLUMN dynmod.administrator_address.address IS 'Of IPv6 a network of 64 bits.';
COMMENT ON COLUMN dynmod.login_failure.failures IS
    'As long as there was no hour without one.';

CREATE FUNCTION dynmod.login_address(address text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN address LIKE '%:%' THEN host(network(set_masklen(address::inet, 64)))
        ELSE address END
$$;

CREATE OR REPLACE FUNCTION dynmod.login_subjects(name text, address text) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['name ' || name, 'address ' || dynmod.login_address(address)]
$$;

CREATE OR REPLACE FUNCTION dynmod.record_login(
    site text, name text, address text, succeeded boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    most constant integer := 10;
BEGIN
    IF succeeded THEN
        -- Who hides behind no address at all is not known by it.
        INSERT INTO dynmod.administrator_address AS known (name, address)
            SELECT found.name, dynmod.login_address(record_login.address)
                FROM dynmod.administrator AS found
                WHERE found.name = record_login.name AND record_login.address <> ''
            ON CONFLICT ON CONSTRAINT administrator_address_pkey
            DO UPDATE SET accepted_at = clock_timestamp();
        DELETE FROM dynmod.administrator_address AS known
            WHERE known.name = record_login.name AND known.address NOT IN (
                SELECT last.address FROM dynmod.administrator_address AS last
                WHERE last.name = record_login.name ORDER BY last.accepted_at DESC LIMIT most);
        RETURN;
    END IF;
    DELETE FROM dynmod.login_failure AS failure
        WHERE failure.failed_at < clock_timestamp() - interval '1 hour';
    -- Names that nobody has are treated alike, so that nobody learns which there are; longer ones
    -- there cannot be.
    INSERT INTO dynmod.login_failure AS failure (subject, failures)
        SELECT subject, 1 FROM unnest(dynmod.login_subjects(name, address)) AS subject
            WHERE subject NOT LIKE 'name %' OR length(record_login.name) <= 100
            ORDER BY subject
        ON CONFLICT (subject) DO UPDATE
            SET failures = failure.failures + 1, failed_at = clock_timestamp();
END
$$;
COMMENT ON FUNCTION dynmod.record_login(text, text, text, boolean) IS
    'Counts a refused password for its name and address, or keeps the address of an accepted one.';

-- Where the former password was accepted says nothing of the new one.
CREATE FUNCTION dynmod.administrator_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM dynmod.administrator_address AS known WHERE known.name = NEW.name;
    RETURN NULL;
END
$$;

CREATE TRIGGER administrator_changed AFTER UPDATE OF password_hash ON dynmod.administrator
    FOR EACH ROW EXECUTE FUNCTION dynmod.administrator_changed();

-- Tasks -------------------------------------------------------------------------------------------

-- Each task is a process with a connection, and the connections are there for all apps.
CREATE OR REPLACE FUNCTION dynmod.create_task(
    site text, source text, seconds integer, actor text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    most constant integer := 10;
    task_class constant integer := 1685679874; -- "dyn" and 2, for pg_locks
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
    PERFORM pg_advisory_xact_lock(task_class, 0);
    IF (SELECT count(*) >= most FROM dynmod.task
            WHERE task.ended_at IS NULL AND task.deadline > clock_timestamp()) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD014',
            MESSAGE = format(
                'There are %s installations under way. Please try again when one has ended.', most);
    END IF;
    INSERT INTO dynmod.task (site_id, source, actor, deadline)
        VALUES (host_id, create_task.source, COALESCE(create_task.actor, SESSION_USER),
                clock_timestamp() + make_interval(secs => seconds))
        RETURNING id INTO created;
    RETURN created;
END
$$;
COMMENT ON FUNCTION dynmod.create_task(text, text, integer, text) IS
    'Creates a task that has to go on within so many seconds, and gives its id. Raises MD014 while '
    '10 others are under way.';

-- Calls -------------------------------------------------------------------------------------------

-- An app that does not answer while it is enabled and disabled hears of the last changes only.
CREATE OR REPLACE FUNCTION dynmod.queue_callback(app_id bigint, event text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most constant integer := 20;
    app record;
    obsolete record;
BEGIN
    SELECT site.name AS site, present.app_key INTO app
        FROM dynmod.app AS present JOIN dynmod.site ON site.id = present.site_id
        WHERE present.id = queue_callback.app_id
          AND COALESCE(
              present.descriptor #>> ARRAY['lifecycle', queue_callback.event], '') <> '';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO dynmod.callback (app_id, event)
        VALUES (queue_callback.app_id, queue_callback.event);
    FOR obsolete IN
        DELETE FROM dynmod.callback WHERE callback.id IN (
            SELECT waiting.id FROM dynmod.callback AS waiting
                WHERE waiting.app_id = queue_callback.app_id
                  AND COALESCE(waiting.claimed_until, '-infinity') < clock_timestamp()
                ORDER BY waiting.id DESC OFFSET most)
            RETURNING callback.event
    LOOP
        PERFORM dynmod.record_call(app.site, app.app_key, jsonb_build_object(
            'event', obsolete.event, 'error', 'not sent: too many later ones wait'));
    END LOOP;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

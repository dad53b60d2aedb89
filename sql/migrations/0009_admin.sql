-- What the admin program needs besides the life of apps: administrators, and the apps' properties.
--
-- SQLSTATE of our own, besides those of 0002_rules.sql and 0008_tasks.sql:
--   MD008  more properties than an app may have                   no DETAIL
SET LOCAL lock_timeout = '5s';

-- Administrators ----------------------------------------------------------------------------------

CREATE TABLE dynmod.administrator (
    name text PRIMARY KEY
        CONSTRAINT administrator_name_form
        CHECK (name ~ '^[^:[:cntrl:]]+$' AND pg_catalog.length(name) <= 100),
    password_hash text NOT NULL,
    loopback_only boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dynmod.administrator IS
    'Who may install apps over HTTP, on every site; made by dynmodctl admin add.';
COMMENT ON COLUMN dynmod.administrator.name IS 'The user name of HTTP Basic authentication.';
COMMENT ON COLUMN dynmod.administrator.password_hash IS 'As crypt(3) writes it.';
COMMENT ON COLUMN dynmod.administrator.loopback_only IS
    'Accepted only from the machine of the web server itself.';

CREATE TABLE dynmod.login_failure (
    subject text PRIMARY KEY,
    failures integer NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE dynmod.login_failure IS
    'Passwords that were refused, by administrator and by address, as long as they slow down '
    'further attempts.';

COMMENT ON COLUMN dynmod.login_failure.subject IS 'As in "name admin" or "address 192.0.2.1".';
COMMENT ON COLUMN dynmod.login_failure.failures IS 'Since the last password that was accepted.';

-- The subjects that an attempt counts for. An IPv6 network of 64 bits is one address.
CREATE FUNCTION dynmod.login_subjects(name text, address text) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['name ' || name, 'address ' || CASE
        WHEN address LIKE '%:%' THEN host(network(set_masklen(address::inet, 64)))
        ELSE address END]
$$;

CREATE FUNCTION dynmod.find_administrator(
    site text, name text, address text, OUT context_path text, OUT base_url text,
    OUT password_hash text, OUT loopback_only boolean, OUT failures integer, OUT wait integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT host.context_path, rtrim(host.base_url, '/') INTO context_path, base_url
        FROM dynmod.site AS host WHERE host.name = site;
    SELECT found.password_hash, found.loopback_only INTO password_hash, loopback_only
        FROM dynmod.administrator AS found WHERE found.name = find_administrator.name;
    -- After 5 failures of a name, or 20 of an address, each takes a second, 2, 4, … up to 64.
    SELECT COALESCE(max(failure.failures), 0), COALESCE(ceil(max(extract(epoch FROM
               failure.failed_at - clock_timestamp()
               + interval '1 second' * 2 ^ LEAST(6, failure.failures - CASE
                     WHEN failure.subject LIKE 'name %' THEN 5 ELSE 20 END)))
               FILTER (WHERE failure.failures >= CASE
                     WHEN failure.subject LIKE 'name %' THEN 5 ELSE 20 END)), 0)
        INTO failures, wait
        FROM dynmod.login_failure AS failure
        WHERE failure.subject = ANY (dynmod.login_subjects(name, address));
    wait := GREATEST(wait, 0);
END
$$;
COMMENT ON FUNCTION dynmod.find_administrator(text, text, text) IS
    'What is needed to admit an administrator: where the site is, NULL for an unknown one, the '
    'hash of the password, NULL for an unknown name, the failures so far, and the seconds that '
    'this name or address has to wait before it may try again.';

CREATE FUNCTION dynmod.record_login(site text, name text, address text, succeeded boolean)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    IF succeeded THEN
        DELETE FROM dynmod.login_failure AS failure
            WHERE failure.subject = ANY (dynmod.login_subjects(name, address));
        RETURN;
    END IF;
    DELETE FROM dynmod.login_failure AS failure
        WHERE failure.failed_at < clock_timestamp() - interval '1 hour';
    -- Names that nobody has are not kept: there is no end of them.
    INSERT INTO dynmod.login_failure AS failure (subject, failures)
        SELECT subject, 1 FROM unnest(dynmod.login_subjects(name, address)) AS subject
            WHERE subject NOT LIKE 'name %'
               OR EXISTS (SELECT FROM dynmod.administrator AS known
                          WHERE known.name = record_login.name)
            ORDER BY subject
        ON CONFLICT (subject) DO UPDATE
            SET failures = failure.failures + 1, failed_at = clock_timestamp();
END
$$;
COMMENT ON FUNCTION dynmod.record_login(text, text, text, boolean) IS
    'Counts a refused password for its name and address, or forgets the earlier ones.';

CREATE FUNCTION dynmod.set_administrator(name text, password_hash text, loopback_only boolean)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    UPDATE dynmod.administrator AS known SET
        password_hash = set_administrator.password_hash,
        loopback_only = set_administrator.loopback_only, changed_at = now()
        WHERE known.name = set_administrator.name;
    IF FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO dynmod.administrator (name, password_hash, loopback_only)
        VALUES (set_administrator.name, set_administrator.password_hash,
                set_administrator.loopback_only);
    RETURN true;
END
$$;
COMMENT ON FUNCTION dynmod.set_administrator(text, text, boolean) IS
    'Adds an administrator or changes the password of one; gives whether the name is new.';

-- Apps as administrators and apps see them --------------------------------------------------------

CREATE FUNCTION dynmod.describe_apps(site text, app_key text) RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT json_agg(json_build_object(
                'key', app.app_key, 'name', app.name, 'state', app.state,
                'baseUrl', app.base_url, 'version', app.descriptor ->> 'version',
                'description', app.descriptor ->> 'description',
                'vendor', app.descriptor -> 'vendor', 'installedAt', app.installed_at)
                ORDER BY app.app_key)
            FROM dynmod.app JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = site AND app.state <> 'uninstalled'
              AND (describe_apps.app_key IS NULL OR app.app_key = describe_apps.app_key));
END
$$;
COMMENT ON FUNCTION dynmod.describe_apps(text, text) IS
    'The installed apps of a site by key, or one of them: a list of {"key","name","state",'
    '"baseUrl","version","description","vendor","installedAt"}; NULL for none.';

-- Properties of apps ------------------------------------------------------------------------------

CREATE TABLE dynmod.app_property (
    app_id bigint NOT NULL
        CONSTRAINT app_property_app REFERENCES dynmod.app (id) ON DELETE CASCADE,
    property_key text NOT NULL
        CONSTRAINT app_property_key_length
        CHECK (pg_catalog.length(property_key) BETWEEN 1 AND 127),
    value json NOT NULL
        CONSTRAINT app_property_value_length CHECK (pg_catalog.length(value::text) <= 32768),
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (app_id, property_key)
);
COMMENT ON TABLE dynmod.app_property IS 'What apps keep with the host: up to 100 values each.';
COMMENT ON COLUMN dynmod.app_property.property_key IS 'Chosen by the app.';
COMMENT ON COLUMN dynmod.app_property.value IS 'JSON as the app sent it.';

CREATE FUNCTION dynmod.app_property_after_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most constant integer := 100;
BEGIN
    PERFORM FROM dynmod.app WHERE app.id IN (SELECT app_id FROM new_properties)
        ORDER BY app.id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM dynmod.app_property
               WHERE app_property.app_id IN (SELECT app_id FROM new_properties)
               GROUP BY app_property.app_id HAVING count(*) > most) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD008',
            MESSAGE = format('an app may have %s properties', most);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER app_property_after_insert AFTER INSERT ON dynmod.app_property
    REFERENCING NEW TABLE AS new_properties
    FOR EACH STATEMENT EXECUTE FUNCTION dynmod.app_property_after_insert();

CREATE FUNCTION dynmod.list_properties(site text, app_key text) RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT COALESCE(json_agg(property.property_key ORDER BY property.property_key), '[]')
            FROM dynmod.app_property AS property
            JOIN dynmod.app ON app.id = property.app_id
            JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = site AND app.app_key = list_properties.app_key);
END
$$;
COMMENT ON FUNCTION dynmod.list_properties(text, text) IS 'The keys of the properties of an app.';

CREATE FUNCTION dynmod.find_property(site text, app_key text, property_key text) RETURNS json
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT property.value FROM dynmod.app_property AS property
            JOIN dynmod.app ON app.id = property.app_id
            JOIN dynmod.site AS host ON host.id = app.site_id
            WHERE host.name = site AND app.app_key = find_property.app_key
              AND property.property_key = find_property.property_key);
END
$$;
COMMENT ON FUNCTION dynmod.find_property(text, text, text) IS
    'The value of one property of an app; NULL when it has none.';

CREATE FUNCTION dynmod.set_property(site text, app_key text, property_key text, value json)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
BEGIN
    UPDATE dynmod.app_property AS property SET value = set_property.value, changed_at = now()
        WHERE property.app_id = app.id AND property.property_key = set_property.property_key;
    IF FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO dynmod.app_property (app_id, property_key, value)
        VALUES (app.id, set_property.property_key, set_property.value);
    RETURN true;
END
$$;
COMMENT ON FUNCTION dynmod.set_property(text, text, text, json) IS
    'Sets a property of an enabled app; gives whether it is new. Raises MD005 when the app is not '
    'enabled, MD008 when it has 100 others.';

CREATE FUNCTION dynmod.remove_property(site text, app_key text, property_key text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
BEGIN
    DELETE FROM dynmod.app_property AS property
        WHERE property.app_id = app.id AND property.property_key = remove_property.property_key;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION dynmod.remove_property(text, text, text) IS
    'Removes a property of an enabled app; gives whether there was one.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

-- Shared secrets in a table of their own, plain or sealed by the programs.
--
-- A sealed text is "gcm1:KEY:DIGEST:BYTES": what seals it (src/host/secret_box.h), the id of the
-- key, the digest of what is inside, and the encrypted bytes. Sealed or not, no error message shows
-- what is in app_secret: its triggers refuse what a constraint could refuse, because PostgreSQL
-- prints the row that fails one.
--
-- SQLSTATE of our own, besides those of 0002_rules.sql, 0008_tasks.sql and 0009_admin.sql:
--   MD010  another app has this secret                            no DETAIL
SET LOCAL lock_timeout = '5s';

-- The digest by which equal secrets are found, without telling the secret.
CREATE FUNCTION dynmod.secret_digest(secret text) RETURNS bytea
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN secret LIKE 'gcm1:%' THEN decode(split_part(secret, ':', 3), 'hex')
            ELSE sha256(convert_to('dynmod secret ' || secret, 'UTF8')) END
$$;

CREATE TABLE dynmod.app_secret (
    app_id bigint NOT NULL
        CONSTRAINT app_secret_app REFERENCES dynmod.app (id) ON DELETE CASCADE,
    use text NOT NULL,
    digest bytea NOT NULL CONSTRAINT app_secret_digest_unique UNIQUE,
    valid_until timestamptz,
    secret text NOT NULL,
    PRIMARY KEY (app_id, use)
);
COMMENT ON TABLE dynmod.app_secret IS
    'The secrets that sites share with their apps. Never show them.';
COMMENT ON COLUMN dynmod.app_secret.use IS
    'current; former: accepted until valid_until; replaced: by a task that has not ended, which '
    'brings it back if it fails.';
COMMENT ON COLUMN dynmod.app_secret.digest IS
    'SHA-256 of the secret with a prefix: no two apps may have the same.';
COMMENT ON COLUMN dynmod.app_secret.valid_until IS
    'How long a former secret is accepted; NULL for the current one.';
COMMENT ON COLUMN dynmod.app_secret.secret IS 'Plain, or sealed with the key of secrets_key.';

-- Rules -----------------------------------------------------------------------------------------

CREATE FUNCTION dynmod.app_secret_before_write() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app dynmod.app;
BEGIN
    IF NEW.app_id IS NULL OR COALESCE(NEW.use, '') NOT IN ('current', 'former', 'replaced')
        OR (NEW.use = 'current') <> (NEW.valid_until IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a secret belongs to an app and is current, or former or replaced with a '
                'time until which it is valid';
    ELSIF NEW.secret LIKE 'gcm1:%' THEN
        IF NEW.secret !~ '^gcm1:[0-9a-f]{8}:[0-9a-f]{64}:[A-Za-z0-9+/]{38,}=*$' THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = 'a sealed secret has another form';
        END IF;
    ELSIF COALESCE(octet_length(NEW.secret), 0) < 32 THEN -- HS256 needs as many (RFC 7518, 3.2)
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a shared secret has at least 32 bytes';
    END IF;
    NEW.digest := dynmod.secret_digest(NEW.secret);
    SELECT present.* INTO app FROM dynmod.app AS present WHERE present.id = NEW.app_id;
    IF (TG_OP = 'INSERT' OR NEW.digest <> OLD.digest)
        AND EXISTS (SELECT FROM dynmod.app_secret AS other WHERE other.digest = NEW.digest) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD010',
            MESSAGE = format('the shared secret for the app %s is that of another app, or a former '
                'one of its own', app.app_key);
    END IF;
    IF TG_OP = 'INSERT' OR NEW.digest <> OLD.digest OR NEW.use <> OLD.use THEN
        PERFORM dynmod.refuse_while_busy(app.site_id, app.app_key);
    END IF;
    RETURN NEW;
END
$$;

-- An app that is being installed is left alone by everyone else, so that a failure can restore it.
CREATE FUNCTION dynmod.refuse_while_busy(site_id bigint, app_key text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM dynmod.task
            WHERE task.site_id = refuse_while_busy.site_id
              AND task.app_key = refuse_while_busy.app_key
              AND task.ended_at IS NULL AND task.former IS NOT NULL
              AND task.id <> COALESCE(current_setting('dynmod.task', true), '')) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD007',
            MESSAGE = format('the app %s is being installed', app_key);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION dynmod.app_busy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.refuse_while_busy(OLD.site_id, OLD.app_key);
    RETURN COALESCE(NEW, OLD);
END
$$;

CREATE TRIGGER app_secret_before_write BEFORE INSERT OR UPDATE ON dynmod.app_secret
    FOR EACH ROW EXECUTE FUNCTION dynmod.app_secret_before_write();

-- Notes the time and writes the history when an app has got another secret. That of an app which
-- is new or returns is a part of its installation.
CREATE FUNCTION dynmod.note_rotation(app_id bigint) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE dynmod.app SET changed_at = now() WHERE app.id = note_rotation.app_id;
    INSERT INTO dynmod.app_event (operation, site_name, app_key, detail)
        SELECT 'rotate_secret', site.name, app.app_key, jsonb_build_object(
                'formerState', app.state, 'state', app.state, 'baseUrl', app.base_url)
            FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id
            WHERE app.id = note_rotation.app_id;
$$;

CREATE FUNCTION dynmod.app_secret_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM dynmod.note_rotation(NEW.app_id);
    RETURN NULL;
END
$$;

-- Whoever changes it by hand; functions put the old one aside first.
CREATE TRIGGER app_secret_changed AFTER UPDATE ON dynmod.app_secret
    FOR EACH ROW WHEN (NEW.use = 'current' AND OLD.use = 'current' AND NEW.digest <> OLD.digest)
    EXECUTE FUNCTION dynmod.app_secret_changed();

-- The names of site and app are sealed in with a secret.
CREATE FUNCTION dynmod.keep_sealed_names() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_secret.app_id
            WHERE app_secret.secret LIKE 'gcm1:%'
              AND CASE TG_TABLE_NAME WHEN 'site' THEN app.site_id ELSE app.id END = OLD.id)
        OR (TG_TABLE_NAME = 'site' AND EXISTS (
            SELECT FROM dynmod.site_key
                WHERE site_key.site_id = OLD.id AND site_key.private_key LIKE 'gcm1:%')) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use',
            MESSAGE = format('the %s cannot get another name while its secrets are encrypted',
                TG_TABLE_NAME),
            HINT = 'Run dynmodctl secrets decrypt first, and encrypt them again afterwards.';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER site_keep_sealed_names BEFORE UPDATE OF name ON dynmod.site
    FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION dynmod.keep_sealed_names();
CREATE TRIGGER app_keep_sealed_names BEFORE UPDATE OF site_id, app_key ON dynmod.app
    FOR EACH ROW WHEN ((NEW.site_id, NEW.app_key) <> (OLD.site_id, OLD.app_key))
    EXECUTE FUNCTION dynmod.keep_sealed_names();

-- The secrets move, and app changes without them ------------------------------------------------

DO $$
BEGIN
    IF EXISTS (SELECT FROM dynmod.app GROUP BY shared_secret HAVING count(*) > 1) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD010',
            MESSAGE = 'several apps have the same shared secret: '
                || (SELECT string_agg(format('%s on %s', app_key, site.name), ', '
                                      ORDER BY site.name, app_key)
                    FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id
                    WHERE shared_secret IN (SELECT shared_secret FROM dynmod.app
                                            GROUP BY shared_secret HAVING count(*) > 1)),
            HINT = 'Give them secrets of their own with dynmodctl app rotate-secret.';
    ELSIF EXISTS (SELECT FROM dynmod.task WHERE ended_at IS NULL AND former IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'MD007',
            MESSAGE = 'apps are being installed',
            HINT = 'Run this again when they are; tasks whose process has died fail at the next '
                'dynmodctl callbacks retry.';
    END IF;
END
$$;

INSERT INTO dynmod.app_secret (app_id, use, secret)
    SELECT id, 'current', shared_secret FROM dynmod.app;
ALTER TABLE dynmod.app DROP COLUMN shared_secret CASCADE; -- three triggers go with it

CREATE TRIGGER app_before_write BEFORE INSERT OR UPDATE OF
    site_id, app_key, name, base_url, descriptor, scopes, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_before_write();

CREATE TRIGGER app_busy BEFORE DELETE OR UPDATE OF
    site_id, app_key, name, base_url, descriptor, scopes, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_busy();

CREATE OR REPLACE FUNCTION dynmod.app_changed() RETURNS trigger
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
            WHEN NEW.descriptor <> OLD.descriptor THEN 'upgrade' END
        END;
BEGIN
    INSERT INTO dynmod.app_event (operation, site_name, app_key, detail)
        SELECT operation, site.name, present.app_key, jsonb_strip_nulls(jsonb_build_object(
                'formerState', OLD.state, 'state', NEW.state, 'baseUrl', NEW.base_url))
            FROM dynmod.site WHERE site.id = present.site_id AND operation IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER app_changed AFTER INSERT OR DELETE OR UPDATE OF descriptor, state
    ON dynmod.app FOR EACH ROW EXECUTE FUNCTION dynmod.app_changed();

-- Finding ---------------------------------------------------------------------------------------

DROP FUNCTION dynmod.find_app(text, text);
CREATE FUNCTION dynmod.find_app(
    site text, INOUT app_key text,
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app ON app.site_id = host.id AND app.app_key = find_app.app_key
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = find_app.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_app(text, text) IS
    'What the web program needs to check who is calling. No row for an unknown site; the columns '
    'of the app are NULL for an unknown app, and the secrets, which may be sealed, for an app that '
    'has none.';

DROP FUNCTION dynmod.find_app_with_document(text, text, bigint[]);
CREATE FUNCTION dynmod.find_app_with_document(
    site text, INOUT app_key text, known_revisions bigint[],
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT revision bigint, OUT document text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               app.revision,
               CASE WHEN app.revision = ANY (known_revisions) THEN NULL ELSE app.document END
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app
                ON app.site_id = host.id AND app.app_key = find_app_with_document.app_key
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = find_app_with_document.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_app_with_document(text, text, bigint[]) IS
    'Like find_app, with the revision of the dynamic modules, and with the ready answer to GET '
    'unless the client knows that revision.';

DROP FUNCTION dynmod.find_app_for_registration(text, text, bigint);
CREATE FUNCTION dynmod.find_app_for_registration(
    site text, INOUT app_key text, known_types_version bigint,
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT scopes text[], OUT module_limit integer, OUT modules text,
    OUT types_version bigint, OUT types text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               app.scopes, host.module_limit,
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
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = find_app_for_registration.site;
END
$$;
COMMENT ON FUNCTION dynmod.find_app_for_registration(text, text, bigint) IS
    'Like find_app, with what a registration is checked against. The types are NULL when the '
    'version the program holds is still right, or when the app is unknown.';

DROP FUNCTION dynmod.lock_app(text, text, boolean);
-- The app, with other writers made to wait. Raises P0002 when there is none; where it must be
-- enabled, MD005 when it is not or is not there. The functions that call it set the search path.
CREATE FUNCTION dynmod.lock_app(
    site text, app_key text, must_be_enabled boolean, OUT id bigint, OUT name text, OUT state text)
    LANGUAGE plpgsql
AS $$
BEGIN
    SELECT app.id, app.name, app.state INTO id, name, state
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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

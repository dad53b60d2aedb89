-- Changes of modules by one question: a process that knows an app from before says as what it knows
-- it, and the database makes the change only if the app is still that. New SQLSTATE:
--   MD020  what the caller knows of the app, or of the types, is not so any more    no DETAIL
SET LOCAL lock_timeout = '5s';

-- A constant for the apps that there are, so that their table is not written anew.
DO $$
BEGIN
    EXECUTE format('ALTER TABLE dynmod.app ADD COLUMN standing uuid NOT NULL DEFAULT %L',
        gen_random_uuid());
END
$$;
ALTER TABLE dynmod.app ALTER COLUMN standing SET DEFAULT gen_random_uuid();
COMMENT ON COLUMN dynmod.app.standing IS
    'Another one, never used before, with each change of what its requests are checked against but '
    'its modules: secrets, state, scopes, and name and address of the site. Kept by triggers.';

CREATE FUNCTION dynmod.renew_standing() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.standing := gen_random_uuid();
    RETURN NEW;
END
$$;

-- After app_before_write, which brings the scopes into their form.
CREATE TRIGGER app_renews_standing BEFORE UPDATE OF site_id, app_key, scopes, state ON dynmod.app
    FOR EACH ROW WHEN ((NEW.site_id, NEW.app_key, NEW.scopes, NEW.state)
        IS DISTINCT FROM (OLD.site_id, OLD.app_key, OLD.scopes, OLD.state))
    EXECUTE FUNCTION dynmod.renew_standing();

CREATE OR REPLACE FUNCTION dynmod.renew_app() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dynmod.app SET standing = gen_random_uuid()
        WHERE id = ANY (ARRAY[NEW.app_id, OLD.app_id]);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION dynmod.renew_apps_of_site() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dynmod.app SET standing = gen_random_uuid() WHERE site_id = NEW.id;
    RETURN NULL;
END
$$;

-- Finding an app --------------------------------------------------------------------------------

-- What may be said of an app's standing: nothing where what was found ends by itself, as a former
-- secret does, or with another site, where an address has found the only one.
CREATE FUNCTION dynmod.lasting_standing(
    standing uuid, former_secret text, site text, address text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN former_secret IS NULL AND (site NOT LIKE '//%' OR site = address)
                THEN standing END
$$;

DROP FUNCTION dynmod.find_app(text, text);
CREATE FUNCTION dynmod.find_app(
    site text, INOUT app_key text,
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT site_name text, OUT standing uuid)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               host.name, dynmod.lasting_standing(app.standing, former.secret, site, host.address)
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app ON app.site_id = host.id AND app.app_key = find_app.app_key
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = dynmod.requested_site(find_app.site);
END
$$;
COMMENT ON FUNCTION dynmod.find_app(text, text) IS
    'What the web program needs to check who is calling; the site is given by its name or, as '
    'requests have it, by its address. No row for an unknown site; the columns of the app are NULL '
    'for an unknown app, and the secrets, which may be sealed, for an app that has none. All of it '
    'is so as long as the app has this standing, if there is one.';

DROP FUNCTION dynmod.find_app_with_document(text, text, bigint[]);
CREATE FUNCTION dynmod.find_app_with_document(
    site text, INOUT app_key text, known_revisions bigint[],
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT revision bigint, OUT document text, OUT site_name text,
    OUT app_id bigint, OUT app_version xid, OUT standing uuid)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text := app_key;
    use text;
    secret text;
    valid_until timestamptz;
BEGIN
    IF site NOT LIKE '//%' THEN
        site := (SELECT host.address FROM dynmod.site AS host WHERE host.name = site);
    END IF;
    FOR app_key, context_path, state, revision, document, site_name, app_id, app_version,
        standing, use, secret, valid_until
    IN
        SELECT app.app_key, host.context_path, app.state, app.revision,
               CASE WHEN app.revision = ANY (known_revisions) THEN NULL ELSE app.document END,
               host.name, app.id, app.xmin, app.standing, kept.use, kept.secret,
               kept.valid_until
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app ON app.site_id = host.id AND app.app_key = wanted
            LEFT JOIN dynmod.app_secret AS kept ON kept.app_id = app.id
            WHERE host.address = site
    LOOP
        IF use = 'current' THEN
            shared_secret := secret;
        ELSIF use = 'former' AND valid_until > now() THEN
            former_secret := secret;
        END IF;
    END LOOP;
    IF former_secret IS NOT NULL THEN
        app_version := NULL; -- because it will end by itself
        standing := NULL;
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    ELSIF site LIKE '//%' AND dynmod.requested_site(site) = 'default' THEN
        RETURN QUERY
            SELECT found.app_key, found.context_path, found.state, found.shared_secret,
                   found.former_secret, found.revision, found.document, found.site_name,
                   found.app_id, NULL::xid, NULL::uuid -- because this ends with another site
                FROM dynmod.find_app_with_document('default', wanted, known_revisions) AS found;
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.find_app_with_document(text, text, bigint[]) IS
    'Like find_app, with the revision of the dynamic modules, and with the ready answer to GET '
    'unless the client knows that revision. Where there is an app_version, app_is_unchanged() '
    'tells whether all of it is still so.';

DROP FUNCTION dynmod.find_app_for_registration(text, text, bigint);
CREATE FUNCTION dynmod.find_app_for_registration(
    site text, INOUT app_key text, known_types_version bigint,
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT scopes text[], OUT module_limit integer, OUT modules text, OUT types_version bigint,
    OUT types text, OUT site_name text, OUT standing uuid)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               app.scopes, host.module_limit,
               CASE WHEN app.id IS NOT NULL THEN (
                   -- OFFSET 0 keeps PostgreSQL from reading all modules in the order of ids.
                   SELECT COALESCE(json_agg(registered), '[]')::text FROM (
                       SELECT type_name AS type, module_key AS key, origin
                           FROM (SELECT id, type_name, module_key, module.origin FROM dynmod.module
                                     WHERE module.app_id = app.id OFFSET 0) AS of_app
                           ORDER BY id) AS registered) END,
               newest.version,
               CASE WHEN app.id IS NOT NULL
                     AND newest.version IS DISTINCT FROM known_types_version
                    THEN dynmod.types_document() END,
               host.name,
               dynmod.lasting_standing(app.standing, former.secret, site, host.address)
            FROM dynmod.site AS host
            CROSS JOIN (SELECT max(version) AS version FROM dynmod.types_version) AS newest
            LEFT JOIN dynmod.app
                ON app.site_id = host.id AND app.app_key = find_app_for_registration.app_key
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = dynmod.requested_site(find_app_for_registration.site);
END
$$;
COMMENT ON FUNCTION dynmod.find_app_for_registration(text, text, bigint) IS
    'Like find_app, with what a registration is checked against. The types are NULL when the '
    'version the program holds is still right, or when the app is unknown.';

-- Changing its modules --------------------------------------------------------------------------

DROP FUNCTION dynmod.lock_app(text, text, boolean);
-- The app, with other writers made to wait; of the requests of an app no more than two, so that
-- they do not take all the workers that other apps need. Raises P0002 when there is no such app;
-- where it must be enabled, MD005 when it is not or is not there. The functions that call it set
-- the search path. The site is not joined: a plan made while there were few apps would look for the
-- key alone, in the whole index, and with statistics PostgreSQL would plan the join anew each time.
CREATE FUNCTION dynmod.lock_app(
    site text, app_key text, must_be_enabled boolean,
    OUT id bigint, OUT name text, OUT state text, OUT standing uuid)
    LANGUAGE plpgsql
AS $$
DECLARE
    present_id bigint;
BEGIN
    IF must_be_enabled THEN
        SELECT app.id, app.name, app.state, app.standing INTO id, name, state, standing
            FROM dynmod.app
            WHERE app.site_id = (SELECT host.id FROM dynmod.site AS host WHERE host.name = site)
              AND app.app_key = lock_app.app_key
            FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND AND state = 'enabled' THEN
            RETURN;
        END IF;
        SELECT app.id INTO present_id
            FROM dynmod.app
            WHERE app.site_id = (SELECT host.id FROM dynmod.site AS host WHERE host.name = site)
              AND app.app_key = lock_app.app_key;
        IF id IS NULL AND present_id IS NOT NULL THEN
            PERFORM dynmod.wait_for_app(present_id, app_key);
        END IF;
    END IF;
    SELECT app.id, app.name, app.state, app.standing INTO id, name, state, standing
        FROM dynmod.app
        WHERE app.site_id = (SELECT host.id FROM dynmod.site AS host WHERE host.name = site)
          AND app.app_key = lock_app.app_key
        FOR NO KEY UPDATE;
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

CREATE FUNCTION dynmod.refuse_known(app_key text) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'MD020',
        MESSAGE = format('the app %s, or the module types, have changed', app_key);
END
$$;

DROP FUNCTION dynmod.register_modules(text, text, jsonb, bigint[], boolean);
CREATE FUNCTION dynmod.register_modules(
    site text, INOUT app_key text, modules jsonb, expected bigint[], dry_run boolean,
    known_standing uuid DEFAULT NULL, known_types_version bigint DEFAULT NULL,
    OUT revision bigint, OUT registered integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    app record;
    violated text;
BEGIN
    app := dynmod.lock_app(site, app_key, true);
    IF app.standing <> known_standing
        OR (SELECT max(version) FROM dynmod.types_version) <> known_types_version THEN
        PERFORM dynmod.refuse_known(app_key);
    END IF;
    IF expected IS NOT NULL THEN
        PERFORM dynmod.check_revision(app.id, app_key, expected);
    END IF;
    IF dry_run THEN
        SELECT trial.registered INTO registered
            FROM dynmod.register_modules(site, app_key, modules, NULL, false) AS trial;
        PERFORM dynmod.undo_trial();
    END IF;
    INSERT INTO dynmod.module (app_id, type_name, origin, definition)
        SELECT app.id, sent.type, 'dynamic', sent.definition
        FROM ROWS FROM (jsonb_to_recordset(modules) AS (type text, definition jsonb))
            WITH ORDINALITY AS sent (type, definition, place)
        ORDER BY sent.place;
    GET DIAGNOSTICS registered = ROW_COUNT;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
EXCEPTION
    WHEN SQLSTATE 'MD099' THEN
        SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
    WHEN unique_violation THEN
        -- The constraint names the first key only.
        GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
        PERFORM dynmod.check_keys(app.id, app_key, modules, '{descriptor,dynamic}');
        IF violated <> 'module_key_unique' THEN
            RAISE;
        END IF;
        -- The lock has ended with the subtransaction, and now the keys are free.
        SELECT again.revision, again.registered INTO revision, registered
            FROM dynmod.register_modules(site, app_key, modules, expected, dry_run,
                known_standing, known_types_version) AS again;
END
$$;
COMMENT ON FUNCTION dynmod.register_modules(text, text, jsonb, bigint[], boolean, uuid, bigint) IS
    'Registers [{"type":…,"definition":{…}},…] as dynamic modules of the app, all or none; returns '
    'the app''s new revision and how many there were. Raises MD001 duplicate keys, MD002 limit, '
    'MD003 type, MD004 single-object type, MD005 app not enabled, MD006 key, MD011 and MD012 '
    'limits of bytes, MD015 when expected is not NULL and has not the app''s revision, nor 0 while '
    'it has no dynamic modules; DETAIL holds JSON. A dry_run does and answers the same but stores '
    'nothing, and returns the present revision. Raises MD020 when the app has another standing, or '
    'the types another version, than the caller knows.';

DROP FUNCTION dynmod.remove_modules(text, text, text[], bigint[], boolean);
CREATE FUNCTION dynmod.remove_modules(
    site text, INOUT app_key text, keys text[], expected bigint[], dry_run boolean,
    known_standing uuid DEFAULT NULL,
    OUT revision bigint, OUT removed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    app record := dynmod.lock_app(site, app_key, true);
BEGIN
    IF app.standing <> known_standing THEN
        PERFORM dynmod.refuse_known(app_key);
    END IF;
    IF expected IS NOT NULL THEN
        PERFORM dynmod.check_revision(app.id, app_key, expected);
    END IF;
    IF dry_run THEN
        BEGIN
            SELECT trial.removed INTO removed
                FROM dynmod.remove_modules(site, app_key, keys, NULL, false) AS trial;
            PERFORM dynmod.undo_trial();
        EXCEPTION WHEN SQLSTATE 'MD099' THEN
            -- as if nothing had been done
        END;
    ELSE
        IF keys IS NULL THEN
            DELETE FROM dynmod.module
                WHERE module.app_id = app.id AND module.origin = 'dynamic';
        ELSE
            DELETE FROM dynmod.module
                WHERE module.app_id = app.id AND module.origin = 'dynamic'
                  AND module.module_key = ANY (keys);
        END IF;
        GET DIAGNOSTICS removed = ROW_COUNT;
    END IF;
    SELECT present.revision INTO revision FROM dynmod.app AS present WHERE present.id = app.id;
END
$$;
COMMENT ON FUNCTION dynmod.remove_modules(text, text, text[], bigint[], boolean, uuid) IS
    'Removes the dynamic modules of the app with these keys, all of them for NULL; returns the '
    'app''s new revision and how many there were. Unknown keys are ignored. Raises MD005 when the '
    'app is not enabled; expected, dry_run and known_standing as for register_modules.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

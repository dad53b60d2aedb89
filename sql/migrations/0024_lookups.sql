-- Finding the app of a GET with fewer steps. Nearly all of the time of such a look-up goes into
-- preparing the parts of its plan for each call: so the secrets are read once, and the site by its
-- address without the help of another function. And a process that has found the app before may ask
-- whether that is still so.
SET LOCAL lock_timeout = '5s';

DROP FUNCTION dynmod.find_app_with_document(text, text, bigint[]);
CREATE FUNCTION dynmod.find_app_with_document(
    site text, INOUT app_key text, known_revisions bigint[],
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT revision bigint, OUT document text, OUT site_name text,
    OUT app_id bigint, OUT app_version xid)
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
        use, secret, valid_until
    IN
        SELECT app.app_key, host.context_path, app.state, app.revision,
               CASE WHEN app.revision = ANY (known_revisions) THEN NULL ELSE app.document END,
               host.name, app.id, app.xmin, kept.use, kept.secret, kept.valid_until
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
    END IF;
    IF FOUND THEN
        RETURN NEXT;
    ELSIF site LIKE '//%' AND dynmod.requested_site(site) = 'default' THEN
        RETURN QUERY
            SELECT found.app_key, found.context_path, found.state, found.shared_secret,
                   found.former_secret, found.revision, found.document, found.site_name,
                   found.app_id, NULL::xid -- because this ends with another site
                FROM dynmod.find_app_with_document('default', wanted, known_revisions) AS found;
    END IF;
END
$$;
COMMENT ON FUNCTION dynmod.find_app_with_document(text, text, bigint[]) IS
    'Like find_app, with the revision of the dynamic modules, and with the ready answer to GET '
    'unless the client knows that revision. Where there is an app_version, app_is_unchanged() '
    'tells whether all of it is still so.';

CREATE FUNCTION dynmod.app_is_unchanged(app_id bigint, app_version xid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM dynmod.app WHERE app.id = app_id AND app.xmin = app_version);
END
$$;
COMMENT ON FUNCTION dynmod.app_is_unchanged(bigint, xid) IS
    'Whether what find_app_with_document has found is still so: the app, its secrets and its site. '
    'The version is that of the app''s row, which triggers renew when the others change.';

CREATE FUNCTION dynmod.renew_app() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dynmod.app SET revision = revision
        WHERE id = ANY (ARRAY[NEW.app_id, OLD.app_id]);
    RETURN NULL;
END
$$;

CREATE TRIGGER app_secret_renews_app AFTER INSERT OR UPDATE OR DELETE ON dynmod.app_secret
    FOR EACH ROW EXECUTE FUNCTION dynmod.renew_app();

CREATE FUNCTION dynmod.renew_apps_of_site() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE dynmod.app SET revision = revision WHERE site_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER site_renews_apps AFTER UPDATE OF name, base_url ON dynmod.site
    FOR EACH ROW WHEN ((NEW.name, NEW.base_url) IS DISTINCT FROM (OLD.name, OLD.base_url))
    EXECUTE FUNCTION dynmod.renew_apps_of_site();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

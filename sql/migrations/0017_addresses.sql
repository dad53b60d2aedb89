-- Sites by their addresses: where the web server names no site, the host, the port and the context
-- path of a request choose the one with that base URL. The programs make addresses of requests as
-- dynmod.address() makes them of base URLs (src/http/site_address.h).
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION dynmod.address(url text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts text[] := regexp_match(url,
        '^(?:https?:)?//(?:([A-Za-z0-9._-]{1,254})|\[([0-9A-Fa-f:.]{2,45})\])'
        '(?::([0-9]{0,5}))?((?:/[^?#[:space:]]*)?)$');
    host_name text := regexp_replace(lower(parts[1] COLLATE "C"), '\.$', '');
    port integer := COALESCE(NULLIF(parts[3], ''), '80');
BEGIN
    IF parts[2] IS NOT NULL THEN
        BEGIN
            host_name := CASE family(parts[2]::inet)
                WHEN 6 THEN '[' || host(parts[2]::inet) || ']' END;
        EXCEPTION WHEN invalid_text_representation THEN
            RETURN NULL;
        END;
    END IF;
    IF host_name = '' OR port NOT BETWEEN 1 AND 65535 THEN
        RETURN NULL;
    END IF;
    RETURN '//' || host_name || CASE WHEN port IN (80, 443) THEN '' ELSE ':' || port END
        || rtrim(parts[4], '/');
END
$$;
COMMENT ON FUNCTION dynmod.address(text) IS
    'What all ways to write a base URL have in common: "//", the host in lower case and without a '
    'dot at its end, an IPv6 address in its shortest form, the port unless it is 80 or 443, the '
    'context path. NULL for what is no base URL, or one whose host is not in ASCII.';

DO $$
DECLARE
    unusable text := (SELECT string_agg(format('%s (%s)', name, base_url), ', ' ORDER BY name)
        FROM dynmod.site WHERE dynmod.address(base_url) IS NULL);
    equal text := (SELECT string_agg(format('%s (%s)', name, base_url), ', ' ORDER BY name)
        FROM dynmod.site WHERE dynmod.address(base_url) IN (
            SELECT dynmod.address(base_url) FROM dynmod.site GROUP BY 1 HAVING count(*) > 1));
BEGIN
    IF unusable IS NOT NULL OR equal IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation',
            MESSAGE = CASE WHEN unusable IS NOT NULL
                THEN format('these sites have no usable base URL: %s', unusable)
                ELSE format('these sites have base URLs with the same address: %s', equal) END,
            HINT = 'Change them, by UPDATE dynmod.site SET base_url = ... WHERE name = ..., and '
                'run this again. Hosts are in ASCII (xn--...); http and https make no difference.';
    END IF;
END
$$;

ALTER TABLE dynmod.site
    ADD COLUMN address text GENERATED ALWAYS AS (dynmod.address(base_url)) STORED
        CONSTRAINT site_address_unique UNIQUE
        CONSTRAINT site_base_url_host CHECK (address IS NOT NULL);
COMMENT ON COLUMN dynmod.site.address IS
    'Host, port and context path of base_url, by which requests find the site: dynmod.address().';
COMMENT ON COLUMN dynmod.site.name IS
    'The name that operators and DYNMOD_SITE use. A site "default" also gets the requests to other '
    'addresses while it is the only one.';

CREATE FUNCTION dynmod.site_name(site text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name text := (SELECT host.name FROM dynmod.site AS host
        WHERE host.name = site OR host.address = dynmod.address(site));
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found',
            MESSAGE = format('there is no site %s', site);
    END IF;
    RETURN name;
END
$$;
COMMENT ON FUNCTION dynmod.site_name(text) IS
    'The name of the site with this name or base URL.';

-- The name of the site that a request is for: a name is that already, an address begins with //.
-- The functions that call it set the search path.
CREATE FUNCTION dynmod.requested_site(site text) RETURNS text
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    name text;
BEGIN
    IF site NOT LIKE '//%' THEN
        RETURN site;
    END IF;
    SELECT host.name INTO name FROM dynmod.site AS host WHERE host.address = site;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM dynmod.site AS host WHERE host.name <> 'default') THEN
        RETURN 'default';
    END IF;
    RETURN name;
END
$$;

DROP FUNCTION dynmod.find_app(text, text);
CREATE FUNCTION dynmod.find_app(
    site text, INOUT app_key text,
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT site_name text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               host.name
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
    'for an unknown app, and the secrets, which may be sealed, for an app that has none.';

DROP FUNCTION dynmod.find_app_with_document(text, text, bigint[]);
CREATE FUNCTION dynmod.find_app_with_document(
    site text, INOUT app_key text, known_revisions bigint[],
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT revision bigint, OUT document text, OUT site_name text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT app.app_key, host.context_path, app.state, current.secret, former.secret,
               app.revision,
               CASE WHEN app.revision = ANY (known_revisions) THEN NULL ELSE app.document END,
               host.name
            FROM dynmod.site AS host
            LEFT JOIN dynmod.app
                ON app.site_id = host.id AND app.app_key = find_app_with_document.app_key
            LEFT JOIN dynmod.app_secret AS current
                ON current.app_id = app.id AND current.use = 'current'
            LEFT JOIN dynmod.app_secret AS former
                ON former.app_id = app.id AND former.use = 'former' AND former.valid_until > now()
            WHERE host.name = dynmod.requested_site(find_app_with_document.site);
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
    OUT types_version bigint, OUT types text, OUT site_name text)
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
                    THEN dynmod.types_document() END,
               host.name
            FROM dynmod.site AS host
            -- Never analyzed, the table of one row would be taken for thousands.
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

DROP FUNCTION dynmod.find_administrator(text, text, text);

CREATE FUNCTION dynmod.find_administrator(
    site text, name text, address text, OUT context_path text, OUT base_url text,
    OUT password_hash text, OUT loopback_only boolean, OUT failures integer, OUT wait integer,
    OUT known_address boolean, OUT site_name text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT host.name, host.context_path, rtrim(host.base_url, '/')
        INTO site_name, context_path, base_url
        FROM dynmod.site AS host WHERE host.name = dynmod.requested_site(site);
    SELECT found.password_hash, found.loopback_only INTO password_hash, loopback_only
        FROM dynmod.administrator AS found WHERE found.name = find_administrator.name;
    known_address := EXISTS (
        SELECT FROM dynmod.administrator_address AS known
            WHERE known.name = find_administrator.name
              AND known.address = dynmod.login_address(find_administrator.address));
    -- After 5 failures of a name, or 20 of an address, each takes a second, 2, 4, … up to 64.
    SELECT COALESCE(max(counted.failures), 0),
           GREATEST(0, ceil(max(extract(epoch FROM
               counted.failed_at - clock_timestamp()
               + interval '1 second' * 2 ^ LEAST(6, counted.failures - counted.free)))
               FILTER (WHERE counted.failures >= counted.free)))
        INTO failures, wait
        FROM (
            SELECT failure.failures, failure.failed_at,
                   CASE WHEN failure.subject LIKE 'name %' THEN 5 ELSE 20 END AS free
                FROM dynmod.login_failure AS failure
                WHERE failure.subject = ANY (dynmod.login_subjects(name, address))
                  AND NOT (known_address AND failure.subject LIKE 'name %')) AS counted;
END
$$;
COMMENT ON FUNCTION dynmod.find_administrator(text, text, text) IS
    'What is needed to admit an administrator: which site is asked and where it is, NULL for an '
    'unknown one, the hash of the password, NULL for an unknown name, the failures so far, the '
    'seconds that this name or address has to wait before it may try again, and whether the name '
    'was accepted from there before.';

CREATE OR REPLACE FUNCTION dynmod.find_public_key(site text, kid text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT key.public_key FROM dynmod.site_key AS key
            JOIN dynmod.site AS host ON host.id = key.site_id
            WHERE host.name = dynmod.requested_site(site) AND key.kid = find_public_key.kid
              AND (key.retired_at IS NULL OR key.retired_at > now() - interval '30 days'));
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

-- Finding the app of a GET over a connection that asks only once, as that of a CGI program: to load
-- PL/pgSQL and to prepare the parts of a function takes longer there than to plan one query.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION dynmod.find_app_with_document_once(
    site text, INOUT app_key text, known_revisions bigint[],
    OUT context_path text, OUT state text, OUT shared_secret text, OUT former_secret text,
    OUT revision bigint, OUT document text, OUT site_name text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT app.app_key, host.context_path, app.state,
           (SELECT secret FROM dynmod.app_secret WHERE app_id = app.id AND use = 'current'),
           (SELECT secret FROM dynmod.app_secret
                WHERE app_id = app.id AND use = 'former' AND valid_until > now()),
           app.revision,
           CASE WHEN app.revision = ANY (known_revisions) THEN NULL ELSE app.document END,
           host.name
        FROM dynmod.site AS host
        LEFT JOIN dynmod.app ON app.site_id = host.id
            AND app.app_key = find_app_with_document_once.app_key
        -- as requested_site() says it
        WHERE host.name = CASE
            WHEN site NOT LIKE '//%' THEN site
            ELSE COALESCE(
                (SELECT addressed.name FROM dynmod.site AS addressed WHERE address = site),
                (SELECT 'default' WHERE NOT EXISTS (
                    SELECT FROM dynmod.site AS other WHERE other.name <> 'default'))) END
$$;
COMMENT ON FUNCTION dynmod.find_app_with_document_once(text, text, bigint[]) IS
    'Like find_app_with_document, for a connection that asks for nothing else.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

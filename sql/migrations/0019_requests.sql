-- The history names the request that made a change, and monitoring has figures to ask for.
SET LOCAL lock_timeout = '5s';

-- History ----------------------------------------------------------------------------------------

ALTER TABLE dynmod.module_change ADD COLUMN request_id text;
ALTER TABLE dynmod.module_change ALTER COLUMN request_id
    SET DEFAULT NULLIF(pg_catalog.current_setting('dynmod.request', true), '');
COMMENT ON COLUMN dynmod.module_change.request_id IS
    'The request that did it, as the log names it: the setting dynmod.request of the transaction.';
ALTER TABLE dynmod.app_event ADD COLUMN request_id text;
ALTER TABLE dynmod.app_event ALTER COLUMN request_id
    SET DEFAULT NULLIF(pg_catalog.current_setting('dynmod.request', true), '');
COMMENT ON COLUMN dynmod.app_event.request_id IS
    'The request that did it, as the log names it: the setting dynmod.request of the transaction.';

CREATE OR REPLACE VIEW dynmod.module_event AS
    SELECT id, happened_at, actor, reason, operation, site_name, app_key, type_name, origin,
           module_key,
           (SELECT kept.definition FROM dynmod.event_definition AS kept
                WHERE kept.id = module_change.definition_id) AS definition,
           login, request_id
        FROM dynmod.module_change;
COMMENT ON COLUMN dynmod.module_event.request_id IS
    'The request that did it, as the log names it: the setting dynmod.request of the transaction.';

CREATE OR REPLACE VIEW dynmod.history AS
    SELECT happened_at, 'module'::text AS kind, operation, site_name, app_key, type_name,
           module_key, actor, login, reason,
           pg_catalog.jsonb_build_object('origin', origin) AS detail, id, request_id
        FROM dynmod.module_change
    UNION ALL
    SELECT happened_at, 'app'::text, operation, site_name, app_key, NULL::text,
           NULL::text, actor, login, reason, detail, id, request_id
        FROM dynmod.app_event
    UNION ALL
    SELECT happened_at, CASE WHEN site_name IS NULL THEN 'type' ELSE 'site' END, operation,
           site_name, NULL::text, type_name,
           NULL::text, actor, login, reason, detail, id, NULL::text
        FROM dynmod.setting_event;
COMMENT ON COLUMN dynmod.history.request_id IS
    'The request that did it, as the log names it; NULL where it was none.';

-- Figures for monitoring -------------------------------------------------------------------------

-- About how many rows a table has: exactly where it is new, otherwise by its statistics and size.
CREATE FUNCTION dynmod.estimate_rows(relation regclass) RETURNS bigint
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    rows bigint;
BEGIN
    SELECT reltuples / relpages * pg_relation_size(oid) / current_setting('block_size')::bigint
        INTO rows FROM pg_class WHERE oid = relation AND relpages > 0 AND reltuples >= 0;
    IF NOT FOUND THEN
        EXECUTE format('SELECT count(*) FROM %s', relation) INTO rows;
    END IF;
    RETURN rows;
END
$$;

-- The number of rows for each value of a column: exactly for a table of up to so many rows, and
-- beyond that, where counting takes long, by the statistics of ANALYZE.
CREATE FUNCTION dynmod.count_values(relation regclass, column_name text, exact_rows bigint)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    rows constant bigint := dynmod.estimate_rows(relation);
    numbers jsonb;
BEGIN
    IF rows > exact_rows THEN
        SELECT jsonb_object_agg(value, round(frequency * rows)) INTO numbers
            FROM pg_stats CROSS JOIN LATERAL unnest(
                most_common_vals::text::text[], most_common_freqs) AS common (value, frequency)
            WHERE format('%I.%I', schemaname, tablename)::regclass = relation
              AND attname = column_name;
    END IF;
    IF numbers IS NULL THEN
        EXECUTE format('SELECT jsonb_object_agg(value, number) FROM (
                SELECT %I AS value, count(*) AS number FROM %s GROUP BY 1) AS counted',
            column_name, relation) INTO numbers;
    END IF;
    RETURN COALESCE(numbers, '{}');
END
$$;

CREATE FUNCTION dynmod.metrics() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
        'apps', '{"enabled": 0, "disabled": 0, "uninstalled": 0}'::jsonb
            || dynmod.count_values('dynmod.app', 'state', 100000),
        'modules', dynmod.count_values('dynmod.module', 'type_name', 100000),
        'history', jsonb_build_object(
            'module', dynmod.estimate_rows('dynmod.module_change'),
            'app', dynmod.estimate_rows('dynmod.app_event')),
        'callbacks', (SELECT count(*) FROM dynmod.callback))
$$;
COMMENT ON FUNCTION dynmod.metrics() IS
    'Figures for monitoring, over all sites: apps by state, modules by type, rows of history, '
    'calls that wait. Of more than 100,000 apps or modules they are estimates, as of the last '
    'ANALYZE.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dynmod FROM PUBLIC;

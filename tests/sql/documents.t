#!/bin/bash
# Whatever is written by whatever way, each kept document equals the one computed from the modules.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
sql_app two >/dev/null
sql_is "documents are compressed by LZ4" \
    "SELECT registered FROM dynmod.register_modules('here', 'two', (
         SELECT jsonb_agg(jsonb_build_object('type', 'panels', 'definition',
             jsonb_build_object('key', 'l' || number, 'url', repeat('/long', 20))))
         FROM generate_series(1, 100) AS number)) \\g /dev/null
     SELECT pg_column_compression(document) FROM dynmod.app WHERE app_key = 'two'" "lz4"
sql "SELECT FROM dynmod.remove_modules('here', 'two', NULL)"
seed=0.$((RANDOM * 32768 + RANDOM))
steps=1000

# The document by aggregates, which shares nothing with the loop of compute_document().
sql "CREATE FUNCTION public.expected_document(wanted bigint) RETURNS text LANGUAGE sql AS \$\$
SELECT '{' || COALESCE(string_agg(
           to_json(type_name)::text || ':' || CASE container
               WHEN 'single' THEN definitions ELSE '[' || definitions || ']' END,
           ',' ORDER BY first_id), '') || '}'
    FROM (SELECT type_name, container, min(id) AS first_id,
                 string_agg(definition::text, ',' ORDER BY id) AS definitions
          FROM dynmod.module JOIN dynmod.module_type ON name = type_name
          WHERE app_id = wanted AND module.origin = 'dynamic'
          GROUP BY type_name, container) AS list
\$\$"

# One random write, as psql users and programs may make it.
sql "CREATE FUNCTION public.write_at_random() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    target record;
    any_type text := ('{panels,items,hooks,config,pages,nope}'::text[])[1 + random() * 4.2];
    any_key text := 'k' || (random() * 12)::integer;
    other_key text := 'k' || (random() * 12)::integer;
    any_origin text := CASE WHEN random() < 0.75 THEN 'dynamic' ELSE 'descriptor' END;
    kind integer := floor(random() * 22);
    -- What could be taken for the end or the beginning of something else.
    any_definition jsonb := jsonb_build_object('key', any_key) || (
        '[{}, {\"a,{\": \"],\"}, {\"b\\\":[\": \",{\\\"key\\\": \\\"k1\\\"}\"}, {\"\": \"}]\"},
          {\"x\": [{\"key\": \"k1\"}, {\"key\": \"k2\"}], \"panels\": [{\"key\": \"k3\"}]},
          {\", \": \"\u00e9\u4e16,{\"}]'::jsonb -> floor(random() * 6)::integer);
BEGIN
    SELECT id, app_key INTO target FROM dynmod.app ORDER BY random() LIMIT 1;
    CASE WHEN kind < 5 THEN
        PERFORM dynmod.register_modules('here', target.app_key, jsonb_build_array(
            jsonb_build_object('type', any_type,
                               'definition', jsonb_build_object('key', any_key, 'n', kind)),
            jsonb_build_object('type', 'items',
                               'definition', jsonb_build_object('key', other_key))));
    WHEN kind < 7 THEN
        PERFORM dynmod.remove_modules('here', target.app_key, ARRAY[any_key, other_key]);
    WHEN kind < 10 THEN
        INSERT INTO dynmod.module (app_id, type_name, origin, definition)
            SELECT id, any_type, any_origin, jsonb_build_object('key', any_key)
            FROM dynmod.app WHERE id = target.id OR random() < 0.5;
    WHEN kind < 11 THEN
        UPDATE dynmod.module SET definition = definition || jsonb_build_object('x', random())
            WHERE module_key = any_key;
    WHEN kind < 12 THEN
        UPDATE dynmod.module SET type_name = any_type, definition = definition || '{\"y\":1}'
            WHERE module_key IN (any_key, other_key);
    WHEN kind < 13 THEN
        UPDATE dynmod.module SET app_id = target.id WHERE module_key = any_key;
    WHEN kind < 14 THEN
        UPDATE dynmod.module SET origin = any_origin WHERE module_key >= any_key;
    WHEN kind < 15 THEN
        DELETE FROM dynmod.module WHERE module_key IN (any_key, other_key);
    WHEN kind < 16 THEN
        UPDATE dynmod.module_type
            SET container = CASE container WHEN 'list' THEN 'single' ELSE 'list' END
            WHERE name = any_type;
    WHEN kind < 19 THEN
        PERFORM dynmod.register_modules('here', target.app_key, jsonb_build_array(
            jsonb_build_object('type', any_type, 'definition', any_definition)));
    WHEN kind < 20 THEN
        PERFORM dynmod.remove_modules('here', target.app_key, ARRAY[any_key]);
    WHEN kind < 21 THEN
        INSERT INTO dynmod.module (id, app_id, type_name, definition)
            OVERRIDING SYSTEM VALUE
            VALUES (-floor(random() * 1e9), target.id, any_type, any_definition);
    WHEN kind < 22 AND random() < 0.6 THEN
        PERFORM dynmod.install_app('here', jsonb_build_object(
            'key', target.app_key, 'baseUrl', 'http://h', 'modules', jsonb_build_object(
                'panels', jsonb_build_array(jsonb_build_object('key', any_key)))));
    ELSE
        IF random() < 0.2 THEN
            TRUNCATE dynmod.module;
        END IF;
    END CASE;
    RETURN kind;
EXCEPTION WHEN SQLSTATE 'MD001' OR SQLSTATE 'MD003' OR SQLSTATE 'MD004' OR unique_violation THEN
    RETURN 'refused';
END \$\$"

# Writes so many times, each in a transaction, and ends at the first wrong document or revision.
refused=$(sql "CREATE TABLE public.former AS SELECT id, document, revision FROM dynmod.app;
SELECT setseed($seed) \g /dev/null
DO \$\$
DECLARE
    done text;
    refused integer := 0;
    wrong text;
BEGIN
    FOR step IN 1 .. $steps LOOP
        done := public.write_at_random();
        COMMIT;
        refused := refused + (done = 'refused')::integer;
        FOR wrong IN
            SELECT format('step %s, %s: app %s has %s, computed %s, expected %s', step, done,
                    app.app_key, app.document, computed.document, expected)
                FROM dynmod.app CROSS JOIN dynmod.compute_document(app.id) AS computed,
                     public.expected_document(app.id) AS expected
                WHERE app.document <> expected OR computed.document <> expected
            UNION ALL
            SELECT format('step %s, %s: app %s has revision %s after %s', step, done, app.app_key,
                    app.revision, before.revision)
                FROM dynmod.app JOIN public.former AS before USING (id)
                WHERE CASE WHEN app.document = before.document THEN app.revision <> before.revision
                    ELSE app.revision <= (SELECT max(revision) FROM public.former) END
        LOOP
            RAISE EXCEPTION '%', wrong;
        END LOOP;
        DELETE FROM public.former;
        INSERT INTO public.former SELECT id, document, revision FROM dynmod.app;
        COMMIT;
    END LOOP;
    PERFORM set_config('test.refused', refused::text, false);
END \$\$;
SELECT current_setting('test.refused')" || true)
like "documents and revisions are right after each of $steps writes (seed $seed)" \
    "$refused" '^[0-9]+$'
ok "some writes were refused, most were not" \
    test "$refused" -gt 20 -a "$refused" -lt $((steps / 2))
sql_is "the history has as many modules come and go" \
    "SELECT app_key FROM dynmod.app
         WHERE (SELECT count(*) FILTER (WHERE operation = 'insert')
                     - count(*) FILTER (WHERE operation = 'delete')
                FROM dynmod.module_event WHERE module_event.app_key = app.app_key)
            <> (SELECT count(*) FROM dynmod.module WHERE app_id = app.id)" ""
sql_is "every operation is in the history" \
    "SELECT string_agg(DISTINCT operation, ' ') FROM dynmod.module_event" "delete insert update"
tap_end

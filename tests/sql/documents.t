#!/bin/bash
# The document that is kept equals the one that its modules make, whatever was written before: a
# random series of writes by the functions of the API and by plain SQL, repeatable by its seed.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
app_two=$(sql_app two)

# Builds a document anew in a way of its own, module by module.
sql "CREATE FUNCTION public.document_of(app bigint) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    found record;
    types text[] := '{}';
    lists text[] := '{}';
    place integer;
    document text := '{';
BEGIN
    FOR found IN SELECT type_name, container, definition FROM dynmod.module
        JOIN dynmod.module_type ON module_type.name = type_name
        WHERE app_id = app AND module.origin = 'dynamic' ORDER BY id
    LOOP
        place := array_position(types, found.type_name);
        IF place IS NULL THEN
            types := types || found.type_name;
            lists := lists || CASE found.container
                WHEN 'list' THEN format('[%s]', found.definition) ELSE found.definition::text END;
        ELSE
            lists[place] := format('%s,%s]', rtrim(lists[place], ']'), found.definition);
        END IF;
    END LOOP;
    FOR place IN 1 .. cardinality(types) LOOP
        document := document || CASE place WHEN 1 THEN '' ELSE ',' END
            || to_json(types[place]) || ':' || lists[place];
    END LOOP;
    RETURN document || '}';
END
\$\$"

seed=${SEED:-$((RANDOM % 1000))}
echo "# SEED=$seed"
outcome=$(sql "DO \$\$
DECLARE
    keys text[] := ARRAY(SELECT 'k' || number FROM generate_series(1, 12) AS number);
    types text[] := '{panels,items,config}';
    app_keys text[] := '{one,two}';
    done integer := 0;
    refused integer := 0;
    number integer;
    chosen_key text;
    chosen_type text;
    chosen text;
    chosen_app bigint;
    former record;
    wrong text;
BEGIN
    PERFORM setseed($seed / 1000.0);
    FOR step IN 1..400 LOOP
        chosen_key := keys[1 + floor(random() * 12)::integer];
        chosen_type := types[1 + floor(random() * 3)::integer];
        number := 1 + floor(random() * 2)::integer;
        chosen := app_keys[number];
        chosen_app := CASE number WHEN 1 THEN $app_one ELSE $app_two END;
        SELECT revision, document INTO former FROM dynmod.app WHERE id = chosen_app;
        BEGIN
            CASE floor(random() * 8)::integer
            WHEN 0, 1 THEN
                PERFORM dynmod.register_modules('here', chosen, jsonb_build_array(
                    jsonb_build_object('type', chosen_type,
                        'definition', jsonb_build_object('key', chosen_key)),
                    jsonb_build_object('type', 'items', 'definition',
                        jsonb_build_object('key', chosen_key || 'x', 'n', step))));
            WHEN 2 THEN
                PERFORM dynmod.remove_modules('here', chosen, ARRAY[chosen_key, chosen_key || 'x']);
            WHEN 3 THEN
                INSERT INTO dynmod.module (app_id, type_name, origin, definition)
                    VALUES (chosen_app, chosen_type, 'dynamic',
                            jsonb_build_object('key', chosen_key, 'sql', step)),
                           (chosen_app, 'pages', 'descriptor',
                            jsonb_build_object('key', chosen_key || 'd'));
            WHEN 4 THEN
                UPDATE dynmod.module SET definition = definition || '{\"changed\":true}'
                    WHERE module_key = chosen_key;
            WHEN 5 THEN
                UPDATE dynmod.module SET type_name = chosen_type WHERE module_key = chosen_key;
            WHEN 6 THEN
                UPDATE dynmod.module SET app_id = chosen_app WHERE module_key = chosen_key;
            WHEN 7 THEN
                DELETE FROM dynmod.module
                    WHERE module_key IN (chosen_key, chosen_key || 'd') AND app_id = chosen_app;
            END CASE;
            done := done + 1;
        EXCEPTION WHEN SQLSTATE 'MD001' OR SQLSTATE 'MD004' OR unique_violation THEN
            refused := refused + 1;
        END;
        SELECT format('step %s, app %s: %s', step, id, document) INTO wrong FROM dynmod.app
            WHERE document <> public.document_of(id);
        IF FOUND THEN
            RAISE EXCEPTION '%', wrong;
        END IF;
        IF EXISTS (SELECT FROM dynmod.app WHERE id = chosen_app
                   AND (revision = former.revision) <> (document = former.document)) THEN
            RAISE EXCEPTION 'step %: the revision does not follow the document', step;
        END IF;
    END LOOP;
    PERFORM set_config('test.outcome', format('done %s, refused %s', done, refused), false);
END
\$\$;
SELECT current_setting('test.outcome')" 2>&1 || true)
echo "# $outcome"
[[ $outcome =~ done\ ([0-9]+),\ refused\ ([0-9]+) ]] || BASH_REMATCH=(0 0 0)
report "each document is the one that its modules make, and the revision changes with it" \
    "$([[ $outcome == *'done '* ]] || echo "$outcome")"
ok "many writes were done" test "${BASH_REMATCH[1]}" -gt 200
ok "and some were refused" test "${BASH_REMATCH[2]}" -gt 10
tap_end

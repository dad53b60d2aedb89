#!/bin/bash
# The functions behind "site export" and "site import": what an app has as lines, what an import
# comes upon, that no rule is left out, and the history.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

secret=0123456789abcdef0123456789abcdef
lines() { # lines SITE APP: what export_app gives, as the array that import_app takes
    sql "SELECT jsonb_agg(line) FROM dynmod.export_app('$1', '$2') AS line"
}
import() { # import SITE APP LINES [SECRET [FORMER]]: the statement that brings the app in
    printf "SELECT outcome FROM dynmod.import_app('%s', '%s', \$lines\$%s\$lines\$, %s, %s, now() + '1 hour')" \
        "$1" "$2" "$3" "${4:-NULL}" "${5:-NULL}"
}
compare() { # compare SITE APP LINES [SECRET]: the statement that looks what an import would find
    printf "SELECT * FROM dynmod.compare_app('%s', '%s', \$lines\$%s\$lines\$, %s, NULL)" \
        "$1" "$2" "$3" "${4:-NULL}"
}
changed() { # changed LINES EXPRESSION: the lines as the expression of \"lines\" makes them
    sql "SELECT $2 FROM (VALUES (\$lines\$$1\$lines\$::jsonb)) AS sent (lines)"
}

sql "SELECT dynmod.install_app('here', '{\"key\":\"moved\",\"name\":\"Moved\",\"baseUrl\":\"http://m\",
         \"scopes\":[\"write\"],\"modules\":{\"pages\":[{\"key\":\"own\"}]}}', '${secret}x');
     SELECT dynmod.register_modules('here', 'moved', '$(modules panels:b items:c panels:a config:d)');
     UPDATE dynmod.module SET registered_at = '2020-02-03 04:05:06.000007+02'
         WHERE module_key = 'a';
     UPDATE dynmod.app SET installed_at = '2020-01-01' WHERE app_key = 'moved';
     SELECT dynmod.set_property('here', 'moved', 'p', '{ \"z\":1.0, \"a\":[]}');
     INSERT INTO dynmod.site (name, base_url, module_limit)
         VALUES ('there', 'http://there', 10), ('small', 'http://small', 3);
     SELECT dynmod.rotate_secret('here', 'moved', '${secret}y', 3600)" >/dev/null

# ---- export ----
sql_is "the site, and no type that came with dynmod" \
    "SELECT line -> 'site' -> 'name', line -> 'site' -> 'moduleLimit'
         FROM dynmod.export_site('here') AS line" '"here"|100'
sql_is "an unknown site has no lines" "SELECT * FROM dynmod.export_site('nowhere')" ""
sql_is "nor has an unknown app" "SELECT * FROM dynmod.export_app('here', 'nobody')" ""
sql_is "an app, its modules in order, its properties" \
    "SELECT string_agg(COALESCE(line -> 'app' ->> 'key', line -> 'module' -> 'definition' ->> 'key',
                                line -> 'property' ->> 'value'), ' ')
         FROM dynmod.export_app('here', 'moved') AS line" \
    'moved own b c a d { "z":1.0, "a":[]}'
sql_is "times are in UTC, whatever the session has" \
    "SET timezone = 'Asia/Tokyo';
     SELECT line -> 'module' ->> 'registeredAt' FROM dynmod.export_app('here', 'moved') AS line
         WHERE line -> 'module' -> 'definition' ->> 'key' = 'a'" 2020-02-03T02:05:06.000007Z
unknown=$(sql "SELECT line FROM dynmod.export_app('here', 'moved') AS line" | grep -c "$secret" || true)
is "no secret is among them" "$unknown" 0
sql "SELECT dynmod.add_module_type('{\"name\":\"mine\",\"dynamic\":true}');
     SELECT dynmod.add_module_type('{\"name\":\"idle\",\"dynamic\":true}');
     SELECT dynmod.set_type_dynamic('pages', true);
     SELECT dynmod.set_type_dynamic('hooks', false);
     SELECT dynmod.register_modules('here', 'one', '$(modules mine:m)')" >/dev/null
sql_is "own types and allowed ones, of those that apps use" \
    "SELECT line FROM dynmod.export_site('here') AS line WHERE NOT line ? 'site'" \
    '{"type": {"name": "mine", "title": "mine", "schema": true, "dynamic": true, "container": "list", "deprecated": false, "requiredScope": null}}
{"allow": {"name": "pages"}}'

# ---- import ----
moved=$(lines here moved)
sql_is "an app that is not there is new; its dynamic modules have these bytes" \
    "$(compare there moved "$moved" "'${secret}1'")" "new|48|12"
sql_is "another app has its secret" "$(compare there moved "$moved" "'${secret}y'")" "secret|48|12"
sql_is "or the former one" "$(import there moved "$moved" "'${secret}1'" "'${secret}x'")" secret
sql_is "it is equal to itself" "$(compare here moved "$moved" "'${secret}y'")" "equal|48|12"
sql_is "whether the secret is sealed or not" "$(compare here moved "$moved" \
    "'gcm1:00000000:' || encode(sha256('dynmod secret ${secret}y'), 'hex') || ':AAAA'")" "equal|48|12"
sql_is "with another secret it is different" "$(compare here moved "$moved" "'${secret}x'")" "different|48|12"
sql_is "and where there is none to compare, equal" "$(compare here moved "$moved")" "equal|48|12"
sql_is "an app is brought in" "SET dynmod.reason = 'because';
    $(import there moved "$moved" "'${secret}1'" "'${secret}2'")" new
is "as it was" "$(lines there moved)" "$moved"
sql_is "GET answers the same" "SELECT count(DISTINCT document) FROM dynmod.app WHERE app_key = 'moved'" 1
sql_is "it has both secrets" "SELECT shared_secret, former_secret
    FROM dynmod.find_app('there', 'moved')" "${secret}1|${secret}2"
sql_is "the history tells it" "SELECT operation, reason FROM dynmod.history WHERE site_name = 'there'
    AND app_key = 'moved' ORDER BY kind, id" "import|because
insert|because
insert|because
insert|because
insert|because
insert|because"
sql_is "no app is to be called" "SELECT count(*) FROM dynmod.callback" 0
sql_is "once more changes nothing" "$(import there moved "$moved" "'${secret}1'")" equal
sql "SELECT dynmod.remove_modules('there', 'moved', '{b}')" >/dev/null
sql_is "nor when the app has changed" "$(import there moved "$moved" "'${secret}1'")" different
sql_is "an installation afterwards is one" "SELECT dynmod.remove_app('there', 'moved');
    SELECT dynmod.install_app('there', '{\"key\":\"moved\",\"baseUrl\":\"http://m\"}') ->> 'action';
    SELECT operation FROM dynmod.app_event WHERE site_name = 'there' ORDER BY id DESC LIMIT 1" "
installed
install"
sql "SELECT dynmod.remove_app('there', 'moved')" >/dev/null
for state in disabled uninstalled; do
    sql "SELECT dynmod.set_app_state('here', 'moved', '$state')" >/dev/null
    sql_is "an app that is $state stays so" "$(import there moved "$(lines here moved)");
        SELECT state FROM dynmod.find_app('there', 'moved')" "new
$state"
    sql "SELECT dynmod.remove_app('there', 'moved')" >/dev/null
done

# ---- rules ----
refused() { # refused NAME SQLSTATE LINES [SITE]: the import is refused, and leaves nothing
    sql_fails "$1" "$(import "${4:-there}" moved "$3" "'${secret}1'")" "$2"
    sql_is "$1: nothing is left" "SELECT count(*) FROM dynmod.app_secret
        WHERE secret = '${secret}1'" 0
}
refused "more modules than the site allows" MD002 "$moved" small
sql "SELECT dynmod.set_type_dynamic('items', false)" >/dev/null
refused "a type that is denied" MD003 "$moved"
sql "SELECT dynmod.set_type_dynamic('items', NULL)" >/dev/null
refused "an unknown type" MD003 "$(changed "$moved" "jsonb_set(lines, '{2,module,type}', '\"nope\"')")"
refused "a second single module" MD004 "$(changed "$moved" "jsonb_set(lines, '{2,module,type}', '\"config\"')")"
refused "a key twice" 23505 "$(changed "$moved" "jsonb_set(lines, '{2,module,definition,key}', '\"c\"')")"
refused "a key that is not valid" MD006 "$(changed "$moved" "jsonb_set(lines, '{2,module,definition,key}', '\"ä\"')")"
refused "another answer to GET" MD018 "$(changed "$moved" "jsonb_set(lines, '{2,module,definition,x}', '1')")"
refused "members that are not stored" MD018 "$(changed "$moved" "jsonb_set(lines, '{0,app,more}', '1')")"
sql "UPDATE dynmod.module_type SET container = 'list' WHERE name = 'config'" >/dev/null
sql_is "a type that looks otherwise here" "SELECT document LIKE '%[{\"key\": \"d\"}]%' FROM dynmod.app
    WHERE app_key = 'moved'" t
refused "is another answer, too" MD018 "$moved"
sql "UPDATE dynmod.module_type SET container = 'single' WHERE name = 'config'" >/dev/null
sql_fails "a site that is not there" "$(import nowhere moved "$moved")" P0002
sql_fails "a short secret" "$(import there moved "$moved" "'short'")" 22023

# ---- the site ----
site='{"baseUrl":"http://new","clientKey":"ck","onClash":"remove_all","moduleLimit":7,"byteLimit":8,"moduleByteLimit":9,"historyByteLimit":10}'
keys='[{"kid":"k2","publicKey":"P2","privateKey":"S2","createdAt":"2020-01-02T00:00:00Z"},
       {"kid":"k1","publicKey":"P1","createdAt":"2020-01-01T00:00:00Z","retiredAt":"2020-01-02T00:00:00Z"}]'
sql_is "a site is added with its keys" "SELECT dynmod.import_site('new', '$site', '$keys');
    SELECT client_key, module_limit, history_byte_limit FROM dynmod.site WHERE name = 'new';
    SELECT kid, private_key, retired_at IS NULL FROM dynmod.site_key ORDER BY kid" "t
ck|7|10
k1||f
k2|S2|t"
sql_is "and left alone when it is there" "SELECT dynmod.import_site('new', '$site', '$keys')" f
sql_fails "another one of its name is not" \
    "SELECT dynmod.import_site('here', '$site', '[]')" 23505

# ---- history ----
sql "SELECT dynmod.remove_site('here'); SELECT dynmod.remove_site('there')" >/dev/null
event() { # event MEMBERS: a line with an event of a module
    printf '{"event":{"kind":"module","actor":"alice","type":"panels","origin":"dynamic",%s}}' "$1"
}
events="[{\"event\":{\"kind\":\"app\",\"happenedAt\":\"2020-01-01T00:00:00Z\",\"actor\":\"alice\",\"operation\":\"install\",\"detail\":{\"version\":\"1\"}}},
    $(event '"happenedAt":"2020-01-02T00:00:00Z","operation":"insert","key":"a","moduleId":5,"definition":{"key":"a","n":1},"transaction":"7"'),
    $(event '"happenedAt":"2020-01-03T00:00:00Z","operation":"update","key":"a","moduleId":5,"definition":{"key":"a","n":2},"formerDefinition":{"key":"a","n":1},"transaction":"8"'),
    $(event '"happenedAt":"2020-01-04T00:00:00Z","operation":"delete","key":"a","moduleId":5,"definition":{"key":"a","n":2},"reason":"export"')]"
sql_is "events come before their app" \
    "SELECT imported FROM dynmod.import_events('new', 'past', '$events');
     SELECT operation, actor, login, definition FROM dynmod.module_event WHERE app_key = 'past' ORDER BY id" \
    '4
insert|alice|postgres|{"n": 1, "key": "a"}
update|alice|postgres|{"n": 2, "key": "a"}
delete|alice|postgres|{"n": 2, "key": "a"}'
sql_is "the sets of the past are found" \
    "SELECT string_agg(COALESCE((SELECT definition ->> 'n' FROM dynmod.modules_at('new', 'past',
             ('2020-01-0' || day || ' 12:00+00')::timestamptz)), '-'), ' ' ORDER BY day)
         FROM generate_series(1, 4) AS day" "- 1 2 -"
sql_is "modules and transactions of another database are not taken for those of this one" \
    "SELECT bool_and(module_id < 0), bool_and(transaction_id IS NULL
            OR transaction_id > pg_current_xact_id()) FROM dynmod.module_change
         WHERE app_key = 'past'" "t|t"
sql "SELECT dynmod.install_app('new', '{\"key\":\"past\",\"baseUrl\":\"http://p\"}')" >/dev/null
sql_is "an app that is there keeps its history" \
    "SELECT imported FROM dynmod.import_events('new', 'past', '$events');
     SELECT count(*) FROM dynmod.module_event WHERE app_key = 'past'" "0
3"
sql "UPDATE dynmod.site SET byte_limit = 1000, module_byte_limit = 1000 WHERE name = 'new';
     SELECT dynmod.register_modules('new', 'past', '$(modules panels:z)');
     SELECT dynmod.remove_app('new', 'past');
     SELECT dynmod.import_events('new', 'past', '$events')" >/dev/null
sql_fails "behind a history of its own the past cannot be found" \
    "SELECT * FROM dynmod.modules_at('new', 'past', '2020-01-03 12:00+00')" MD017
without=$(sql "SELECT dynmod.install_app('new', '{\"key\":\"plain\",\"baseUrl\":\"http://p\"}');
     SELECT dynmod.register_modules('new', 'plain', '$(modules panels:z)');
     UPDATE dynmod.app SET installed_at = '2020-01-01' WHERE app_key = 'plain';
     INSERT INTO dynmod.site (name, base_url) VALUES ('newer', 'http://newer')" >/dev/null; lines new plain)
sql "$(import newer plain "$without")" >/dev/null
sql_is "without its history an app has the set that was brought in" \
    "SELECT module_key FROM dynmod.own_modules_at('newer', 'plain', now())" z
sql_fails "what it had elsewhere is not known" \
    "SELECT FROM dynmod.own_modules_at('newer', 'plain', '2020-02-01')" MD017
whole="BEGIN; SELECT FROM dynmod.import_events('newer', 'past', '$events')"
sql "SELECT dynmod.install_app('new', '{\"key\":\"past\",\"baseUrl\":\"http://p\"}')" >/dev/null
sql "$whole; $(import newer past "$(changed "$(lines new past)" "jsonb_set(lines, '{0,app,installedAt}', '\"2020-01-01T00:00:00.000000Z\"')")"); COMMIT" >/dev/null
sql_is "with its history it is" "SELECT definition ->> 'n' FROM dynmod.own_modules_at('newer', 'past', '2020-01-02 12:00+00')" 1
sql "CREATE ROLE operator LOGIN IN ROLE dynmod_admin"
PGUSER=operator sql_is "an operator brings events in under the own login" \
    "SELECT imported FROM dynmod.import_events('new', 'forged', '$events');
     SELECT DISTINCT actor, login FROM dynmod.module_event WHERE app_key = 'forged'" "4
alice|operator"
tap_end

#!/bin/bash
# Administrators, who are slowed down after wrong passwords, and the properties of apps.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

find() { # find NAME ADDRESS: whether it is known there, and seconds to wait
    sql "SELECT known_address, wait FROM dynmod.find_administrator('here', '$1', '$2')"
}
fail() { # fail NAME ADDRESS NUMBER: so many wrong passwords
    sql "SELECT dynmod.record_login('here', '$1', '$2', false) FROM generate_series(1, $3)" \
        >/dev/null
}
accept() { # accept NAME ADDRESS: the right password
    sql "SELECT dynmod.record_login('here', '$1', '$2', true)" >/dev/null
}
property() { # property APP KEY VALUE: the statement that sets it
    echo "SELECT dynmod.set_property('here', '$1', '$2', '$3')"
}

# ---- administrators ----
sql_is "one is added, then changed" \
    "SELECT dynmod.set_administrator('alice', 'hash 1', false),
            dynmod.set_administrator('alice', 'hash 2', true)" "t|f"
sql_is "and found with the site" \
    "SELECT context_path, base_url, password_hash, loopback_only, known_address, wait
     FROM dynmod.find_administrator('here', 'alice', '192.0.2.1')" \
    "/jira|http://localhost:8080/jira|hash 2|t|f|0"
sql_is "an unknown name has no hash" \
    "SELECT password_hash IS NULL, wait FROM dynmod.find_administrator('here', 'bob', '192.0.2.1')" \
    "t|0"
sql_is "an unknown site has no path" \
    "SELECT context_path IS NULL FROM dynmod.find_administrator('nowhere', 'alice', '192.0.2.1')" t
sql_fails "a name with a colon" "SELECT dynmod.set_administrator('a:b', 'hash', false)" 23514

fail alice 192.0.2.1 4
is "four failures cost nothing" "$(find alice 192.0.2.9)" "f|0"
fail alice 192.0.2.2 1
is "the fifth a second, from wherever" "$(find alice 192.0.2.9)" "f|1"
fail alice 192.0.2.1 3
is "each further one twice as long" "$(find alice 192.0.2.9)" "f|8"
fail alice 192.0.2.1 30
is "up to a minute" "$(find alice 192.0.2.9)" "f|64"
accept alice 192.0.2.3
is "but not where a password was accepted" "$(find alice 192.0.2.3)" "t|0"
is "which costs elsewhere what it did" "$(find alice 192.0.2.9)" "f|64"
accept alice ""
is "no address is not one" "$(find alice "")" "f|64"
accept alice 2001:db8:1:2::1
is "a network of IPv6 is known as one" "$(find alice 2001:db8:1:2:3::4)" "t|0"
for number in 1 2 3 4 5 6 7 8 9; do
    accept alice "192.0.2.20$number"
done
is "ten addresses are known" "$(find alice 2001:db8:1:2::1)" "t|0"
is "the earlier ones no longer" "$(find alice 192.0.2.3)" "f|64"
sql_is "a changed password" "SELECT dynmod.set_administrator('alice', 'hash 3', true)" f
is "is known nowhere" "$(find alice 192.0.2.209)" "f|64"
accept bob 192.0.2.10
is "nor is who is no administrator" "$(find bob 192.0.2.10)" "f|0"
sql "DELETE FROM dynmod.login_failure" >/dev/null

fail nobody 192.0.2.7 19
is "an address may fail more often" "$(find alice 192.0.2.7)" "f|0"
fail somebody 192.0.2.7 1
is "but then waits, whatever the name" "$(find alice 192.0.2.7)" "f|1"
accept alice 192.0.2.7
is "known or not" "$(find alice 192.0.2.7)" "t|1"
is "others do not" "$(find alice 192.0.2.8)" "f|0"
is "names that nobody has wait like others" "$(find nobody 192.0.2.9)" "f|64"
fail "$(printf '%101s' x)" 192.0.2.8 5
sql_is "those that nobody can have are not kept" \
    "SELECT count(*) FROM dynmod.login_failure WHERE subject LIKE 'name  %'" 0
fail nobody 2001:db8:1:2:3:4:5:6 20
is "a network of IPv6 is one address" "$(find alice 2001:db8:1:2::1)" "f|1"
is "another is another" "$(find alice 2001:db8:1:3::1)" "f|0"
sql "UPDATE dynmod.login_failure SET failed_at = now() - interval '61 minutes'"
fail nobody 192.0.2.99 1
sql_is "what is an hour old is forgotten" \
    "SELECT subject FROM dynmod.login_failure ORDER BY subject" "address 192.0.2.99
name nobody"

# ---- properties ----
sql_is "a property is new, then changed" "$(property one key '{"b": 1, "a": 1.0}');
    $(property one key '{"b": 2, "a": 1.0}')" "t
f"
sql_is "its value is kept as it was sent" "SELECT dynmod.find_property('here', 'one', 'key')" \
    '{"b": 2, "a": 1.0}'
sql "SELECT dynmod.set_property('here', 'one', 'key ' || number, '1')
     FROM generate_series(1, 99) AS number" >/dev/null
sql_fails "an app has a hundred" "$(property one more 1)" MD008
sql_is "which may be changed" "$(property one key 3)" f
sql_fails "whoever writes" "INSERT INTO dynmod.app_property
    SELECT app_id, 'more', '1' FROM dynmod.app_property LIMIT 1" MD008
sql_is "a removed one makes room" \
    "SELECT dynmod.remove_property('here', 'one', 'key'); $(property one more 1)" "t
t"
sql_is "they are listed by key" \
    "SELECT json_array_length(keys), keys ->> 0 FROM dynmod.list_properties('here', 'one') AS keys" \
    "100|key 1"
two=$(sql_app two)
ok "another app has its own" test -n "$two"
sql_is "none yet" "SELECT dynmod.list_properties('here', 'two'),
    dynmod.find_property('here', 'two', 'more') IS NULL,
    dynmod.remove_property('here', 'two', 'more')" "[]|t|f"
sql_fails "a key that is too long" "$(property two "$(printf 'k%.0s' {1..128})" 1)" 23514
sql_fails "a value that is too long" \
    "SELECT dynmod.set_property('here', 'two', 'k', to_json(repeat('x', 32767)))" 23514
sql_is "one that just fits" \
    "SELECT dynmod.set_property('here', 'two', 'k', to_json(repeat('x', 32766)))" t
sql "UPDATE dynmod.app SET state = 'disabled' WHERE app_key = 'two'"
sql_fails "a disabled app sets none" "$(property two other 1)" MD005
sql_fails "nor removes any" "SELECT dynmod.remove_property('here', 'two', 'k')" MD005
session_open first
session_open second
session first "BEGIN" >/dev/null
session first "DELETE FROM dynmod.app_property WHERE property_key = 'key 1'" >/dev/null
session first "$(property one first 1)" >/dev/null
printf '%s;\n' "$(property one second 1)" >&"${session_in[second]}"
ok "a second writer waits" sql_await "SELECT count(*) FROM pg_locks WHERE NOT granted" 1
session first "COMMIT" >/dev/null
like "and is refused: the limit holds under concurrency" "$(session_close second)" "MD008"
session_close first

# ---- apps as administrators see them ----
sql_is "apps are described without what an administrator need not know" \
    "SELECT string_agg(name, ' ') FROM json_object_keys(
        dynmod.describe_apps('here', 'one') -> 0) AS name" \
    "key name state baseUrl version description vendor installedAt"
sql "UPDATE dynmod.app SET state = 'uninstalled' WHERE app_key = 'two'"
sql_is "those that are installed" \
    "SELECT json_array_length(dynmod.describe_apps('here', NULL)),
            dynmod.describe_apps('here', 'two') IS NULL" "1|t"
tap_end

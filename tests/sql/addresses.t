#!/bin/bash
# The addresses of sites: one for all ways to write a base URL, unique, and what requests find by
# them.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
cases=$(dirname "$0")/../data/site-addresses.json

# ---- what an address is ----
sql_is "base URLs have the addresses that the programs make of them" \
    "SELECT pair ->> 0, dynmod.address(pair ->> 0) FROM json_array_elements(\$cases\$$(<"$cases")\$cases\$) AS pair
         WHERE dynmod.address(pair ->> 0) IS DISTINCT FROM pair ->> 1" ""
ok "there are many cases" test "$(grep -c http "$cases")" -gt 40
sql_is "a site has one" "SELECT address, context_path FROM dynmod.site" "//localhost:8080/jira|/jira"
add="INSERT INTO dynmod.site (name, base_url) VALUES"
sql_fails "a site at no host" "$add ('bad', 'http://:80')" 23514
sql_fails "nor with a password" "$add ('bad', 'http://u:p@h')" 23514
sql_fails "a host is written in ASCII" "$add ('bad', 'http://bücher.example')" 23514
sql_fails "nobody sets an address" \
    "INSERT INTO dynmod.site (name, base_url, address) VALUES ('bad', 'http://h', '//i')" 428C9
for collation in C tr-x-icu; do
    sql_is "the collation $collation changes no letter" \
        "SELECT dynmod.address('HTTP://I' COLLATE \"$collation\") IS NULL,
                dynmod.address('http://INFO' COLLATE \"$collation\")" "t|//info"
done

# ---- one site at each ----
for url in http://localhost:8080/jira https://LOCALHOST.:8080/jira/; do
    sql_fails "no second site at $url" "$add ('second', '$url')" 23505
done
sql_is "other paths, ports and hosts are other addresses" \
    "$add ('a', 'http://localhost:8080'), ('b', 'http://localhost:8080/Jira'),
          ('c', 'http://localhost/jira'), ('d', 'http://[::1]:8080/jira')
     RETURNING address" "//localhost:8080
//localhost:8080/Jira
//localhost/jira
//[::1]:8080/jira"
sql_fails "an IPv6 address is the same in all forms" "$add ('e', 'http://[0::0:1]:8080/jira')" 23505
sql_fails "http and https are one address" "$add ('e', 'https://localhost:443/jira')" 23505
sql_fails "a change may not take one, either" \
    "UPDATE dynmod.site SET base_url = 'https://localhost:8080' WHERE name = 'b'" 23505
sql_is "but may write it in another way" "UPDATE dynmod.site SET base_url = 'https://Localhost:8080/'
     WHERE name = 'a' RETURNING base_url, address" "https://Localhost:8080/|//localhost:8080"
session_open first
session_open second
session first "BEGIN; $add ('one', 'https://race.example')" >/dev/null
session second "SET lock_timeout = '10s'" >/dev/null
printf '%s;\n\\echo end of answer\n' "$add ('two', 'https://race.example:443/')" >&"${session_in[second]}"
sql_await "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'" 1
session first COMMIT >/dev/null
like "not even at once" "$(session second 'SELECT 1')" '23505'
session_close first
session_close second >/dev/null

# ---- what names a site ----
sql_is "its name does" "SELECT dynmod.site_name('here')" here
sql_is "and its base URL, however it is written" \
    "SELECT dynmod.site_name('https://LOCALHOST:8080/jira/')" here
sql_fails "an unknown name does not" "SELECT dynmod.site_name('nowhere')" P0002
sql_fails "nor an unknown URL" "SELECT dynmod.site_name('http://nowhere')" P0002
sql_fails "nor nothing" "SELECT dynmod.site_name(NULL)" P0002
sql_is "a site may be called as another is addressed" \
    "$add ('localhost', 'http://other.example'); SELECT dynmod.site_name('localhost'),
         dynmod.site_name('http://localhost/jira')" "localhost|c"

# ---- what requests find ----
at() { # at SITE: which sites the six functions find for it
    sql "SELECT (SELECT site_name FROM dynmod.find_app('$1', 'one')),
                (SELECT site_name FROM dynmod.find_app_with_document('$1', 'one', '{}')),
                (SELECT site_name FROM dynmod.find_app_with_document_once('$1', 'one', '{}')),
                (SELECT site_name FROM dynmod.find_app_for_registration('$1', 'one', 1)),
                (SELECT site_name FROM dynmod.find_administrator('$1', 'a', '::1')),
                dynmod.find_public_key('$1', (SELECT kid FROM dynmod.site_key))"
}
sql "SELECT dynmod.add_site_key('here', 'private', 'public')" >/dev/null
is "a name finds the site" "$(at here)" "here|here|here|here|here|public"
is "its address, too" "$(at //localhost:8080/jira)" "here|here|here|here|here|public"
is "another site has no such key" "$(at //localhost:8080)" "a|a|a|a|a|"
for site in //nowhere // //localhost:8080/jira/ //localhost:8080/JIRA //LOCALHOST:8080/jira \
    //here http://localhost:8080/jira nowhere default ''; do
    is "nothing is at \"$site\"" "$(at "$site")" "|||||"
done
sql_is "an app is found only on its site" \
    "SELECT site_name, state FROM dynmod.find_app('//localhost:8080/jira', 'one')
     UNION ALL SELECT site_name, state FROM dynmod.find_app('//localhost:8080', 'one')" \
    "here|enabled
a|"
sql_is "addresses are found by the index" \
    "$add ('many', 'http://many'); INSERT INTO dynmod.site (name, base_url)
         SELECT 's' || n, 'https://s' || n || '.example.com' FROM generate_series(1, 1000) AS n;
     SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; ANALYZE dynmod.site;
     SELECT site_name FROM dynmod.find_app('//s999.example.com', 'one')" s999

# ---- the site `default` ----
is "among others it has no other requests" \
    "$(sql "$add ('default', 'https://default.example')"; at //nowhere)" "|||||"
is "but those to its address" "$(at //default.example)" "default|default|default|default|default|"
sql "DELETE FROM dynmod.app; DELETE FROM dynmod.site_key;
     DELETE FROM dynmod.site WHERE name <> 'default'"
is "alone it has all" "$(at //nowhere/jira)" "default|default|default|default|default|"
sql "INSERT INTO dynmod.app (site_id, app_key, base_url, descriptor)
         SELECT id, 'one', 'http://localhost:3000', '{}' FROM dynmod.site"
sql_is "but what is found there has no standing, as that ends with another site" \
    "SELECT count(standing), count(*) FROM (
         SELECT standing FROM dynmod.find_app('//nowhere', 'one') UNION ALL
         SELECT standing FROM dynmod.find_app_with_document('//nowhere', 'one', '{}') UNION ALL
         SELECT standing FROM dynmod.find_app_for_registration('//nowhere', 'one', 1)) AS told" "0|3"
sql_is "unlike what its name or its own address finds" \
    "SELECT count(DISTINCT standing), count(*) FROM (
         SELECT standing FROM dynmod.find_app('default', 'one') UNION ALL
         SELECT standing FROM dynmod.find_app('//default.example', 'one') UNION ALL
         SELECT standing FROM dynmod.find_app_for_registration('//default.example', 'one', 1)) AS told" "1|3"
sql "DELETE FROM dynmod.app"
sql_is "but an app may not be known without looking again there, as another site ends that" \
    "BEGIN; SELECT FROM dynmod.install_app('default',
             '{\"key\":\"here\",\"baseUrl\":\"https://a.example\",\"authentication\":{\"type\":\"jwt\"}}');
     SELECT asked, app_id IS NULL, app_version IS NULL
         FROM unnest('{//nowhere,default,//default.example}'::text[]) AS asked,
              dynmod.find_app_with_document(asked, 'here', '{}'); ROLLBACK" "//nowhere|f|t
default|f|f
//default.example|f|f"
is "also those whose host is none" "$(at //)" "default|default|default|default|default|"
sql "UPDATE dynmod.site SET name = 'only'"
is "another site that is alone has its own only" "$(at //nowhere)$(at //default.example)" \
    "|||||only|only|only|only|only|"
sql "DELETE FROM dynmod.site"
is "without sites there is none" "$(at //nowhere)" "|||||"

# ---- databases from before ----
before=$postgres_directory/before
cp -R "$SQL_TREE" "$before"
find "$before/migrations" -name '*.sql' | while IFS= read -r file; do
    [ "$(basename "$file" | cut -c1-4)" -lt 17 ] || rm "$file"
done
: >"$before/grants.sql" # which name newer functions
upgraded() { # upgraded SITES: what migrate.sh says of a database that has them
    dropdb --if-exists before 2>/dev/null && createdb before
    PGDATABASE=before "$before/migrate.sh" '' >/dev/null
    PGDATABASE=before sql "$add $1"
    PGDATABASE=before "$SQL_TREE/migrate.sh" '' 2>&1 || true
}
like "two sites of one address are named" \
    "$(upgraded "('x', 'http://h'), ('y', 'https://h:443/'), ('z', 'http://i')")" \
    'same address: x \(http://h\), y \(https://h:443/\)$'
like "and what to do" "$(upgraded "('x', 'http://h'), ('y', 'http://H')")" 'UPDATE dynmod.site'
like "so are sites without an address" "$(upgraded "('x', 'http://ü'), ('y', 'http://h')")" \
    'no usable base URL: x \(http://ü\)$'
upgraded "('x', 'http://h/x/')" >/dev/null
is "others get theirs" "$(PGDATABASE=before sql 'SELECT address FROM dynmod.site')" //h/x
tap_end

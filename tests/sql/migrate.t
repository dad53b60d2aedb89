#!/bin/bash
# migrate.sh: fresh, again, from every earlier version, refusals, owners, one role only, odd places.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
postgres_start
tree=$postgres_directory/tree
sql_tree "$tree"
newest=$(find "$tree/migrations" -name '*.sql' | wc -l)

database() { # database NAME [OPTIONS]: a new one, and the one that sql uses from now on
    PGDATABASE=postgres sql "CREATE DATABASE $1 ${2-}"
    export PGDATABASE=$1
}
migrate() { # migrate [TREE [CONNINFO]]: output and errors of migrate.sh, then its status if not 0
    "${1:-$tree}/migrate.sh" "${2-}" 2>&1 || echo "status $?"
}
dump() { # dump [OPTIONS]: the schema dynmod; newer versions of pg_dump add a random key
    pg_dump --schema dynmod "$@" | grep -vE '^\\(un)?restrict'
}
same() { # same NAME DUMP EXPECTED
    report "$1" "$(diff <(echo "$3") <(echo "$2") | head -n 20)"
}
version="SELECT max(version) FROM dynmod.schema_version"
up_to() { # up_to NUMBER: a copy of the tree with the first migrations only
    sql_tree_up_to "$tree" "$1" "$postgres_directory/up-to-$1"
    echo "$postgres_directory/up-to-$1"
}

# ---- one role only, as on shared hosting ----
sql "CREATE ROLE tenant LOGIN"
database shared "OWNER tenant"
output=$(PGUSER=tenant migrate)
is "a single role that owns the database installs" "$output" \
    "$(cd "$tree/migrations" && printf 'dynmod: applied migration %s\n' -- *.sql | grep -v -- --)
dynmod: module types: 5 added, 0 upgraded
dynmod: the database is at version $newest"
sql_is "each migration is recorded with name and time" \
    "SELECT version, name, applied_at IS NOT NULL FROM dynmod.schema_version ORDER BY 1 LIMIT 2" \
    "1|tables|t
2|rules|t"
is "and with the SHA-256 of its file" \
    "$(sql "SELECT string_agg(checksum, ' ' ORDER BY version) FROM dynmod.schema_version")" \
    "$(sha256sum "$tree"/migrations/*.sql | cut -d ' ' -f 1 | paste -sd ' ')"
PGUSER=tenant sql_is "the single role does everything" \
    "INSERT INTO dynmod.site (name, base_url) VALUES ('here', 'http://h');
     SELECT dynmod.install_app('here', '{\"key\":\"a\",\"baseUrl\":\"http://a\"}') ->> 'action';
     SELECT registered FROM dynmod.register_modules('here', 'a', '$(modules panels:k)');
     SELECT document FROM dynmod.find_app_with_document('here', 'a', NULL)" 'installed
1
{"panels":[{"key": "k"}]}'

# ---- a superuser before there are roles ----
owners() { # owners: who owns the schema and what is in it
    sql "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'dynmod'
         UNION SELECT relowner::regrole FROM pg_class WHERE relnamespace = 'dynmod'::regnamespace
         UNION SELECT proowner::regrole FROM pg_proc WHERE pronamespace = 'dynmod'::regnamespace"
}
database early
migrate >/dev/null
is "without group roles a superuser owns what it installs" "$(owners)" postgres
sql "INSERT INTO dynmod.site (name, base_url) VALUES ('here', 'http://h')"
export PGDATABASE=shared

# ---- the group roles ----
sql "CREATE ROLE builder LOGIN CREATEROLE; CREATE ROLE owner LOGIN"
roles() { # roles LOGIN: runs roles.sql
    PGUSER=$1 psql -Xq -v ON_ERROR_STOP=1 -f - <"$tree/roles.sql" 2>&1
}
is "a role with CREATEROLE creates the group roles" "$(roles builder)" ""
is "again without a change" "$(roles builder)" ""
sql "GRANT dynmod_owner TO owner"
is "after that the single role migrates as before" "$(PGUSER=tenant migrate)" \
    "dynmod: module types: 0 added, 0 upgraded
dynmod: the database is at version $newest"
sql_is "it still owns its schema, the group roles have their rights" \
    "SELECT nspowner::regrole, has_schema_privilege('dynmod_web', oid, 'USAGE')
         FROM pg_namespace WHERE nspname = 'dynmod'" "tenant|t"
database fresh
sql "GRANT CREATE ON DATABASE fresh TO owner"
PGUSER=owner migrate >/dev/null
is "where dynmod_owner exists it owns the schema and all in it" "$(owners)" dynmod_owner
like "a stranger cannot migrate" "$(PGUSER=tenant migrate)" 'permission denied to set role'

# ---- what a superuser owns goes to dynmod_owner ----
export PGDATABASE=early
like "dynmod_owner alone cannot take over what a superuser owns" "$(PGUSER=owner migrate)" \
    'the superuser postgres owns the schema dynmod: run migrate.sh as a superuser once'
is "a superuser hands it over and says so" "$(migrate)" \
    "dynmod: what another role owned in the schema now belongs to dynmod_owner
dynmod: module types: 0 added, 0 upgraded
dynmod: the database is at version $newest"
is "all of it" "$(owners)" dynmod_owner
sql_is "with what is in it" "SELECT name FROM dynmod.site" here
sql "CREATE FUNCTION dynmod.by_hand(integer) RETURNS integer LANGUAGE sql SECURITY DEFINER
         AS 'SELECT 1'"
like "nor can it take over a single function" "$(PGUSER=owner migrate)" \
    'the superuser postgres owns the routine dynmod.by_hand\(integer\): run'
like "which a superuser hands over as well" "$(migrate)" 'now belongs to dynmod_owner'
is "so that all is the owner's again" "$(owners)" dynmod_owner
is "after which dynmod_owner migrates alone" "$(PGUSER=owner migrate)" \
    "dynmod: module types: 0 added, 0 upgraded
dynmod: the database is at version $newest"
export PGDATABASE=shared
is "a superuser who migrates leaves a single role what it owns" \
    "$(migrate >/dev/null; owners)" tenant
like "with --take-over it says that dynmod_owner would get that" \
    "$("$tree/migrate.sh" --dry-run --take-over '')" \
    '^dynmod: would give what another role owns in the schema to dynmod_owner$'
is "and has changed nothing" "$(owners)" tenant
like "and gives it to dynmod_owner" "$("$tree/migrate.sh" --take-over '')" \
    '^dynmod: what another role owned in the schema now belongs to dynmod_owner$'
is "all of it, too" "$(owners)" dynmod_owner
sql "ALTER ROLE dynmod_owner SUPERUSER"
like "what belongs to dynmod_owner does not run as a superuser" "$(migrate)" \
    'dynmod_owner is a superuser, .*: ALTER ROLE dynmod_owner NOSUPERUSER'
sql "ALTER ROLE dynmod_owner NOSUPERUSER"
export PGDATABASE=fresh

# ---- without a change ----
database untouched
is "a dry run says what it would apply" "$("$tree/migrate.sh" --dry-run '' | wc -l)" "$newest"
sql_is "and makes no schema" "SELECT to_regnamespace('dynmod') IS NULL" t
migrate "$(up_to 3)" >/dev/null
is "a dry run names what is lacking" "$("$tree/migrate.sh" --dry-run '' | head -n 1)" \
    "dynmod: would apply migration 0004_module_types.sql"
sql_is "and applies nothing" "$version" 3
export PGDATABASE=fresh
is "a dry run where nothing is lacking is silent" "$("$tree/migrate.sh" --dry-run '' 2>&1)" ""

# ---- no rights of a superuser for anybody ----
definers() { # definers: how many functions run with the rights of a superuser
    sql "SELECT count(*) FROM pg_proc JOIN pg_roles ON pg_roles.oid = proowner
             WHERE pronamespace = 'dynmod'::regnamespace AND prosecdef AND rolsuper"
}
sql "ALTER ROLE dynmod_owner RENAME TO away"
database in_steps
migrate "$(up_to 10)" >/dev/null
is "without dynmod_owner, functions run as the superuser" "$(($(definers) > 0))" 1
sql "ALTER ROLE away RENAME TO dynmod_owner"
migrate >/dev/null
is "an upgrade by a superuser leaves no such function when dynmod_owner exists" "$(definers)" 0
database by_superuser
migrate >/dev/null
is "nor does a fresh installation by a superuser" "$(definers)" 0
sql "ALTER SCHEMA dynmod OWNER TO tenant;
     ALTER FUNCTION dynmod.find_app(text, text) OWNER TO postgres"
migrate >/dev/null
is "nor where a superuser owns a function in the schema of another" "$(definers)" 0
export PGDATABASE=fresh

# ---- again ----
sql "INSERT INTO dynmod.site (name, base_url) VALUES ('here', 'http://h')"
before=$(dump)
is "running again says that nothing was to do" "$(migrate)" \
    "dynmod: module types: 0 added, 0 upgraded
dynmod: the database is at version $newest"
same "and changes nothing, data included" "$(dump)" "$before"

# ---- from every earlier version ----
fresh=$(dump --schema-only)
for number in $(seq $((newest - 1))); do
    database "from_$number"
    migrate "$(up_to "$number")" >/dev/null
    sql "INSERT INTO dynmod.site (name, base_url) VALUES ('kept', 'http://kept')"
    sql_is "an earlier version is at $number" "$version" "$number"
    migrate >/dev/null
    same "from version $number the schema becomes the fresh one" "$(dump --schema-only)" "$fresh"
    sql_is "and keeps its data" "SELECT name FROM dynmod.site" kept
done

# ---- refusals: nothing is changed, the status is not 0, the text says why ----
export PGDATABASE=fresh
refused() { # refused NAME TREE PATTERN
    local output
    output=$(migrate "$2")
    like "$1" "$output" "$3"
    like "$1: the status" "$output" '^status [1-9]'
}
changed=$postgres_directory/changed
cp -R "$tree" "$changed"
echo '-- changed' >>"$changed/migrations/0002_rules.sql"
refused "a migration that has changed" "$changed" \
    '0002_rules.sql has changed since it was applied .*restore the file'
refused "a database that is newer than the files" "$postgres_directory/up-to-1" \
    "at version $newest, these files end at version 1"
next=$(printf '%04d' $((newest + 1)))
broken=$postgres_directory/broken
cp -R "$tree" "$broken"
printf "SET LOCAL lock_timeout = '5s';\nCREATE TABLE dynmod.left_over ();\nSELECT nonsense;\n" \
    >"$broken/migrations/${next}_broken.sql"
refused "a migration that fails" "$broken" 'column "nonsense" does not exist'
gap=$postgres_directory/gap
cp -R "$tree" "$gap"
touch "$gap/migrations/0099_gap.sql"
refused "a gap between the numbers" "$gap" "0099_gap.sql: expected number $next"
odd=$postgres_directory/odd
cp -R "$tree" "$odd"
touch "$odd/migrations/${next}_it's.sql"
refused "an odd file name" "$odd" "small letters, digits"
same "nothing was changed by all that" "$(dump)" "$before"
sql "GRANT SELECT ON dynmod.app TO dynmod_web; REVOKE ALL ON dynmod.module FROM dynmod_read"
migrate >/dev/null
same "each run sets the rights of the group roles right" "$(dump)" "$before"

# ---- how it is called ----
like "without an argument it explains itself" "$("$tree/migrate.sh" 2>&1 || echo "status $?")" \
    '^usage: migrate.sh .*CONNINFO'
like "with two arguments it fails" "$("$tree/migrate.sh" a b 2>&1 || echo "status $?")" '^status 2'
like "--help" "$("$tree/migrate.sh" --help)" '^usage: migrate.sh .*CONNINFO'
like "a server that is not there" "$(migrate "$tree" host=/nowhere)" '^status 2'
PGDATABASE=postgres sql "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0"
like "a database that is not UTF-8" "$(migrate "$tree" dbname=ascii)" \
    'needs a database with the encoding UTF8, this one has SQL_ASCII'

# ---- places and ways to connect ----
place="$postgres_directory/it's a \"place\" \\ with \$HOME :x"
cp -R "$tree" "$place"
database "odd_place"
like "it runs from a folder with an odd name, called from another one" \
    "$(cd / && migrate "$place" 'dbname=odd_place')" "at version $newest\$"
like "it runs by a relative path, with a URI" \
    "$(cd "$place/migrations" && "../migrate.sh" "postgresql:///odd_place?host=$PGHOST" 2>&1)" \
    "at version $newest\$"

# ---- twice at the same time ----
database at_once
for number in 1 2; do
    migrate >"$postgres_directory/both-$number" &
    pids[number]=$!
done
wait "${pids[@]}"
is "two at the same time apply each migration once" \
    "$(cat "$postgres_directory"/both-? | sort | uniq -c | grep -c ' 1 .* applied migration')" \
    "$newest"
same "and make the fresh schema" "$(dump --schema-only)" "$fresh"
tap_end

# What SQL tests share; for bash. A test calls sql_start (or postgres_start) first, tap_end last.
# shellcheck shell=bash
# shellcheck source=postgres.sh
. "$(dirname "${BASH_SOURCE[0]}")/postgres.sh"
# shellcheck source=tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

SQL_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../sql" && pwd)
readonly SQL_SOURCE
declare -A session_in session_out

# ok NAME COMMAND...: passes when the command succeeds.
ok() {
    report "$1" "$("${@:2}" || echo "failed: ${*:2}")"
}

# is NAME GOT EXPECTED: passes when both are the same text.
is() {
    report "$1" "$([ "$2" = "$3" ] || printf 'got:\n%s\nexpected:\n%s\n' "$2" "$3")"
}

# like NAME GOT PATTERN: passes when the extended regular expression matches the text.
like() {
    report "$1" "$(grep -qE -e "$3" <<<"$2" || printf 'got:\n%s\npattern:\n%s\n' "$2" "$3")"
}

# sql STATEMENTS: runs them and prints values only, columns apart by |; PGUSER and PGDATABASE hold.
# After an error it fails, and the statements behind may have run or not.
sql() {
    local output
    if [ "$PGUSER $PGDATABASE" = 'postgres postgres' ] && [ -n "${session_in[sql]-}" ]; then
        # A connection that is there already saves most of the time.
        output=$(session sql "$1")
        session sql 'ROLLBACK; DISCARD ALL'
    else
        output=$(session_psql -v ON_ERROR_STOP=1 -f - <<<"$1" 2>&1) || true
    fi
    [ -z "$output" ] || printf '%s\n' "$output"
    [[ $output != *'ERROR:  '* ]]
}

# sql_is NAME STATEMENTS EXPECTED: passes when the statements print the expected text.
sql_is() {
    is "$1" "$(sql "$2" || true)" "$3"
}

# sql_await STATEMENTS EXPECTED: waits until they print the text, 10 s at most; then fails.
sql_await() {
    local tries=0
    until [ "$(sql "$1")" = "$2" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || return 1
        sleep 0.05
    done
}

# sql_fails NAME STATEMENTS SQLSTATE [DETAIL]: passes when the statements end with this error, and
# with exactly this DETAIL where one is given.
sql_fails() {
    local output
    output=$(sql "$2" || true)
    is "$1" "$(sed -nE 's/^.*ERROR:  ([0-9A-Z]{5}): .*$/\1/p' <<<"$output")${4+ }$(
        [ $# -lt 4 ] || sed -n 's/^DETAIL:  //p' <<<"$output")" "$3${4+ $4}"
}

# sql_tree DIRECTORY: a copy of sql/ there, with a few module types of its own.
sql_tree() {
    mkdir -p "$1/module_types"
    cp -R "$SQL_SOURCE"/*.sql "$SQL_SOURCE/migrate.sh" "$SQL_SOURCE/migrations" "$1"
    sql_type "$1" '{"name":"panels","title":"Panels","container":"list","dynamic":true}'
    sql_type "$1" '{"name":"items","title":"Items","container":"list","dynamic":true}'
    sql_type "$1" '{"name":"hooks","title":"Hooks","dynamic":true,"requiredScope":"READ"}'
    sql_type "$1" '{"name":"config","title":"Config","container":"single","dynamic":true}'
    sql_type "$1" '{"name":"pages","title":"Pages","container":"list","dynamic":false}'
    echo '{"definitions":{"i18n":{"type":"object"}}}' >"$1/module_types/definitions.json"
}

# sql_type DIRECTORY JSON: writes the file of one module type.
sql_type() {
    local name=${2#*\"name\":\"}
    printf '%s\n' "$2" >"$1/module_types/${name%%\"*}.json"
}

# sql_tree_up_to DIRECTORY NUMBER COPY: a copy of such a folder with its first migrations only.
sql_tree_up_to() {
    local file
    rm -rf "$3"
    cp -R "$1" "$3"
    for file in "$3"/migrations/*; do
        file=${file##*/}
        [ $((10#${file%%_*})) -le "$2" ] || rm "$3/migrations/$file"
    done
    # Rights and types of that time.
    : >"$3/grants.sql"
    rm -r "$3/module_types"
}

# sql_start: a server with the group roles, the schema, a site "here" and an app "one" on it with
# the number in app_one; the source tree is in SQL_TREE.
sql_start() {
    postgres_start
    session_open sql
    SQL_TREE=$postgres_directory/tree
    sql_tree "$SQL_TREE"
    psql -Xq -v ON_ERROR_STOP=1 -f - <"$SQL_TREE/roles.sql"
    "$SQL_TREE/migrate.sh" '' >/dev/null
    sql "INSERT INTO dynmod.site (name, base_url) VALUES ('here', 'http://localhost:8080/jira')"
    app_one=$(sql_app one)
    export SQL_TREE app_one
}

# sql_app KEY: installs an app without modules on the site "here" and prints its number.
sql_app() {
    sql "INSERT INTO dynmod.app (site_id, app_key, base_url, descriptor)
         SELECT id, '$1', 'http://localhost:3000', '{}' FROM dynmod.site WHERE name = 'here'
         RETURNING id"
    sql "INSERT INTO dynmod.app_secret (app_id, use, secret)
             SELECT id, 'current', rpad('$1-', 32, 's') FROM dynmod.app WHERE app_key = '$1'" >/dev/null
}

# sql_secret KEY [USE]: the shared secret of the app as it is kept.
sql_secret() {
    sql "SELECT secret FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_id
             WHERE app_key = '$1' AND use = '${2:-current}'"
}

# modules TYPE:KEY...: the argument of register_modules for such modules.
modules() {
    local module list=
    for module in "$@"; do
        list+=",{\"type\":\"${module%%:*}\",\"definition\":{\"key\":\"${module#*:}\"}}"
    done
    echo "[${list#,}]"
}

# session_open NAME: a connection that stays open.
session_open() {
    local in out pipe=$postgres_directory/$1
    mkfifo "$pipe.in" "$pipe.out"
    PGOPTIONS='-c client_min_messages=error' session_psql <"$pipe.in" >"$pipe.out" 2>&1 &
    exec {in}>"$pipe.in" {out}<"$pipe.out"
    session_in[$1]=$in session_out[$1]=$out
    rm "$pipe.in" "$pipe.out"
}

# session NAME STATEMENTS: runs them there, waits for their end and prints what came.
session() {
    local line
    printf '%s;\n\\echo end of answer\n' "$2" >&"${session_in[$1]}"
    while IFS= read -r -t 60 line <&"${session_out[$1]}" && [ "$line" != 'end of answer' ]; do
        printf '%s\n' "$line"
    done
}

session_close() {
    local in=${session_in[$1]} out=${session_out[$1]}
    printf '\\q\n' >&"$in"
    cat <&"$out"
    exec {in}>&- {out}<&-
    unset "session_in[$1]" "session_out[$1]"
}

session_psql() {
    psql -XAtq -v VERBOSITY=verbose -v SHOW_CONTEXT=never "$@"
}

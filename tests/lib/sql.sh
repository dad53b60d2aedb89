# TAP for SQL tests; for bash. Sources postgres.sh; a test calls sql_start (or postgres_start) first
# and sql_done last.
# shellcheck shell=bash
# shellcheck source=postgres.sh
. "$(dirname "${BASH_SOURCE[0]}")/postgres.sh"

SQL_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../sql" && pwd)
readonly SQL_SOURCE
sql_number=0
sql_failed=0

# ok NAME COMMAND...: passes when the command succeeds.
ok() {
    local name=$1
    shift
    sql_number=$((sql_number + 1))
    if "$@"; then
        echo "ok $sql_number - $name"
    else
        sql_failed=$((sql_failed + 1))
        echo "not ok $sql_number - $name"
    fi
}

# is NAME GOT EXPECTED: passes when both are the same text.
is() {
    ok "$1" test "$2" = "$3"
    [ "$2" = "$3" ] || printf '#      got: %s\n# expected: %s\n' "${2//$'\n'/$'\n#           '}" \
        "${3//$'\n'/$'\n#           '}"
}

# like NAME GOT PATTERN: passes when the extended regular expression matches the text.
like() {
    ok "$1" grep -qE -e "$3" <<<"$2"
    grep -qE -e "$3" <<<"$2" || printf '#      got: %s\n#  pattern: %s\n' "$2" "$3"
}

# sql STATEMENTS: runs them and prints values only, columns apart by |; PGUSER and PGDATABASE hold.
sql() {
    psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -v SHOW_CONTEXT=never -f - <<<"$1" 2>&1
}

# sql_is NAME STATEMENTS EXPECTED: passes when the statements print the expected text.
sql_is() {
    is "$1" "$(sql "$2" || true)" "$3"
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

# sql_start: a server with the group roles, the schema, a site "here" and an app "one" on it with
# the number in app_one; the source tree is in SQL_TREE.
sql_start() {
    postgres_start
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
    sql "INSERT INTO dynmod.app (site_id, app_key, base_url, descriptor, shared_secret)
         SELECT id, '$1', 'http://localhost:3000', '{}', repeat('s', 32)
             FROM dynmod.site WHERE name = 'here'
         RETURNING id"
}

# modules TYPE:KEY...: the argument of register_modules for such modules.
modules() {
    local module list=
    for module in "$@"; do
        list+=",{\"type\":\"${module%%:*}\",\"definition\":{\"key\":\"${module#*:}\"}}"
    done
    echo "[${list#,}]"
}

# session_open: a further connection, kept open; one at a time.
session_open() {
    coproc session { exec psql -XAtq -v VERBOSITY=verbose -v SHOW_CONTEXT=never 2>&1; }
    # Copies, because bash closes those of a coprocess in subshells.
    exec {session_in}>&"${session[1]}" {session_out}<&"${session[0]}"
    eval "exec ${session[1]}>&-"
}

# session STATEMENTS: runs them there, waits for their end and prints what came.
session() {
    local line
    printf '%s;\n\\echo end of answer\n' "$1" >&"$session_in"
    while IFS= read -r -t 30 line <&"$session_out" && [ "$line" != 'end of answer' ]; do
        printf '%s\n' "$line"
    done
}

session_close() {
    exec {session_in}>&-
    # shellcheck disable=SC2154 # coproc sets it; it is unset once the process has ended
    wait "${session_PID-}" 2>/dev/null || true
    exec {session_out}<&-
}

# sql_done: prints the plan; the exit status tells whether all passed.
sql_done() {
    echo "1..$sql_number"
    exit $((sql_failed > 0))
}

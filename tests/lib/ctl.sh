# Runs dynmodctl for tests; for bash. Sources sql.sh; a test calls ctl_start first and tap_end last.
# shellcheck shell=bash
# shellcheck source=sql.sh
. "$(dirname "${BASH_SOURCE[0]}")/sql.sh"

CTL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly CTL_ROOT
ctl_program=${CTL_PROGRAM:-$CTL_ROOT/build/dynmodctl}
ctl_files= # a folder for files of the test, which goes with the server

# ctl_start: a server with the roles, the schema and dynmod's own module types, and configurations
# "operator", "web" and "nobody" for logins with such rights.
ctl_start() {
    postgres_start
    ctl_files=$postgres_directory/files
    mkdir "$ctl_files"
    psql -Xq -v ON_ERROR_STOP=1 -f "$CTL_ROOT/sql/roles.sql"
    "$CTL_ROOT/sql/migrate.sh" '' >/dev/null
    sql "CREATE ROLE operator LOGIN IN ROLE dynmod_admin; CREATE ROLE web LOGIN IN ROLE dynmod_web;
         CREATE ROLE nobody LOGIN"
    ctl_config operator "user=operator"
    ctl_config web "user=web"
    ctl_config nobody "user=nobody"
    unset DYNMOD_SITE
    export DYNMOD_CONFIG=$ctl_files/operator.conf
}

# ctl_config NAME CONNINFO [LINE]: writes a configuration.
ctl_config() {
    printf 'database = host=%s dbname=%s %s\n%s\n' "$PGHOST" "$PGDATABASE" "$2" "${3-}" \
        >"$ctl_files/$1.conf"
}

# ctl ARGUMENT...: runs the tool; its exit status goes to ctl_status, what it prints to ctl_out and
# ctl_err. Standard input is that of the caller.
ctl() {
    ctl_status=0
    "$ctl_program" "$@" >"$ctl_files/out" 2>"$ctl_files/err" || ctl_status=$?
    ctl_out=$(<"$ctl_files/out")
    ctl_err=$(<"$ctl_files/err")
    case $ctl_err in
    *Sanitizer* | *'runtime error'*) ctl_status=sanitizer ;;
    esac
}

# member PATH: a member of the JSON that the tool printed, such as ->{key} or ->[0]{key}.
member() {
    MEMBER=$1 perl -MJSON::PP -e '
        local $/;
        my $value = eval { decode_json(<STDIN>) } // die "no JSON\n";
        my $member = eval "\$value$ENV{MEMBER}" // "undef";
        $member = JSON::PP->new->canonical->allow_nonref->encode($member) if ref $member;
        print "$member\n"' <<<"$ctl_out" || echo "no JSON"
}

# done_by NAME ARGUMENT...: passes when the tool has done it, without a word on standard error.
done_by() {
    local name=$1
    shift
    ctl "$@"
    is "$name" "$ctl_status $ctl_err" "0 "
}

# refused NAME PATTERN ARGUMENT...: passes when the tool refuses and says so.
refused() {
    local name=$1 pattern=$2
    shift 2
    ctl "$@"
    like "$name" "$ctl_status $ctl_out ${ctl_err//$'\n'/ }" "^1  .*$pattern"
}

# misused NAME PATTERN ARGUMENT...: passes when the tool finds the command line wrong.
misused() {
    local name=$1 pattern=$2
    shift 2
    ctl "$@"
    like "$name" "$ctl_status $ctl_out ${ctl_err//$'\n'/ }" "^2  dynmodctl: .*$pattern"
}

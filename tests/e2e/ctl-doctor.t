#!/bin/bash
# dynmodctl doctor: what it finds in configuration, database, stored modules and web server files.
set -eu
# shellcheck source=../lib/ctl.sh
. "$(dirname "$0")/../lib/ctl.sh"
ctl_start

# finds NAME STATUS PATTERN ARGUMENT...: passes when the exit status is this one and a finding, as
# "level check text", matches.
finds() {
    local name=$1 status=$2 pattern=$3
    shift 3
    ctl --json doctor "$@"
    like "$name" "$ctl_status $(perl -MJSON::PP -e '
        local $/;
        print join "\n", map { join " ", @$_{qw(level check text)} } @{ decode_json(<STDIN>) }' \
        <<<"$ctl_out" | grep -E -- "$pattern")" "^$status [a-z]"
}
module() { # module DEFINITION: stores a module of the app as if no rule were there
    sql "SET session_replication_role = replica;
         INSERT INTO dynmod.module (app_id, type_name, definition)
             SELECT id, 'webPanels', '$1' FROM dynmod.app;
         UPDATE dynmod.app SET document = (dynmod.compute_document(id)).document"
}

# ---- as it should be ----
finds "a missing site is a warning" 0 '^warning site site "default" does not exist; add it with dynmodctl site add'
ctl site add default --base-url http://127.0.0.1/jira
finds "the configuration" 0 "^ok configuration $ctl_files/operator.conf\$"
finds "the server" 0 "^ok database PostgreSQL [0-9.]+.*, database \"postgres\", role \"operator\"\$"
finds "the rights" 0 "^ok rights the role may serve the API and do everything that dynmodctl does\$"
finds "the schema" 0 "^ok schema version [0-9]+,"
finds "the site" 0 "^ok site default at http://127.0.0.1/jira, apps: 0\$"
finds "no module" 0 "^ok modules all 0 stored modules follow the rules\$"
ctl doctor
like "a table for people" "$ctl_status $ctl_out" '^0 LEVEL +CHECK +FINDING$'

# ---- rights ----
finds "the web program's role" 0 "^warning rights .*not act as an operator: .*install_app" \
    --config "$ctl_files/web.conf"
finds "its site" 0 '^ok site default with the context path "/jira"$' --config "$ctl_files/web.conf"
finds "a role without rights" 1 "^error database the role may not execute app_is_unchanged, find_app,.*GRANT" \
    --config "$ctl_files/nobody.conf"
ctl_config super "user=postgres"
finds "a superuser" 0 "^note rights the role is a superuser" --config "$ctl_files/super.conf"
sql "GRANT SELECT ON dynmod.app TO dynmod_web"
finds "a web role that reads tables" 0 "^warning rights dynmod_web .*can read app;"
sql "REVOKE SELECT ON dynmod.app FROM dynmod_web"

# ---- database ----
ctl_config template "dbname=template1 user=postgres"
finds "no schema" 1 "^error database the database has no schema dynmod; run dynmodctl setup, or on shared hosting migrate.sh" \
    --config "$ctl_files/template.conf"
ctl_config away "host=/nowhere"
finds "no server" 1 '^error database no connection to the database: ' --config "$ctl_files/away.conf"
ctl_config standby "user=operator options='-c default_transaction_read_only=on'"
finds "a read-only server" 1 "^error database it is read-only;" --config "$ctl_files/standby.conf"
sql "ALTER TABLE dynmod.module DISABLE TRIGGER module_after_update"
finds "a trigger that is off" 1 "^error schema triggers are disabled.*: module_after_update;"
sql "ALTER TABLE dynmod.module ENABLE TRIGGER module_after_update"
number=$(sql "SELECT max(version) FROM dynmod.schema_version")
sql "UPDATE dynmod.schema_version SET version = 0 WHERE version = $number;
     DELETE FROM dynmod.schema_version WHERE version > 0"
finds "an old schema" 1 "^error database the database is at version 0, this program needs"
sql "UPDATE dynmod.schema_version SET version = $number"
finds "and a new one again" 0 "^ok schema version $number,"

# ---- stored modules ----
ctl app install - <<<'{"key":"app","baseUrl":"http://x","authentication":{"type":"none"}}'
module '{"key":"good","name":{"value":"P"},"url":"/p","location":"l"}'
finds "a good module" 0 "^ok modules all 1 stored modules follow the rules\$"
sql "UPDATE dynmod.app SET document = '{}'"
finds "a document of other modules" 1 \
    '^error modules GET does not show the dynamic modules that are stored of app on the site default$'
command=$(perl -MJSON::PP -0777 -ne 'print map { $_->{command} }
    grep { $_->{text} =~ /^GET / } @{ decode_json($_) }' <<<"$ctl_out")
ok "which a superuser mends by its command" eval "${command#runuser * -- } >/dev/null"
finds "and then it is as it should be" 0 "^ok modules all 1 stored modules follow the rules\$"
module '{"key":"bad","name":{"value":"P"},"location":"l"}'
finds "a module that breaks its schema" 1 '^error modules /default/app/webPanels/bad: .*"url"'
module '{"key":"odd","name":{"value":"P"},"url":"/p","location":"l","conditions":[{"condition":"x"}]}'
finds "a module with an oddity" 1 '^warning modules /default/app/webPanels/odd/conditions/0'
sql "UPDATE dynmod.module_type SET schema = '{\"type\": 7}' WHERE name = 'webPanels'"
finds "a broken schema of a type" 1 '^error database .*webPanels'

# ---- configuration ----
ctl_config secret "user=operator password=x"
chmod o+r "$ctl_files/secret.conf"
finds "a password that all can read" 1 "^error configuration .*secret.conf.*chmod o-rwx" \
    --config "$ctl_files/secret.conf"
chmod o-r "$ctl_files/secret.conf"
chmod o+w "$ctl_files/operator.conf"
finds "a configuration that all can write" 1 "^error configuration every user can change .*chmod o-w"
chmod o-w "$ctl_files/operator.conf"
ctl_config odd "user=operator" "colour = red"
finds "an unknown option" 1 "^error configuration .*odd.conf:2: unknown option .colour" \
    --config "$ctl_files/odd.conf"
sql "DELETE FROM dynmod.module; DELETE FROM dynmod.app;"

# ---- web servers ----
for file in "$CTL_ROOT"/apache/*.conf "$CTL_ROOT"/lighttpd/*.conf; do
    finds "our own ${file#"$CTL_ROOT/"}" 0 "^ok web server $file passes on the Authorization header" "$file"
done
web=$ctl_files/web-server.conf
web() { # web LINE...: a web server's file
    printf '%s\n' "# names dynmod" 'ScriptAlias / /usr/lib/dynmod/dynmod.fcgi' "$@" >"$web"
}
web 'SetHandler cgi-script' '# CGIPassAuth On'
finds "no Authorization header" 1 "^error web server $web: Apache withholds the Authorization" "$web"
# shellcheck disable=SC2016 # Apache fills in $1
web 'SetHandler cgi-script' 'SetEnvIf Authorization "(.+)" HTTP_AUTHORIZATION=$1'
finds "the header by SetEnvIf" 0 "^ok web server $web" "$web"
web 'SetHandler fcgid-script' 'CGIPassAuth On'
finds "no FcgidMaxRequestLen" 0 "^warning web server $web: FcgidMaxRequestLen is not set" "$web"
web 'SetHandler fcgid-script' 'CGIPassAuth On' 'FcgidMaxRequestLen 1048575'
finds "a small FcgidMaxRequestLen" 0 "^warning web server $web: FcgidMaxRequestLen is 1048575 but" "$web"
web 'SetHandler fcgid-script' 'CGIPassAuth On' 'FcgidMaxRequestLen 1048576'
finds "a FcgidMaxRequestLen that will do" 0 "^ok web server $web" "$web"
web 'SetHandler cgi-script' 'CGIPassAuth On' 'LimitRequestBody 1000'
finds "a small LimitRequestBody" 0 "^warning web server $web: LimitRequestBody is 1000," "$web"
web 'server.max-request-size = 1023'
finds "a small server.max-request-size" 0 "^warning web server .*is 1023 KiB" "$web"
web 'server.max-request-size := 1023'
finds "so it is with :=" 0 "^warning web server .*is 1023 KiB" "$web"
web 'server.max-request-size = 1024'
finds "a server.max-request-size that will do" 0 "^ok web server $web" "$web"
mkdir -p "$ctl_files/dynmod"
own=$ctl_files/dynmod/apache.conf
web 'SetHandler fcgid-script' 'CGIPassAuth On' 'FcgidMaxRequestLen 1048576' \
    "IncludeOptional \"$own\"" 'SetEnv DYNMOD_SITE default'
finds "a file of the operator that is not there" 0 "^ok web server $web" "$web"
echo 'FcgidMaxRequestLen 1048575' >"$own"
finds "one that says otherwise" 0 "^warning web server $web: FcgidMaxRequestLen is 1048575 but" "$web"
ctl site add team --base-url https://team.example.com
echo 'SetEnvIfNoCase Host "^team\.example\.com$" DYNMOD_SITE=team' >"$own"
finds "one that names a site" 0 "^ok web server $web" "$web"
is "and that is no fault" "$(grep -c DYNMOD_SITE <<<"$ctl_out" || true)" 0
echo 'SetEnvIfNoCase Host "^team\.example\.com$" DYNMOD_SITE=taem' >"$own"
finds "one that names no site" 0 "^warning web server $own: DYNMOD_SITE is \"taem\", but that site does not exist" "$web"
# shellcheck disable=SC2016 # $ is lighttpd's
echo '$HTTP["host"] == "x" { setenv.set-environment := ( "DYNMOD_SITE" => "taem" ) }' \
    >"$ctl_files/dynmod/lighttpd.conf"
web "include \"$ctl_files/dynmod/lighttpd*.conf\""
finds "one of lighttpd" 0 \
    "^warning web server $ctl_files/dynmod/lighttpd.conf: DYNMOD_SITE is \"taem\"" "$web"
echo 'DocumentRoot /var/www' >"$web"
finds "a file about something else" 0 "^warning web server $web does not mention dynmod" "$web"
finds "no file" 1 "^error web server cannot open /nowhere:" /nowhere
tap_end

#!/bin/bash
# dynmodctl: sites, apps, modules, types and signatures, by a role with an operator's rights only.
set -eu
# shellcheck source=../lib/ctl.sh
. "$(dirname "$0")/../lib/ctl.sh"
ctl_start
key=com.example.notes

# descriptor [MEMBERS]: a descriptor; later members stand for earlier ones of the same name.
descriptor() {
    MEMBERS=${1-} perl -MJSON::PP -e '
        my $json = { key => "com.example.notes", name => "Notes", baseUrl => "https://notes.example",
            authentication => { type => "jwt" }, lifecycle => { installed => "/i" },
            %{ decode_json("{$ENV{MEMBERS}}") } };
        print JSON::PP->new->canonical->encode($json)'
}
panel() { # panel KEY: a good web panel
    echo "{\"key\":\"$1\",\"name\":{\"value\":\"P\"},\"url\":\"/p\",\"location\":\"l\"}"
}
stored() { # stored: the modules of the app on the default site, as the database has them
    sql "SELECT string_agg(concat_ws(':', origin, type_name, module_key), ' ' ORDER BY module_key)
             FROM dynmod.module JOIN dynmod.app ON app.id = app_id
             JOIN dynmod.site ON site.id = site_id AND site.name = 'default'"
}

# ---- the command line ----
misused "nothing" "no command given"
misused "an unknown command" 'unknown command "site fly"' site fly
misused "half a command" 'unknown command "app".*app install' app
misused "an unknown option" "unknown option --foo" site list --foo
misused "an option of another command" '--app is not an option of "site list"' site list --app x
misused "an option without its value" "--site requires a value" app list --site
misused "an option with an empty value" "the value of --site must not be empty" app list --site=
misused "a switch with a value" "--json does not take a value" site list --json=yes
misused "an option twice" "--site is given more than once" app list --site a --site b
misused "a number that is none" "--module-limit must be a whole number" site set x --module-limit 1x
misused "a number out of range" "from 1 to 31536000" sign GET / --app x --lifetime 0
misused "a choice that is none" "remove_all|remove_clashing" site set x --on-clash keep
misused "a required option is missing" '"site add" requires --base-url URL.*usage: dynmodctl site add' \
    site add x
misused "an argument is missing" '"app show" requires KEY' app show
misused "an argument too many" 'unexpected argument "b" for "app show"' app show a b
for option in --version -V; do
    done_by "$option" $option
    like "names program and version" "$ctl_out" '^dynmodctl [0-9]+\.[0-9]+\.[0-9]+$'
done
for program in dynmod.fcgi dynmod-admin.fcgi; do
    like "so does that of $program" "$("${ctl_program%/*}/$program" -V) $?" \
        "^$program [0-9]+\\.[0-9]+\\.[0-9]+ 0\$"
    like "which has help" "$("${ctl_program%/*}/$program" --help | head -1) ${PIPESTATUS[0]}" \
        "^usage: $program .--config FILE.* 0\$"
done
for help in --help -h help; do
    done_by "$help" $help
    like "lists the commands" "$ctl_out" '^  app install +install'
done
for help in "app install --help" "app install -h" "help app install" "-h app install"; do
    # shellcheck disable=SC2086 # several words
    done_by "$help" $help
    like "is about one command" "$ctl_out" '^usage: dynmodctl app install URL.FILE'
done
done_by "help app" help app
is "is about its commands" "$(grep -c '^  app ' <<<"$ctl_out") $(grep -c '^  site ' <<<"$ctl_out")" "8 0"
misused "help of an unknown command" 'unknown command "app fly"' help app fly
done_by "--help needs no configuration" --help --config /nowhere
like "and lists the commands" "$ctl_out" '^  app install +install'


# ---- failures as JSON ----
# fails_json NAME STATUS KIND TEXT ARGUMENT...: passes when standard output is such an error.
fails_json() {
    local name=$1 status=$2 kind=$3 text=$4
    shift 4
    ctl "$@"
    like "$name" "$ctl_status $(member '->{error}{kind}') $(member '->{error}{text}')" \
        "^$status $kind .*$text"
    like "which people read as well" "$ctl_err" "^dynmodctl: .*$text"
}
fails_json "an unknown option" 2 usage "unknown option --foo" --json site list --foo
fails_json "and before --json" 2 usage "unknown option --foo" site list --foo --json
fails_json "an unknown command" 2 usage "unknown command" --json fly
fails_json "a wrong use" 2 usage "at least one option" --json site set x
fails_json "what is not there" 1 not_found "site \"default\" does not exist" --json app list
fails_json "no configuration" 1 unavailable "cannot read the configuration" --json --config /nowhere site list
fails_json "wrong input" 1 input "cannot be read as JSON" --json app install - <<<'{'
ctl --json validate - <<<'{"webPanels":[{}]}'
like "a report is the only answer" "$ctl_status $(member '->{errors}') $(member '->{error}')" \
    '^1 [1-9] undef$'

# ---- sites ----
done_by "no site" --json site list
is "is an empty array" "$(member '')" "[]"
done_by "site add" site add default --base-url http://127.0.0.1:18400/jira --json
is "shows the context path" "$(member '->{contextPath}')" /jira
like "and a client key" "$(member '->{clientKey}')" '^[0-9a-f-]{36}$'
is "and the limit" "$(member '->{moduleLimit}')" 100
refused "a site is added once" "already" site add default --base-url http://x
refused "a base URL has a scheme" "http:// or https://" site add other --base-url x.example
refused "a site has a plain name" "letters, digits" site add 'o t' --base-url http://x
done_by "all options of a site, before the command" --module-limit=7 --client-key=k --base-url=https://x \
    site add other
done_by "site set" --json site set other --on-clash remove_clashing --module-limit 0
is "changes what is given only" \
    "$(member '->{onClash}') $(member '->{moduleLimit}') $(member '->{siteBaseUrl}')" \
    "remove_clashing 0 https://x"
done_by "site set of bytes" --json site set other --byte-limit 1 --module-byte-limit 2 \
    --history-byte-limit 3000000000
is "changes the limits" "$(member '->{byteLimit}') $(member '->{moduleByteLimit}') $(member \
    '->{historyByteLimit}') $(member '->{moduleLimit}')" "1 2 3000000000 0"
misused "site set needs a change" "requires at least one option" site set other
refused "site set of an unknown site" 'site "nope" does not exist' site set nope --module-limit 1
done_by "site add in Unicode" site add book --base-url https://bücher.example:443/x --json
is "keeps the host as clients send it" "$(member '->{siteBaseUrl}')" https://xn--bcher-kva.example:443/x
refused "no two sites have one base URL" "another site has this base URL" \
    site add again --base-url http://BÜCHER.example/x/
refused "a base URL has no password" "no user or password" site add again --base-url http://u:p@h
done_by "a site may be named by its base URL" site set http://xn--bcher-kva.EXAMPLE/x/ \
    --base-url https://books.example --json
is "however it is written" "$(member '->{name}')" book
refused "but by none that no site has" 'site "https://xn--bcher-kva.example/x" does not exist' \
    site set https://bücher.example/x --module-limit 1
done_by "its key" site rotate-key https://books.example --json
is "is changed likewise" "$(member '->{name}')" book
sql "DELETE FROM dynmod.site WHERE name = 'book'"
done_by "site list" site list
is "is a table" "$(head -1 <<<"$ctl_out" | cut -c1-16)" "NAME     BASE UR"
done_by "site list" site list --json
is "has all sites by name" "$(member '->[0]{name}') $(member '->[1]{name}')" "default other"

kept_secret() { # of the app on the site "default"
    sql "SELECT secret FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_id
             JOIN dynmod.site ON site.id = site_id WHERE site.name = 'default' AND use = 'current'"
}

# ---- app install ----
descriptor '"scopes":["read"],"modules":{"webPanels":['"$(panel p1)"'],
    "configurePage":{"key":"conf","name":{"value":"C"},"url":"/c"},
    "webhooks":[{"event":"user_created","url":"/h"}]}' >"$ctl_files/d.json"
done_by "app install FILE" --json app install "$ctl_files/d.json"
is "installs the app" "$(member '->{key}') $(member '->{state}') $(member '->{action}')" \
    "$key enabled installed"
secret=$(member '->{sharedSecret}')
like "with a random secret" "$secret" '^[0-9a-f]{64}$'
is "which the database has" "$(sql "SELECT secret FROM dynmod.app_secret")" "$secret"
is "with the site's client key" "$(member '->{clientKey}')" \
    "$(sql "SELECT client_key FROM dynmod.site WHERE name = 'default'")"
is "with modules of all kinds" "$(stored)" \
    "descriptor:configurePage:conf descriptor:webPanels:p1 descriptor:webhooks"
done_by "app install - upgrades" --json app install - <"$ctl_files/d.json"
is "and keeps the secret" "$(member '->{action}') $(member '->{sharedSecret}')" "upgraded $secret"
ctl app install "$ctl_files/d.json" --secret "another-secret-of-more-than-32-bytes"
like "a secret given for an upgrade is left out, which is said" "$ctl_status $ctl_err" \
    '^0 dynmodctl: warning: an upgrade keeps the shared secret'
done_by "an upgrade for people" app install "$ctl_files/d.json"
is "does not show the secret again" "$(grep -c "$secret" <<<"$ctl_out") $(grep -c upgraded <<<"$ctl_out")" \
    "0 1"
done_by "a descriptor on another site is another app" \
    app install "$ctl_files/d.json" --site other --secret "chosen-secret-of-more-than-32-bytes"
like "with the chosen secret" "$ctl_out" 'shared secret +chosen-secret'

before=$(sql "SELECT count(*), max(revision), max(changed_at) FROM dynmod.app")
descriptor '"key":"a b","baseUrl":"ftp://x","lifecycle":{},"scopes":["fly"],"colour":1,
    "modules":{"webPanels":[{"key":"x"},'"$(panel p_)"'],"nonsense":[]}' >"$ctl_files/bad.json"
ctl app install "$ctl_files/bad.json"
is "a bad descriptor is refused with all its mistakes" \
    "$ctl_status $(sed -E 's/^(error|warning): (\/[^:]*):.*/\2/' <<<"$ctl_err" | tr '\n' ' ')" \
    "1 /baseUrl /colour /key /lifecycle /modules/nonsense /modules/webPanels/0 \
/modules/webPanels/0 /modules/webPanels/0 /modules/webPanels/1/key /scopes/0 \
dynmodctl: the descriptor has 9 errors; nothing was installed "
ctl app install "$ctl_files/bad.json" --json
is "in JSON, too" "$ctl_status $(member '->{error}{kind}') $(member '->{error}{problems}[0]{pointer}')" \
    "1 input /baseUrl"
is "and nothing is stored" "$(sql "SELECT count(*), max(revision), max(changed_at) FROM dynmod.app")" \
    "$before"
refused "no JSON" "standard input: cannot be read as JSON: line 1" app install - <<<'{"key":}'
refused "no file" "cannot open /nowhere: " app install /nowhere
refused "no such site" 'site "nope" does not exist' app install "$ctl_files/d.json" --site nope
refused "a short secret" "has 5 bytes but needs at least 32" app install "$ctl_files/d.json" --secret short
ok "and it is not repeated" test "${ctl_err/ short/}" = "$ctl_err"
misused "two secrets" "--secret and --secret-file cannot be used together" \
    app install "$ctl_files/d.json" --secret x --secret-file y
misused "standard input twice" "cannot be both" app install - --secret-file -

# ---- modules ----
done_by "module register" module register - --app $key --json \
    <<<"{\"modules\":{\"webPanels\":[$(panel a),$(panel b)]}}"
is "counts them" "$(member '->{registered}')" 2
done_by "module register FILE" module register --app $key \
    <(echo "[{\"webPanels\":[$(panel c)]}]")
ctl module register - --app $key <<<"{\"webPanels\":[$(panel a),{\"key\":\"d\"}],\"nonsense\":[]}"
is "module register names all problems and registers nothing" \
    "$ctl_status $(grep -cE '^(/webPanels/1: |/nonsense: |Installation failed)' <<<"$ctl_err")" "1 5"
like "with the API's text for duplicates" "$ctl_err" \
    "^Installation failed. The app $key has duplicate module keys: \[a\]. Please contact the app vendor."
refused "a limit" "may have 0 dynamic modules" module register - --app $key --site other \
    <<<"{\"webPanels\":[$(panel a)]}"
done_by "module list" module list --app $key
like "is a table" "$ctl_out" '^webPanels +a +dynamic '
done_by "module list" module list --app $key --json
is "has the definitions" "$(member '->[-1]{definition}{location}') $(member '->[-1]{origin}')" "l dynamic"
misused "module remove needs keys or --all" "either module keys or --all" module remove --app $key
misused "not both" "either module keys" module remove --app $key --all a
ctl module remove --app $key a p1 nope --json
is "module remove says which keys stay, and why" "$ctl_status $(member '->{notRemoved}') $ctl_err" \
    '0 [{"key":"p1","reason":"a module of the descriptor, which only an upgrade removes"},'\
'{"key":"nope","reason":"no such module"}] dynmodctl: warning: p1: a module of the descriptor, which only an'\
$' upgrade removes\ndynmodctl: warning: nope: no such module'
is "and removes the others" "$(member '->{app}') $(member '->{removed}') $(stored)" \
    "$key 1 dynamic:webPanels:b dynamic:webPanels:c descriptor:configurePage:conf descriptor:webPanels:p1\
 descriptor:webhooks"
refused "removing nothing is a failure" \
    'nothing was removed: a: no such module; p1: a module of the descriptor' \
    module remove --app $key a p1
refused "modules of an unknown app" 'has no app "nope"' module list --app nope
refused "modules of an unknown site" 'site "nope" does not exist' module list --site nope
done_by "module list of a site" module list
like "names the app of each" "$ctl_out" "^$key +webPanels +b +dynamic "
done_by "for programs, too" module list --json
cp "$ctl_files/out" "$ctl_files/listing.json"
is "so does JSON" "$(member '->[0]{app}')" $key
done_by "module remove --all" module remove --app $key --all
done_by "and again finds nothing to do" module remove --app $key --all --json
is "says so" "$(member '->{removed}') $(member '->{notRemoved}')" "0 []"
done_by "what module list printed can be registered" \
    module register "$ctl_files/listing.json" --app $key --json
is "but for the modules of the descriptor" "$(member '->{registered}') $(stored)" \
    "2 dynamic:webPanels:b dynamic:webPanels:c descriptor:configurePage:conf descriptor:webPanels:p1\
 descriptor:webhooks"
perl -MJSON::PP -e 'local $/; my $rows = decode_json(<STDIN>);
    delete $rows->[-1]{definition}{url}; print encode_json($rows)' \
    <"$ctl_files/listing.json" >"$ctl_files/wrong.json"
ctl module register "$ctl_files/wrong.json" --app $key --json
like "mistakes in it have their place in the listing" "$ctl_status $(member '->{error}{kind}') $(member \
    '->{error}{text}') $(member '->{error}{problems}')" \
    '^1 input nothing was registered .*"pointer":"/4/webPanels/0","rule":"required","severity":"error"'
perl -MJSON::PP -e 'local $/; my $rows = decode_json(<STDIN>);
    print encode_json([ @$rows, map { +{ %$_, app => "another" } } @$rows ])' \
    <"$ctl_files/listing.json" >"$ctl_files/several.json"
done_by "module remove c" module remove --app $key b c
done_by "of a listing of several apps" module register "$ctl_files/several.json" --app $key --json
is "those of the app are registered" "$(member '->{registered}')" 2

# ---- clashes ----
descriptor '"modules":{"webPanels":['"$(panel b)"']}' >"$ctl_files/clash.json"
ctl app install "$ctl_files/clash.json" --json
is "an upgrade removes all dynamic modules when one clashes" "$(member '->{dropped}') $(stored)" \
    '[{"key":"b","type":"webPanels"},{"key":"c","type":"webPanels"}] descriptor:webPanels:b'
is "and warns of each" "$(grep -c '^dynmodctl: warning: the descriptor clashes' <<<"$ctl_err")" 2
done_by "site set" site set default --on-clash remove_clashing
done_by "modules again" module register - --app $key <<<"{\"webPanels\":[$(panel d),$(panel e)]}"
descriptor '"modules":{"webPanels":['"$(panel d)"']}' >"$ctl_files/clash.json"
ctl app install "$ctl_files/clash.json" --json
is "or the clashing ones only" "$(member '->{dropped}') $(stored)" \
    '[{"key":"d","type":"webPanels"}] descriptor:webPanels:d dynamic:webPanels:e'

# ---- the life of an app ----
done_by "app list" app list --json
is "counts modules" "$(member '->[0]{descriptorModules}') $(member '->[0]{dynamicModules}')" "1 1"
done_by "app show" app show $key --json
is "has the descriptor" "$(member '->{descriptor}{key}') $(member '->{site}')" "$key default"
ok "and not the secret" test "${ctl_out/$secret/}" = "$ctl_out"
done_by "app show for people" app show $key
ok "has no secret either" test "${ctl_out/$secret/}" = "$ctl_out"
done_by "app show --show-secret" app show $key --show-secret
like "has it" "$ctl_out" "^shared secret +$secret\$"
done_by "app disable" app disable $key --json
is "says so" "$(member '->{state}')" disabled
refused "no modules for a disabled app" "is disabled" module register - --app $key <<<'{}'
ctl sign GET / --app $key
like "a signature for a disabled app comes with a warning" "$ctl_status $ctl_err" \
    '^0 dynmodctl: warning: the app is disabled'
done_by "app enable" app enable $key
done_by "app uninstall" app uninstall $key
refused "an uninstalled app cannot be enabled" "app install brings it back" app enable $key
done_by "app install brings it back" app install "$ctl_files/clash.json" --json
is "with a new secret" "$(member '->{action}') $([ "$(member '->{sharedSecret}')" != "$secret" ] &&
    echo new)" "reinstalled new"
is "and its dynamic modules" "$(stored)" "descriptor:webPanels:d dynamic:webPanels:e"
done_by "app rotate-secret" app rotate-secret $key --quiet-app --json
is "prints the new secret" "$(member '->{sharedSecret}')" \
    "$(kept_secret)"
like "a random one" "$(member '->{sharedSecret}')" '^[0-9a-f]{64}$'
refused "rotating to a short secret" "has 5 bytes but needs at least 32" \
    app rotate-secret $key --quiet-app --secret short
done_by "app rotate-secret by a file" app rotate-secret $key --quiet-app --secret-file - \
    <<<"abcdefghijklmnopqrstuvwxyz-0123456789"
like "takes it without its line end" "$ctl_out" '^shared secret +abcdefghijklmnopqrstuvwxyz-0123456789$'
refused "two lines are no secret" "more than one line" app rotate-secret $key --secret-file - \
    <<<$'abcdefghijklmnopqrstuvwxyz-0123456789\nmore'
refused "an app that cannot be called keeps its secret" \
    "calling https://notes.example .* could not be called during installation: https://notes.example " \
    app rotate-secret $key
is "as before" "$(kept_secret)" "abcdefghijklmnopqrstuvwxyz-0123456789"
refused "an unknown app" 'the site "default" has no app "nope"' app disable nope
refused "a secret for an unknown app" 'the site "default" has no app "nope"' app rotate-secret nope
refused "app list of an unknown site" 'site "nope" does not exist' app list --site nope
refused "or of a base URL that no site has" 'site "https://nope.example" does not exist' \
    app list --site https://nope.example
done_by "the site by its base URL" app show $key --json --site http://127.0.0.1:18400/jira/
is "is known by its name" "$(member '->{site}')" default
DYNMOD_SITE=https://X:443 done_by "the environment, too" app show $key --json
is "may have the base URL" "$(member '->{site}')" other
DYNMOD_SITE=other done_by "the site of the environment" app show $key --json
is "is used" "$(member '->{site}')" other

# ---- calls to apps ----
descriptor '"lifecycle":{"installed":"/i","disabled":"/d"},"modules":{"webPanels":['"$(panel d)"']}' \
    >"$ctl_files/calls.json"
done_by "app install of a file makes no call" app install "$ctl_files/calls.json"
refused "unless it is asked for, and then the app must agree" \
    "calling https://notes.example .* could not be called" \
    app install "$ctl_files/calls.json" --callback
refused "a URL that may not be called" "allowed_app_urls" app install http://notes.example/descriptor
ctl app disable $key
like "an app that cannot be told is disabled nevertheless" "$ctl_status $ctl_out $ctl_err" \
    "^0 $key is now disabled on the site default dynmodctl: warning: $key was not told that it is disabled"
misused "history prune needs a number of days" "requires --keep" history prune
done_by "history prune" history prune --keep 1 --json
is "leaves what is young" "$(member '->{deleted}')" 0
done_by "history prune of everything" history prune --keep 0
like "says how much it was" "$ctl_out" '^deleted [1-9][0-9]+ rows of history$'
is "it was all" "$(sql "SELECT count(*) FROM dynmod.module_event")" 0
done_by "callbacks list" callbacks list --json
is "has the call with the reason" "$(member '->[0]{event}') $(member '->[0]{attempts}')" "disabled 1"
like "for people, too" "$("$ctl_program" callbacks list | tail -n 1)" "^$key +disabled .*notes.example"
done_by "callbacks retry" callbacks retry --json
is "makes those that are due only" "$(member '->{made}')" 0
sql "UPDATE dynmod.callback SET next_attempt_at = now()"
ctl callbacks retry --site default
like "and says what became of them" "$ctl_status $ctl_out $ctl_err" \
    "^0 made 1 call, 1 failed dynmodctl: warning: $key was not told"
done_by "app enable without a call" app enable $key --quiet-app
done_by "leaves the list as it is" callbacks list --json
is "with one call" "$(member '->[1]')" undef
refused "callbacks list of an unknown site" 'site "nope" does not exist' callbacks list --site nope

# ---- keys and administrators ----
done_by "site rotate-key" site rotate-key default --json
first=$(member '->{kid}')
like "shows the public key" "$(member '->{publicKey}')" '^-----BEGIN PUBLIC KEY-----'
done_by "again" site rotate-key default --json
is "is another one" "$([ "$(member '->{kid}')" != "$first" ] && echo other)" other
refused "site rotate-key of an unknown site" 'site "nope" does not exist' site rotate-key nope
done_by "admin add" admin add alice --json
like "prints a random password" "$(member '->{password}')" '^[0-9a-f]{32}$'
like "and keeps its hash" \
    "$(sql "SELECT password_hash FROM dynmod.administrator WHERE name = 'alice'")" '^[$]y[$]'
done_by "admin add again" admin add alice --json --password-file - <<<'a long password'
is "changes it" "$(member '->{action}') $(member '->{password}')" "changed undef"
refused "a short password" "at least 12 bytes" admin add bob --password-file - <<<'admin'
done_by "but for loopback only" admin add bob --loopback-only --password-file - <<<'admin'
refused "a name with a colon" "no colon" admin add 'a:b'
done_by "admin list" admin list --json
is "has both" "$(member '->[0]{name}') $(member '->[1]{loopbackOnly}') $(member '->[2]')" \
    "alice true undef"
done_by "admin remove" admin remove alice
refused "an unknown administrator" 'the administrator "alice" does not exist' admin remove alice

# ---- types ----
done_by "type list" type list --json
is "has all types" "$(member '->[57]{name}') $(member '->[58]')" "webhooks undef"
done_by "type show" type show webhooks --json
is "has the schema" "$(member '->{schema}{type}') $(member '->{requiredScope}')" "object READ"
refused "type show of an unknown type" 'the module type "nope" does not exist' type show nope
done_by "type deny" type deny webPanels
refused "makes registration fail" "cannot be registered dynamically" module register - --app $key \
    <<<"{\"webPanels\":[$(panel f)]}"
done_by "type allow" type allow webPanels --json
is "says so" "$(member '->{dynamic}')" true
done_by "makes it work again" module register - --app $key <<<"{\"webPanels\":[$(panel f)]}"
refused "type allow of an unknown type" 'the module type "nope" does not exist' type allow nope
refused "type add of no type" 'standard input: invalid module type: the required property "name"' \
    type add - <<<'{"title":"x"}'
refused "type add of a broken schema" 'invalid module type: /schema: the schema is broken: #/type: ' \
    type add - <<<'{"name":"own","schema":{"type":"sting"}}'
done_by "type add" type add - --json <<<'{"name":"own","schema":null}'
is "adds it" "$(member '->{done}')" added
refused "type add of a builtin type" "builtin" type add - <<<'{"name":"webPanels"}'
done_by "module remove --all" module remove --app $key --all
is "leaves the descriptor's" "$(stored)" "descriptor:webPanels:d"

# ---- sign ----
url=/rest/atlassian-connect/1/app/module/dynamic
list_hash=7e346d387f3705ccc247b50b607cc92c95c72a234ca09da5d8055eaf01f937f2
remove_hash=55c35aaf2420d97d790039d53bd149970b9100678aca6407222217235981d106
check_token() { # check_token: verifies the printed token; prints iss, qsh and lifetime
    SECRET=abcdefghijklmnopqrstuvwxyz-0123456789 perl -MJSON::PP -MDigest::SHA=hmac_sha256_base64 \
        -MMIME::Base64=decode_base64url -e '
        my ($token) = <STDIN> =~ /^JWT (\S+)$/ or die "no token";
        my ($head, $claims, $signature) = split /\./, $token;
        (my $wanted = hmac_sha256_base64("$head.$claims", $ENV{SECRET})) =~ tr{+/}{-_};
        die "signature" if $wanted ne $signature;
        die "header" if decode_json(decode_base64url($head))->{alg} ne "HS256";
        my $said = decode_json(decode_base64url($claims));
        die "time" if abs($said->{iat} - time) > 30;
        print join " ", $said->{iss}, $said->{qsh}, $said->{exp} - $said->{iat}' <<<"$ctl_out" 2>&1
}
done_by "sign a path" sign GET $url --app $key
is "for this request, with the app's secret" "$(check_token)" "$key $list_hash 180"
done_by "sign an absolute URL" sign get "http://127.0.0.1:18400/jira$url/#x" --app $key --lifetime 5
is "without context path, slash and fragment" "$(check_token)" "$key $list_hash 5"
done_by "sign a query" sign DELETE "$url?moduleKey=field-b&moduleKey=field-a&jwt=x" --app $key
is "with its parameters" "$(check_token)" "$key $remove_hash 180"
ctl sign PURGE '/a%2fb/c&d?x=%zz&y=+' --app $key --json
is "sign --json shows the canonical request, its path raw" "$(member '->{canonicalRequest}')" \
    "PURGE&/a%2fb/c%26d&y=%20"
like "and warns of what no hash covers" "$ctl_status $ctl_err" '^0 dynmodctl: warning: query parameters .*: 1$'
refused "sign for an unknown app" 'has no app "nope"' sign GET / --app nope
refused "sign something else" "neither an http or https URL nor a path" sign GET rest/x --app $key

# ---- history ----
done_by "site set with a reason" site set other --module-limit 9 --reason "more of them"
done_by "history" history --limit 1
like "shows the newest event" "$(tail -n +2 <<<"$ctl_out")" \
    '^[0-9-]+T[0-9:.+]+ +operator +other +site +change +more of them +.*"module_limit": ?9'
is "and no other" "$(wc -l <<<"$ctl_out")" 2
done_by "for programs" history --limit 1 --json
is "says who, what and why" "$(member '->[0]{actor}') $(member '->[0]{kind}') $(member \
    '->[0]{operation}') $(member '->[0]{site}') $(member '->[0]{reason}') $(member '->[0]{detail}')" \
    'operator site change other more of them {"former":{"module_limit":0},"present":{"module_limit":9}}'
refused "what fails with a reason" "there is a site of this name already" \
    site add default --base-url http://x --reason "to see"
done_by "a reason without a change" site list --reason "just looking"
descriptor '"version":"1.0","modules":{"webPanels":['"$(panel d)"']}' >"$ctl_files/one.json"
descriptor '"version":"2.0","modules":{"webPanels":['"$(panel d)"']}' >"$ctl_files/two.json"
done_by "installing another version" app install "$ctl_files/one.json" --reason first
done_by "and one more" app install "$ctl_files/two.json" --reason second
done_by "module register with a reason" module register - --app $key --reason third \
    <<<"{\"webPanels\":[$(panel why)]}"
done_by "app disable with a reason" app disable $key --quiet-app --reason fourth
done_by "app enable without one" app enable $key --quiet-app
done_by "type deny with a reason" type deny webPanels --reason fifth
done_by "type allow" type allow webPanels
done_by "site rotate-key with a reason" site rotate-key default --reason sixth
done_by "app rotate-secret with a reason" app rotate-secret $key --quiet-app --reason seventh
events() { # events ARGUMENT...: what happened, newest first
    ctl history --json "$@"
    member '' | perl -MJSON::PP -e 'local $/; print join "\n", map {
        join " ", map { $_ // "-" } @$_{qw(kind operation app module type reason)} } @{ decode_json(<STDIN>) }'
}
is "all kinds are in the order in which they happened" "$(events --limit 10)" "\
app rotate_secret $key - - seventh
site rotate_key - - - sixth
type change - - webPanels -
type change - - webPanels fifth
app enable $key - - -
app disable $key - - fourth
module insert $key why webPanels third
app upgrade $key - - second
app upgrade $key - - first
site change - - - more of them"
is "the version of an app is among them" "$(events --limit 100 --app $key >/dev/null; member '' |
    perl -MJSON::PP -e 'local $/; print join " ", map { $_->{detail}{version} }
        grep { $_->{reason} and $_->{operation} eq "upgrade" } @{ decode_json(<STDIN>) }')" "2.0 1.0"
is "filtered by app" "$(events --app $key --limit 2 | cut -d ' ' -f 1-3)" "\
app rotate_secret $key
app enable $key"
is "by site" "$(events --site other --limit 1 | cut -d ' ' -f 1,2,6-)" "site change more of them"
is "by actor" "$(events --actor nobody)" ""
is "and login" "$(events --actor operator --limit 1 | cut -d ' ' -f 2)" rotate_secret
is "by the time since" "$(events --since tomorrow)" ""
is "until" "$(events --until '1 hour ago' --since yesterday)" ""
is "or both" "$(events --since '1 hour ago' --limit 1 | cut -d ' ' -f 2)" rotate_secret
done_by "of one module" history --app $key --key why --json
is "only its own events, with number and definition" "$(member '->[0]{operation}') $(member \
    '->[0]{definition}{location}') $(member '->[1]')" "insert l undef"
is "the number is that of module_event" "$(sql "SELECT module_key FROM dynmod.module_event
    WHERE id = $(member '->[0]{event}')")" why
like "which people see as well" "$("$ctl_program" history --key why | tail -n 1)" \
    "^[^ ]+ +$(member '->[0]{event}') +operator +default +$key +module +insert +webPanels +why +third "
done_by "what is not of a module" history --app $key --limit 1 --json
is "has no such number" "$(member '->[0]{kind}') $(member '->[0]{event}')" "app undef"
sql "DELETE FROM dynmod.event_definition WHERE definition ->> 'key' = 'why'"
done_by "a definition that is gone" history --key why --json
is "is null" "$(member '->[0]{module}') $(member '->[0]{definition}')" "why undef"
refused "no time" 'invalid input syntax for type timestamp with time zone: "when"' history --since when
misused "what ends, for ever" "cannot be used together" history --follow --until tomorrow
is "psql gives a reason in its transaction" "$(sql "BEGIN; SET LOCAL dynmod.reason = 'by hand';
    UPDATE dynmod.site SET module_limit = 8 WHERE name = 'other'; COMMIT;
    SELECT reason FROM dynmod.history ORDER BY happened_at DESC LIMIT 1")" "by hand"
"$ctl_program" history --follow --json --limit 2 >"$ctl_files/followed" 2>"$ctl_files/followed.err" &
follower=$!
# followed NUMBER: waits until it has printed so many lines
followed() {
    for _ in {1..100}; do
        [ "$(wc -l <"$ctl_files/followed")" -ge "$1" ] && return
        sleep 0.1
    done
    return 1
}
ok "history --follow begins with what was" followed 2
done_by "what happens meanwhile" site set other --module-limit 7 --reason meanwhile
ok "follows" followed 3
sleep 2.5
is "once, and in the order in which it happened" \
    "$(perl -MJSON::PP -ne 'print decode_json($_)->{reason} // "-", " "' "$ctl_files/followed")" \
    "seventh by hand meanwhile "
ok "until it is ended" kill "$follower"
is "without a word on standard error" "$(cat "$ctl_files/followed.err")" ""

# ---- removals ----
done_by "type add" type add - <<<'{"name":"mine","dynamic":true}'
done_by "a module of it" module register - --app $key <<<'{"mine":[{"key":"of-mine"}]}'
refused "type remove without --yes" 'removing the module type mine with its schema cannot be undone; --yes' \
    type remove mine
refused "a type in use" "there are modules of type mine: 1" type remove mine --yes
done_by "module remove" module remove --app $key of-mine
done_by "type remove" type remove mine --yes --json
is "says which" "$(member '->{name}')" mine
refused "once" 'the module type "mine" does not exist' type remove mine --yes
refused "a type of dynmod's own" "webPanels is a builtin module type" type remove webPanels --yes
refused "app remove without --yes says what would be lost" \
    "removing the app $key from the site default with [1-9][0-9]* dynamic modules*, 1 module of a desc.*--yes" \
    app remove $key
is "and removes nothing" "$(sql "SELECT count(*) FROM dynmod.app WHERE app_key = '$key'")" 2
refused "app remove of an unknown app" 'has no app "nope"' app remove nope --yes
if command -v script >/dev/null; then
    answered() { # answered TEXT: what becomes of app remove when this is the answer at a terminal
        printf '%s\n' "$1" | timeout 20 script -qec "'$ctl_program' app remove $key" /dev/null 2>&1 |
            tr -d '\r' | tail -n 1
    }
    like "the answer may be no" "$(answered n)" "nothing was removed"
    like "or yes" "$(answered y)" " removed the app $key from the site default with "
    is "which removes the app of this site" \
        "$(sql "SELECT count(*) FROM dynmod.app WHERE app_key = '$key'")" 1
fi
done_by "app install" app install "$ctl_files/two.json"
done_by "app remove" app remove $key --yes --json --reason "not used any more"
is "says what is lost" "$(member '->{key}') $(member '->{site}') $(member '->{lost}')" \
    "$key default {\"descriptorModules\":1,\"dynamicModules\":0,\"properties\":0,\"waitingCalls\":0}"
is "the history stays, with the reason" "$(events --app $key --limit 1)" \
    "app delete $key - - not used any more"
refused "site remove without --yes" "removing the site other with 1 app, .* cannot be undone; --yes" \
    site remove other
refused "site remove of an unknown site" 'site "nope" does not exist' site remove nope --yes
done_by "site remove" site remove other --yes
like "says what is lost" "$ctl_out" '^removed the site other with 1 app, 0 dynamic modules, '
refused "it is gone" 'site "other" does not exist' app list --site other
is "its history stays" "$(events --site other --limit 2 | cut -d ' ' -f 1-3 | paste -sd ,)" \
    "site remove -,app delete $key"
done_by "history prune" history prune --keep 0
is "removes that of sites that are gone, too" "$(events)" ""

# ---- surroundings ----
refused "a role without rights" "permission denied.*" --config "$ctl_files/nobody.conf" site list
like "is told where to look" "$ctl_err" 'dynmodctl doctor'
refused "no configuration" "cannot read the configuration /nowhere" --config /nowhere site list
ctl_config template "dbname=template1 user=postgres"
refused "no schema" "run dynmodctl setup, or on shared hosting migrate.sh" --config "$ctl_files/template.conf" site list
status=0
"$ctl_program" site list >/dev/full 2>"$ctl_files/err" || status=$?
is "a full disk is a failure" "$status $(<"$ctl_files/err")" \
    "1 dynmodctl: standard output: No space left on device"
tap_end

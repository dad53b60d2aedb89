#!/bin/bash
# dynmodctl validate: modules and descriptors without configuration and database, for people and CI.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh

# validate STATUS PATTERN INPUT OPTION...: what is wrong with the outcome, nothing if it is right.
validate() {
    local wanted=$1 pattern=$2 input=$3 status=0 out
    shift 3
    out=$(printf '%s' "$input" | env -i build/dynmodctl \
        --config /nonexistent validate - "$@" 2>&1) || status=$?
    [ "$status" = "$wanted" ] || echo "status $status: $out"
    grep -qE -- "$pattern" <<<"$out" || echo "not like $pattern: $out"
}

panel='{"key":"a","name":{"value":"A"},"url":"/a","location":"l"}'
hook='{"key":"h","event":"no_such_event","url":"/h"}'
app='"key":"my-app","baseUrl":"https://x.example","authentication":{"type":"jwt"},"lifecycle":{"installed":"/i"}'

report "good modules" "$(validate 0 '^0 errors, 0 warnings$' "{\"webPanels\":[$panel]}")"
report "the wrappers of clients" "$(validate 0 '^0 errors' "{\"modules\":[{\"webPanels\":[$panel]}]}")"
report "an error with its place" "$(validate 1 '^error: /webPanels/0: the required property "url" is missing$' \
    '{"webPanels":[{"key":"a","name":{"value":"A"},"location":"l"}]}')"
report "a key twice" "$(validate 1 'duplicate module keys: \[a\]' "{\"webPanels\":[$panel,$panel]}")"
report "a warning refuses nothing" "$(validate 0 '^warning: /webhooks/0/event: ' "{\"webhooks\":[$hook]}")"
report "but with --strict" "$(validate 1 '^0 errors, 1 warning$' "{\"webhooks\":[$hook]}" --strict)"
report "no JSON" "$(validate 1 'line 1, column 2' '{')"
report "a good descriptor" "$(validate 0 '^0 errors' "{$app,\"modules\":{\"webPanels\":[$panel]}}")"
report "a descriptor's module" "$(validate 1 '^error: /modules/dialogs/0: .*"url"' \
    "{$app,\"modules\":{\"dialogs\":[{\"key\":\"d\"}]}}")"
report "a descriptor's own member" "$(validate 1 '^error: /baseUrl: ' \
    "{${app/https/ftp},\"modules\":{}}")"
report "a descriptor's webhook needs no key, but the scope" "$(validate 1 '^error: /modules/webhooks/0: .*READ scope' \
    "{$app,\"modules\":{\"webhooks\":[{\"event\":\"user_created\",\"url\":\"/h\"}]}}")"
report "and has it" "$(validate 0 '^0 errors, 0 warnings$' \
    "{$app,\"scopes\":[\"read\"],\"modules\":{\"webhooks\":[{\"event\":\"user_created\",\"url\":\"/h\"}]}}")"
report "JSON for programs" "$(validate 1 \
    '"errors":1,"warnings":1,"problems":\[\{"severity":"error","pointer":"/nope","rule":"moduleType",' \
    "{\"nope\":[],\"webhooks\":[$hook]}" --json)"

# ---- types of the operator's own ----
types=$(mktemp)
trap 'rm -f "$types"' EXIT
# validate_types TYPES STATUS PATTERN INPUT OPTION...: the same with the types of an operator.
validate_types() {
    printf '%s' "$1" >"$types"
    shift
    validate "$@" --types "$types"
}
# shellcheck disable=SC2016 # $ref is JSON
badge='{"name":"companyBadges","dynamic":true,"schema":{"required":["stars"],"properties":{
    "key":{"$ref":"dynmod:definitions#/definitions/moduleKey"},"stars":{"type":"integer","maximum":5}}}}'
stars() { # stars NUMBER: a map with a module of that type
    echo "{\"companyBadges\":[{\"key\":\"a\",\"stars\":$1}],\"webPanels\":[${panel/\"a\"/\"p\"}]}"
}
report "an own type is unknown" "$(validate 1 '^error: /companyBadges: ' "$(stars 3)")"
report "but not with --types" "$(validate_types "$badge" 0 '^0 errors, 0 warnings$' "$(stars 3)")"
report "its schema counts" "$(validate_types "$badge" 1 '^error: /companyBadges/0/stars: ' "$(stars 6)")"
report "in a descriptor too" "$(validate_types "$badge" 1 '^error: /modules/companyBadges/0/stars: ' \
    "{$app,\"modules\":$(stars 6)}")"
report "an array of types" "$(validate_types "[{\"name\":\"other\",\"dynamic\":true},$badge]" 1 \
    '^error: /companyBadges/0/stars: ' "{\"other\":[{\"key\":\"o\"}],\"companyBadges\":[{\"key\":\"a\",\"stars\":6}]}")"
report "a type of which only the name is given" "$(validate_types '{"name":"other"}' 0 '^0 errors' \
    "{$app,\"modules\":{\"other\":[{\"key\":\"o\",\"any\":1}]}}")"
report "is not dynamic" "$(validate_types '{"name":"other"}' 1 '^error: /other/0: .*registered dynamically' \
    '{"other":[{"key":"o"}]}')"
report "a type with a scope" "$(validate_types '{"name":"other","requiredScope":"read"}' 1 \
    '^error: /modules/other/0: .*scope' "{$app,\"modules\":{\"other\":[{\"key\":\"o\"}]}}")"
report "a type in the place of a builtin one" "$(validate_types \
    '{"name":"webPanels","container":"single","dynamic":true,"title":null,"schema":null}' 0 '^0 errors' \
    '{"webPanels":{"key":"a"},"dialogs":[]}')"
report "a broken schema is refused with its place" "$(validate_types \
    '[{"name":"a"},{"name":"b","schema":{"properties":{"c":{"type":"sting"}}}}]' 1 \
    "^dynmodctl: $types: invalid module type: /1/schema: the schema is broken: #/properties/c/type: " '{}')"
report "a type without a name" "$(validate_types '{"title":"x"}' 1 \
    "^dynmodctl: $types: invalid module type: the required property \"name\" is missing\$" '{}')"
report "a name that no descriptor can have" "$(validate_types '{"name":"a b"}' 1 'module type: /name: ' '{}')"
report "an unknown member" "$(validate_types '[{"name":"a","dynamik":true}]' 1 'module type: /0.*dynamik' '{}')"
report "an unknown container" "$(validate_types '{"name":"a","container":"map"}' 1 'type: /container: ' '{}')"
report "no type at all" "$(validate_types 'null' 1 'invalid module type: must be an object' '{}')"
report "types that are no JSON" "$(validate_types '{' 1 "^dynmodctl: $types: cannot be read as JSON: line 1" '{}')"
report "standard input twice" "$(validate 2 'cannot be both FILE and --types' '{}' --types -)"

report "the data of every type" "$(for file in tests/data/module_types/*.json; do
    type=$(basename "$file" .json)
    perl -MJSON::PP -e 'local $/; my $data = decode_json(<STDIN>); my ($type, $single) = @ARGV;
        my $page = {key => "admin-pages-maximal", name => {value => "n"}, url => "/u"};
        print encode_json({key => "my-app", baseUrl => "https://x.example", scopes => ["READ"],
            authentication => {type => "none"}, modules => {
            ($type eq "adminPages" ? () : (adminPages => [$page])),
            $type => $single ? $data->{maximal} : [$data->{maximal}]}})' \
        "$type" "$(grep -c '"container": "single"' "sql/module_types/$type.json" || true)" <"$file" |
        build/dynmodctl validate - 2>&1 | grep '^error' | sed "s/^/$type: /" || true
done)"
tap_end

#!/bin/bash
# Shared secrets: their rules, former ones, tasks, sealed ones; and that no error message shows one.
set -eu
. "$(dirname "$0")/../lib/sql.sh"
sql_start

word() { # word LETTER: a secret
    printf "$1%.0s" {1..32}
}
sealed() { # sealed KEY LETTER: a sealed secret with the digest of this one
    local digest
    digest=$(printf 'dynmod secret %s' "$(word "$2")" | sha256sum)
    echo "gcm1:$1:${digest%% *}:$(printf 'b%.0s' {1..80})"
}
secrets() { # secrets KEY: all of an app
    sql "SELECT string_agg(use || ' ' || left(secret, 1), ', ' ORDER BY use)
             FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_id WHERE app_key = '$1'"
}
rotate() { # rotate KEY LETTER [SECONDS]
    sql "SELECT dynmod.rotate_secret('here', '$1', '$(word "$2")', ${3:-0})" >/dev/null
}
history() { # history KEY
    sql "SELECT string_agg(operation, ' ' ORDER BY id) FROM dynmod.app_event WHERE app_key = '$1'"
}
found() { # found KEY: what the web program gets
    sql "SELECT left(shared_secret, 1), left(former_secret, 1) FROM dynmod.find_app('here', '$1')"
}
app_two=$(sql_app two)

# ---- rules, and what their messages show ----
refused() { # refused NAME SQLSTATE STATEMENT: refused with this SQLSTATE, without showing a secret
    local message
    message=$(sql "$3" || true)
    like "$1" "$message" "ERROR:  $2: "
    is "$1: no secret in the message" "$(grep -cE 'k{20}|one-s|two-s|b{20}' <<<"$message" || true)" 0
}
insert="INSERT INTO dynmod.app_secret (app_id, use, valid_until, secret) VALUES"
refused "31 bytes" 22023 "$insert ($app_one, 'former', now(), repeat('k', 31))"
refused "no secret" 22023 "$insert ($app_one, 'former', now(), NULL)"
refused "no app" 22023 "$insert (NULL, 'former', now(), repeat('k', 32))"
refused "an app that is not there" 23503 "$insert (0, 'former', now(), repeat('k', 32))"
refused "an unknown use" 22023 "$insert ($app_one, 'other', now(), repeat('k', 32))"
refused "a second current one" 23505 "$insert ($app_one, 'current', NULL, repeat('k', 32))"
refused "a current one with a time" 22023 "$insert ($app_one, 'current', now(), repeat('k', 32))"
refused "a former one without a time" 22023 "$insert ($app_one, 'former', NULL, repeat('k', 32))"
refused "a sealed one of another form" 22023 "$insert ($app_one, 'former', now(), 'gcm1:$(word k)')"
refused "that of another app" MD010 "SELECT dynmod.rotate_secret('here', 'two', '$(sql_secret one)')"
refused "that of another app, sealed" MD010 \
    "$insert ($app_two, 'former', now(), 'gcm1:00000000:' || encode(dynmod.secret_digest(
         '$(sql_secret one)'), 'hex') || ':' || repeat('b', 40))"
sql "INSERT INTO dynmod.site (name, base_url) VALUES ('there', 'http://there')"
refused "that of the same app on another site" MD010 \
    "SELECT dynmod.install_app('there', '{\"key\":\"one\",\"baseUrl\":\"http://a\"}', '$(sql_secret one)')"
is "the digest is that of the programs" \
    "$(sql "SELECT encode(dynmod.secret_digest('$(word k)'), 'hex')")" \
    "$(sql "SELECT encode(dynmod.secret_digest('$(sealed 01234567 k)'), 'hex')")"

# ---- rotation ----
rotate one a
is "the old one is void at once" "$(secrets one)" "current a"
is "the history tells it" "$(history one)" "install rotate_secret"
rotate one b 3600
is "unless it is to be kept" "$(secrets one)" "current b, former a"
is "then both are found" "$(found one)" "b|a"
rotate one c 3600
is "one former secret and no more" "$(found one)" "c|b"
sql "UPDATE dynmod.app_secret SET valid_until = now() - interval '1 second' WHERE use = 'former'"
is "a former one is void when its time is up" "$(found one)" "c|"
rotate one c
is "the same again" "$(secrets one)" "current c"

# ---- tasks ----
descriptor='{"key":"three","baseUrl":"http://localhost/three","lifecycle":{"installed":"/i"}}'
begin() { # begin FUNCTION ARGUMENTS: begins a task and gives its id
    local task
    task=$(sql "SELECT dynmod.create_task('here', NULL, 30)")
    sql "SELECT dynmod.$1('here', '$task', $2)" >/dev/null
    echo "$task"
}
end() { # end TASK ERROR
    sql "SELECT dynmod.end_installation('here', '$1', $2, false)" >/dev/null
}
task=$(begin begin_installation "'$descriptor', '$(word d)', 30")
end "$task" NULL
is "an installation" "$(secrets three)" "current d"
task=$(begin begin_rotation "'three', '$(word e)', 30, 3600")
is "the old one is put aside" "$(secrets three)" "current e, replaced d"
is "and not accepted" "$(found three)" "e|"
refused "nobody else changes it meanwhile" MD007 \
    "SELECT dynmod.rotate_secret('here', 'three', repeat('k', 32))"
is "the task holds no secret" \
    "$(sql "SELECT former::text ~ 'd{20}|e{20}' FROM dynmod.task WHERE id = '$task'")" f
end "$task" "'500'"
is "a failure brings it back" "$(secrets three)" "current d"
is "and the history tells it" "$(history three)" "install rotate_secret rotate_secret"
task=$(begin begin_rotation "'three', '$(word f)', 30, 3600")
end "$task" NULL
is "a success keeps it for its time" "$(found three)" "f|d"
task=$(begin begin_rotation "'three', '$(word g)', 30, 0")
end "$task" NULL
is "or not at all" "$(secrets three)" "current g"
sql "SELECT dynmod.set_app_state('here', 'three', 'uninstalled')" >/dev/null
task=$(begin begin_installation "'$descriptor', '$(word h)', 30")
is "a return has a new one" "$(secrets three)" "current h, replaced g"
end "$task" "'500'"
is "if it fails, the old one" "$(secrets three)" "current g"

# ---- sealing ----
replace() { # replace KEY PRESENT NEXT
    sql "SELECT dynmod.replace_secret('here', '$1', '$2', '$3')"
}
rotate two k 3600
before=$(history two)
is "plain to sealed" "$(replace two "$(word k)" "$(sealed 01234567 k)")" t
is "it is no longer there" "$(replace two "$(word k)" "$(sealed 01234567 k)")" f
is "sealed anew" "$(replace two "$(sealed 01234567 k)" "$(sealed 89abcdef k)")" t
refused "another secret" 22023 \
    "SELECT dynmod.replace_secret('here', 'two', '$(sealed 89abcdef k)', '$(word m)')"
is "the history does not tell it" "$(history two)" "$before"
is "all that can be sealed" "$(sql "SELECT string_agg(concat_ws(' ', secret ->> 'app',
        secret ->> 'use', left(secret ->> 'secret', 4)), ', ')
    FROM json_array_elements(dynmod.list_secrets('here')) AS secret")" \
    "one current cccc, three current gggg, two current gcm1, two former two-"
refused "a site with sealed secrets keeps its name" 55006 \
    "UPDATE dynmod.site SET name = 'elsewhere' WHERE name = 'here'"
refused "so does such an app" 55006 "UPDATE dynmod.app SET app_key = 'new' WHERE app_key = 'two'"
sql_is "others may get new ones" \
    "UPDATE dynmod.app SET app_key = 'new' WHERE app_key = 'one';
     UPDATE dynmod.site SET name = 'elsewhere' WHERE name = 'there' RETURNING name" elsewhere
sql "SELECT dynmod.add_site_key('here', 'plain key', 'public key')" >/dev/null
sealed_key="gcm1:01234567:$(printf 'dynmod secret plain key' | sha256sum | cut -c1-64):bbbb"
is "the key of a site" "$(sql "SELECT dynmod.replace_secret('here', NULL, 'plain key', '$sealed_key')")" t
is "is found sealed" "$(sql "SELECT private_key FROM dynmod.find_host('here')")" "$sealed_key"

tap_end

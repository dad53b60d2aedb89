#!/bin/bash
# Measures things that should stand in a certain proportion, each pair side by side in one run.
set -eu
cd "$(dirname "$0")/../.."

full=com.example.bench-full
empty=com.example.bench-empty
rounds=5
requests=100
state=$(mktemp -d /tmp/dynmod-bench.XXXXXX)
trap 'dev/stack.sh delete --state "$state" >/dev/null 2>&1; rm -rf "$state"' EXIT
chmod 755 "$state"

dev/stack.sh start --state "$state" >/dev/null
port=18900
declare -A url
for setup in lighttpd-fastcgi lighttpd-cgi apache-fcgid; do
    port=$((port + 1))
    dev/stack.sh start --state "$state" --setup "$setup" --port "$port" >/dev/null
    url[$setup]=http://127.0.0.1:$port/rest/atlassian-connect/1/app/module/dynamic
done
dynmodctl() { build/dynmodctl --config "$state/dynmod.conf" "$@"; }
dynmodctl site add default --base-url http://127.0.0.1:18901 >/dev/null
for app in "$full" "$empty"; do
    printf '{"key":"%s","baseUrl":"http://localhost:1","authentication":{"type":"jwt"},
        "lifecycle":{"installed":"/installed"},"scopes":["READ"]}' "$app" |
        dynmodctl app install - >/dev/null 2>&1
done

# times SETUP APP: the seconds of each of many GETs over one connection.
times() {
    local token i
    token=$(dynmodctl sign GET "${url[$1]}" --app "$2")
    for ((i = 0; i < requests; i++)); do
        printf 'url = "%s"\noutput = "/dev/null"\n' "${url[$1]}"
    done >"$state/urls"
    curl -sS -H "Authorization: $token" -K "$state/urls" -w '%{http_code} %{time_total}\n' |
        awk '$1 != 200 {print "bench: status " $1 > "/dev/stderr"; exit 1} {print $2}'
}

median() { # in milliseconds
    sort -n "$1" | awk '{time[NR] = $1} END {printf "%.3f", time[int((NR + 1) / 2)] * 1000}'
}

# compare TEXT SETUP APP SETUP APP: the ratio of two kinds of GET, measured in turns.
compare() {
    local round
    : >"$state/one"
    : >"$state/other"
    for ((round = 0; round < rounds; round++)); do
        times "$2" "$3" >>"$state/one"
        times "$4" "$5" >>"$state/other"
    done
    awk -v text="$1" -v one="$(median "$state/one")" -v other="$(median "$state/other")" \
        'BEGIN {printf "%s: %s ms / %s ms = %.2f\n", text, one, other, one / other}'
}

build/bench/bench_registration "$state/dynmod.conf" "$full" tests/data/module_types/webItems.json

perl -MJSON::PP -e 'print encode_json({webPanels => [map {{key => "k$_", location => "l", url => "/u",
    name => {value => "n" x 500}}} 1 .. 100]})' | dynmodctl module register - --app "$full" >/dev/null
compare "GET of 100 modules / GET of none" lighttpd-fastcgi "$full" lighttpd-fastcgi "$empty"
compare "GET by CGI / by FastCGI, lighttpd" lighttpd-cgi "$empty" lighttpd-fastcgi "$empty"
compare "GET by Apache mod_fcgid / by lighttpd mod_fastcgi" apache-fcgid "$empty" lighttpd-fastcgi "$empty"

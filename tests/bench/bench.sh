#!/bin/bash
# Measures things that should stand in a certain proportion, each pair side by side in one run.
set -eu
cd "$(dirname "$0")/../.."

app=com.example.bench
requests=500
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
printf '{"key":"%s","baseUrl":"http://localhost:1","authentication":{"type":"jwt"},
    "lifecycle":{"installed":"/installed"},"scopes":["READ"]}' "$app" |
    dynmodctl app install - >/dev/null 2>&1

# get SETUP: milliseconds of one GET over a kept connection, the mean of many.
get() {
    local token i
    token=$(dynmodctl sign GET "${url[$1]}" --app "$app")
    for ((i = 0; i < requests; i++)); do
        printf 'url = "%s"\noutput = "/dev/null"\n' "${url[$1]}"
    done >"$state/urls"
    curl -sS -H "Authorization: $token" -K "$state/urls" -w '%{http_code} %{time_total}\n' |
        awk '$1 != 200 {print "bench: status " $1 > "/dev/stderr"; exit 1}
             NR > 20 {sum += $2} END {printf "%.3f", sum / (NR - 20) * 1000}'
}

ratio() { # ratio TEXT ONE OTHER
    awk -v text="$1" -v one="$2" -v other="$3" \
        'BEGIN {printf "%s: %s ms / %s ms = %.2f\n", text, one, other, one / other}'
}

build/bench/bench_registration "$state/dynmod.conf" "$app" tests/data/module_types/webItems.json

none=$(get lighttpd-fastcgi)
perl -MJSON::PP -e 'print encode_json({webPanels => [map {{key => "k$_", location => "l", url => "/u",
    name => {value => "n" x 500}}} 1 .. 100]})' | dynmodctl module register - --app "$app" >/dev/null
ratio "GET of 100 modules / GET of none, FastCGI" "$(get lighttpd-fastcgi)" "$none"
ratio "GET by CGI / GET by FastCGI, lighttpd" "$(get lighttpd-cgi)" "$(get lighttpd-fastcgi)"
ratio "GET by Apache mod_fcgid / GET by lighttpd mod_fastcgi" "$(get apache-fcgid)" \
    "$(get lighttpd-fastcgi)"

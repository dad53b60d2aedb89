#!/bin/bash
# The man page and the bash completion say what the program's table of commands says.
set -eu
# shellcheck source=../lib/ctl.sh
. "$(dirname "$0")/../lib/ctl.sh"
# shellcheck source=../../src/ctl/dynmodctl.bash
. "$CTL_ROOT/src/ctl/dynmodctl.bash"
ctl_start
man_page=$(sed 's/\\-/-/g; s/\\f[RP]//g; s/"//g' "$CTL_ROOT/src/ctl/dynmodctl.1")

# man_section NAME: the text of a section of the man page.
man_section() {
    sed -n "/^\.SH $1\$/,/^\.SH /p" <<<"$man_page"
}
# options_in TEXT: the options that stand in a text, sorted.
options_in() {
    { grep -oE -- '--[a-z][a-z-]+' <<<"$1" || true; } | sort -u | tr '\n' ' '
}

commands=$("$ctl_program" --help | sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  .*/\1/p')
like "there are commands" "$commands" '^site add$'
is "the man page has all commands" \
    "$(man_section COMMANDS | sed -nE 's/^\.BI? (([a-z][a-z-]* ?){1,2}).*/\1/p' | sed 's/ $//' | sort)" \
    "$(sort <<<"$commands")"
while read -r command; do
    # shellcheck disable=SC2086 # a command has one or two words
    help=$("$ctl_program" $command --help)
    usage=$(head -n 1 <<<"$help")
    special=$(options_in "$usage")
    is "the help of \"$command\" explains its options" "$(options_in "$help")" \
        "$(options_in "$usage --config --json --reason --help --version")"
    is "the man page has the options of \"$command\"" \
        "$(options_in "$(man_section COMMANDS | grep -E "^\.BI? $command( [^a-z]| ?\$)")")" "$special"
    is "the completion has the options of \"$command\"" \
        "$(options_in "$(_dynmodctl_words "$command")")" "$special"
done <<<"$commands"

every=$(while read -r command; do
    # shellcheck disable=SC2086 # as above
    options_in "$("$ctl_program" $command --help)"
done <<<"$commands")
is "the man page explains every option" \
    "$(options_in "$(man_section OPTIONS | grep -A1 '^\.TP' | grep -v '^\.TP')")" \
    "$(options_in "$every")"
is "the completion has all first words" "$(_dynmodctl_words '')" \
    "$(cut -d ' ' -f 1 <<<"$commands" | sort -u | paste -sd ' ')"
sed -n 's/ .*//p' <<<"$commands" | sort -u >"$ctl_files/nouns"
while read -r noun; do
    is "the completion has all commands of \"$noun\"" \
        "$(_dynmodctl_words "$noun" | sed 's/ --.*//')" \
        "$(sed -n "s/^$noun //p" <<<"$commands" | sort | paste -sd ' ')"
done <"$ctl_files/nouns"
if command -v man >/dev/null; then
    is "man finds nothing to complain about" "$(MANROFFSEQ='' man --warnings -E UTF-8 -Tutf8 -Z \
        -l "$CTL_ROOT/src/ctl/dynmodctl.1" 2>&1 >/dev/null)" ""
else
    ok "man finds nothing to complain about # SKIP there is no man here" true
fi

# ---- the completion at work ----
PATH=$(dirname "$ctl_program"):$PATH
"$ctl_program" site add default --base-url http://x >/dev/null
"$ctl_program" app install - >/dev/null \
    <<<'{"key":"com.example.app","baseUrl":"http://x","authentication":{"type":"none"}}'
# completes NAME EXPECTED WORD...: passes when the last word completes to this.
completes() {
    local name=$1 expected=$2
    shift 2
    COMP_WORDS=(dynmodctl "$@")
    COMP_CWORD=$#
    _dynmodctl
    is "$name" "${COMPREPLY[*]}" "$expected"
}
completes "a command" module mod
completes "a second word" "install" app in
completes "an option" "--show-secret" app show com.example.app --sh
completes "an app" "com.example.app" app enable com
completes "an app behind --app" "com.example.app" --json sign --app ''
completes "a site behind --site" "default" app list --site ''
completes "an app of an unknown site" "" app enable --site nope com
completes "a type" "webPanels" type deny webPa
completes "a choice" "remove_all remove_clashing" site set default --on-clash ''
completes "a file" "$CTL_ROOT/Makefile" app install "$CTL_ROOT/Makef"
tap_end

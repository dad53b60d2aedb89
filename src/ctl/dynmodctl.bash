# bash completion for dynmodctl; bash reads it when the command is first completed.
# shellcheck shell=bash

# Prints what can follow "dynmodctl COMMAND": the second words of commands, or options.
_dynmodctl_words() {
    case $1 in
    '') echo 'admin app callbacks doctor help history module secrets setup sign site type validate' ;;
    admin) echo 'add list remove' ;;
    app) echo 'disable enable install list remove rotate-secret show uninstall' ;;
    callbacks) echo 'list retry' ;;
    history) echo 'prune --site --app --key --actor --since --until --limit --follow' ;;
    module) echo 'list register remove replace restore' ;;
    secrets) echo 'decrypt encrypt rekey' ;;
    site) echo 'add export import list remove rotate-key set' ;;
    type) echo 'add allow deny list remove show' ;;
    'admin add') echo '--password-file --loopback-only' ;;
    'app list' | 'callbacks list' | 'callbacks retry' | 'secrets decrypt' | \
        'secrets encrypt' | 'secrets rekey') echo '--site' ;;
    'app disable' | 'app enable' | 'app uninstall') echo '--site --quiet-app' ;;
    'app install') echo '--site --secret --secret-file --callback' ;;
    'app rotate-secret') echo '--site --secret --secret-file --overlap --quiet-app' ;;
    'app remove') echo '--site --yes' ;;
    'app show') echo '--site --show-secret' ;;
    'history prune') echo '--site --keep' ;;
    'module list') echo '--site --app --at' ;;
    'module register' | 'module replace') echo '--site --app --dry-run' ;;
    'module restore') echo '--site --app --at --event --dry-run' ;;
    'module remove') echo '--site --app --all --dry-run' ;;
    'site add')
        echo '--base-url --client-key --module-limit --byte-limit --module-byte-limit --history-byte-limit'
        ;;
    'site set')
        echo '--base-url --module-limit --byte-limit --module-byte-limit --history-byte-limit --on-clash'
        ;;
    setup)
        echo '--site --base-url --database --web-user --operator --sql --dry-run'
        ;;
    'site export') echo '--without-secrets --with-history' ;;
    'site import') echo '--site --dry-run' ;;
    'site remove' | 'type remove') echo '--yes' ;;
    doctor) echo '--as --url' ;;
    sign) echo '--site --app --lifetime' ;;
    validate) echo '--strict --types' ;;
    esac
}

# Prints the sites, apps or types in the database: $1 is the noun, the rest are options.
_dynmodctl_names() {
    dynmodctl "$@" list 2>/dev/null | awk 'NR > 1 {print $1}'
}

_dynmodctl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' names='' at
    local -a given=()
    COMPREPLY=()
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        --config | --site) given+=("${COMP_WORDS[at]}" "${COMP_WORDS[at + 1]}") && at=$((at + 1)) ;;
        --actor | --app | --as | --at | --base-url | --byte-limit | --client-key | --database | --event | --history-byte-limit | --keep | \
            --key | --lifetime | --limit | --module-byte-limit | --module-limit | --on-clash | --operator | --overlap | \
            --password-file | --reason | --secret | --secret-file | --since | --sql | --types | --until | --url | \
            --web-user) at=$((at + 1)) ;;
        -*) ;;
        *) case $command in
            '') command=${COMP_WORDS[at]} ;;
            admin | app | callbacks | help | history | module | secrets | site | type) command+=" ${COMP_WORDS[at]}" ;;
            esac ;;
        esac
    done
    case $previous in
    --config | --password-file | --secret-file | --types)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --site) names=$(_dynmodctl_names site "${given[@]:0:${#given[@]}-2}") ;;
    --app) names=$(_dynmodctl_names app "${given[@]}") ;;
    --sql) mapfile -t COMPREPLY < <(compgen -d -- "$word") && return ;;
    --web-user) names=$(compgen -u) ;;
    --on-clash) names='remove_all remove_clashing' ;;
    --actor | --at | --base-url | --byte-limit | --client-key | --database | --event | --history-byte-limit | --keep | \
        --key | --lifetime | --limit | --module-byte-limit | --module-limit | --operator | --overlap | --reason | --secret | --since | \
        --until | --url) return ;;
    --as)
        mapfile -t COMPREPLY < <(compgen -u -- "$word")
        return
        ;;
    *)
        names="$(_dynmodctl_words "$command") --config --json --reason --help --version"
        case $command in
        'app install' | 'module register' | 'module replace' | 'site import' | 'type add' | doctor | validate)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            ;;
        'app '[dersu]*) names+=" $(_dynmodctl_names app "${given[@]}")" ;;
        'site export' | 'site remove' | 'site rotate-key' | 'site set') names+=" $(_dynmodctl_names site "${given[@]}")" ;;
        'admin add' | 'admin remove') names+=" $(_dynmodctl_names admin "${given[@]}")" ;;
        'type allow' | 'type deny' | 'type remove' | 'type show') names+=" $(_dynmodctl_names type "${given[@]}")" ;;
        help) names=$(_dynmodctl_words '') ;;
        'help '*) names=$(_dynmodctl_words "${command#help }" | tr ' ' '\n' | grep -v '^-') ;;
        sign) names+=' GET POST PUT DELETE' ;;
        esac
        ;;
    esac
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$names" -- "$word")
}

complete -o filenames -F _dynmodctl dynmodctl

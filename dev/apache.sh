# shellcheck shell=bash
# Apache as the web server of a set-up. To be sourced before web.sh, which sets WEB, WEB_RUN, SETUP.

readonly APACHE_WORKERS=4 APACHE_ADMIN_WORKERS=1

# The executable file of the server, as it is named in /proc.
apache_program() {
    readlink -f /usr/sbin/apache2
}

# apache_configure PORT
# Writes server.conf: the variables, the main configuration, lines that stand for those of the
# provider or the operator, and the shipped configuration of the set-up.
apache_configure() {
    {
        echo "Define STACK_RUN \"$WEB_RUN\""
        echo "Define STACK_LOG \"$WEB/log\""
        echo "Define STACK_DOCUMENTS \"$WEB/documents\""
        echo "Define STACK_PORT $1"
        if has_ipv6_loopback; then
            echo 'Define STACK_IPV6'
        fi
        case $SETUP in
        apache-fcgid | apache-htaccess) echo 'Define STACK_FCGID' ;;
        apache-cgi | apache-htaccess-cgi) echo 'Define STACK_CGID' ;;
        apache-proxy) echo 'Define STACK_PROXY' ;;
        esac
        case $SETUP in
        apache-htaccess*) echo 'Define STACK_HOSTING' ;;
        esac
        echo "Include \"$WEB/apache.conf\""
        apache_environment
        case $SETUP in
        apache-htaccess*) ;;
        *) echo "Include \"$WEB/dynmod-${SETUP#apache-}.conf\"" ;;
        esac
    } >"$WEB/server.conf"
}

# Prints the lines that set the programs' environment from WEB_ENVIRONMENT; on shared hosting also
# the path of the configuration, in place of a home directory.
apache_environment() {
    local variable directive=SetEnv
    case $SETUP in
    apache-proxy) return ;;
    apache-fcgid | apache-htaccess) directive=FcgidInitialEnv ;;
    esac
    case $SETUP in
    apache-htaccess*) set -- "DYNMOD_CONFIG=$WEB/dynmod.conf" ;;
    esac
    for variable in "$@" "${WEB_ENVIRONMENT[@]}"; do
        echo "$directive ${variable%%=*} \"${variable#*=}\""
    done
}

# apache_spawn NAME COUNT
# Starts so many processes of a program for mod_proxy_fcgi. spawn-fcgi would drop what they say
# outside of requests.
apache_spawn() {
    # shellcheck disable=SC2016 # the shell that it is written for expands it
    local keep_errors='exec "$0" 2>>"$1"'
    as_user "$(web_user)" "DYNMOD_CONFIG=$WEB/dynmod.conf" "${WEB_ENVIRONMENT[@]}" \
        spawn-fcgi -s "$WEB_RUN/$1.sock" -M 0660 -P "$WEB_RUN/$1.pid" -F "$2" \
        -- /bin/sh -c "$keep_errors" "$(web_program "$1")" "$WEB/log/programs.log" >/dev/null
}

# Starts Apache, and for mod_proxy_fcgi the processes behind it.
apache_start() {
    if [ "$SETUP" = apache-proxy ]; then
        apache_spawn dynmod "$APACHE_WORKERS"
        apache_spawn dynmod-admin "$APACHE_ADMIN_WORKERS"
    fi
    as_user "$(web_user)" "$(apache_program)" -f "$WEB/server.conf" -k start
}

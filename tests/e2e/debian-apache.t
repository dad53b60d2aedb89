#!/bin/bash
# README's steps for Apache, on a running server with Debian's own configuration: dynmod is served
# afterwards, and no process of the server has crashed.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/debian.sh
. tests/lib/debian.sh

# What the package's postinst does, with private paths and a private port.
debian_configure() {
    export APACHE_CONFDIR=$debian/etc/apache2 APACHE_STATE_DIRECTORY=$debian/state
    export APACHE_STARTED_BY_SYSTEMD=true PATH=$DEBIAN_PACKAGES/apache2/usr/sbin:$PATH
    cat >>"$APACHE_CONFDIR/envvars" <<LINES
export APACHE_RUN_USER=$(web_user) APACHE_RUN_GROUP=$(id -gn "$(web_user)")
export APACHE_PID_FILE=$debian/run/apache2.pid APACHE_RUN_DIR=$debian/run
export APACHE_LOCK_DIR=$debian/lock APACHE_LOG_DIR=$debian/log
LINES
    cat >"$APACHE_CONFDIR/ports.conf" <<LINES
ServerName localhost
Listen 127.0.0.1:$debian_port
<IfModule mod_fcgid.c>
    FcgidIPCDir $debian/run/fcgid
    FcgidProcessTableFile $debian/run/fcgid.table
</IfModule>
LINES
    sed -i "s/\*:80>/*:$debian_port>/" "$APACHE_CONFDIR/sites-available/000-default.conf"
    sed -i "s|/run/dynmod/|$debian/run/|" "$APACHE_CONFDIR/conf-available/dynmod-proxy.conf"
    mkdir -p "$APACHE_CONFDIR"/{mods,conf,sites}-enabled
    {
        a2enmod -m -q mpm_event authz_host auth_basic access_compat authn_file authz_user alias \
            dir autoindex env mime negotiation setenvif filter deflate status reqtimeout
        a2enconf -m -q charset localized-error-pages other-vhosts-access-log security serve-cgi-bin
        a2ensite -m -q 000-default
    } >/dev/null
}

# systemctl reload|restart apache2: what Debian's unit does.
systemctl() {
    case $1 in
    reload) apache2ctl graceful ;;
    restart)
        stop_apache
        apache2ctl start
        ;;
    esac
}

apache_processes() {
    process_using "$(readlink -f /usr/sbin/apache2)" "$APACHE_CONFDIR"
}

stop_apache() {
    apache2ctl graceful-stop
    process_end 10 apache_processes
}

debian_stop() {
    stop_apache || true
    debian_programs | process_signal TERM
    process_end 10 debian_programs
}

# workers: starts the processes behind mod_proxy_fcgi by the commands in the set-up's head.
workers() {
    local owner group commands
    owner=$(web_user)
    group=$(id -gn "$owner")
    commands=$(sed -n '/^#   DYNMOD_CONFIG=/,/[^\\]$/s/^#//p' \
        "$APACHE_CONFDIR/conf-available/dynmod-proxy.conf" | sed -e "s|/run/dynmod/|$debian/run/|" -Ee \
        "s/-u (\S+) -g \1 -U \1 -G www-data/-u $owner -g $group -U $owner -G $group/")
    eval "$commands"
}

# steps SET-UP MODULE: follows README on a server that runs already.
steps() {
    local command
    command=$(debian_command "a2enmod $2")
    debian_renew
    apache2ctl start
    report "$1: Debian's server runs without dynmod" \
        "$(debian_answer | grep -q ' 404$' || debian_answer)"
    [ "$1" != dynmod-proxy ] || workers >/dev/null
    debian_follow "$1" "$command"
    sleep 1 # Apache starts a process anew each second that has crashed.
    report "$1: no process has crashed" "$(grep -m 3 'exit signal' "$debian/log/error.log" || true)"
    report "$1: the set-up's head has the same command" \
        "$(grep -qxF "#   $command" "apache/$1.conf" || echo "it has not")"
    debian_stop
}

debian_start 18600 apache2 libapache2-mod-fcgid
steps dynmod-fcgid fcgid
steps dynmod-proxy proxy_fcgi
steps dynmod-cgi cgid
tap_end

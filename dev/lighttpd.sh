# shellcheck shell=bash
# lighttpd as the web server of a set-up. To be sourced before web.sh, which sets WEB, WEB_RUN,
# SETUP.

# The executable file of the server, as it is named in /proc.
lighttpd_program() {
    readlink -f /usr/sbin/lighttpd
}

# lighttpd_configure PORT
# Writes server.conf: the variables, the main configuration, and the shipped configuration of the
# set-up.
lighttpd_configure() {
    {
        echo "var.stack_run = \"$WEB_RUN\""
        echo "var.stack_log = \"$WEB/log\""
        echo "var.stack_documents = \"$WEB/documents\""
        echo "var.stack_port = $1"
        echo "include \"$WEB/lighttpd.conf\""
        if has_ipv6_loopback; then
            echo "\$SERVER[\"socket\"] == \"[::1]:$1\" { }"
        fi
        lighttpd_environment
        echo "include \"$WEB/dynmod-${SETUP#lighttpd-}.conf\""
    } >"$WEB/server.conf"
}

# Prints the lines that set a CGI program's environment from WEB_ENVIRONMENT.
lighttpd_environment() {
    local variable
    if [ "$SETUP" = lighttpd-cgi ]; then
        for variable in "${WEB_ENVIRONMENT[@]}"; do
            echo "setenv.set-environment += ( \"${variable%%=*}\" => \"${variable#*=}\" )"
        done
    fi
}

# Starts lighttpd, whose FastCGI processes inherit its environment.
lighttpd_start() {
    as_user "$(web_user)" "${WEB_ENVIRONMENT[@]}" "$(lighttpd_program)" -f "$WEB/server.conf"
}

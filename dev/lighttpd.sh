# shellcheck shell=bash
# lighttpd as the web server of a set-up. To be sourced before web.sh, which sets WEB, WEB_RUN,
# SETUP.

# The file of the server's program, as /proc names it.
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
        lighttpd_environment
        echo "include \"$WEB/dynmod-${SETUP#lighttpd-}.conf\""
    } >"$WEB/server.conf"
}

# Prints the lines that give a CGI program the environment in WEB_ENVIRONMENT.
lighttpd_environment() {
    local variable
    if [ "$SETUP" = lighttpd-cgi ]; then
        for variable in "${WEB_ENVIRONMENT[@]}"; do
            echo "setenv.set-environment += ( \"${variable%%=*}\" => \"${variable#*=}\" )"
        done
    fi
}

# Starts lighttpd, whose own environment is that of the FastCGI processes it starts.
lighttpd_start() {
    as_user "$(web_user)" "${WEB_ENVIRONMENT[@]}" "$(lighttpd_program)" -f "$WEB/server.conf"
}

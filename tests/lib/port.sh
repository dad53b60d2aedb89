# shellcheck shell=bash
# Ports for servers of tests written in bash. To be sourced.

# free_port FIRST: prints one of the 200 ports from FIRST on that nobody listens on; take FIRST so
# that they lie below those that the kernel gives to clients.
free_port() {
    local port
    while port=$(($1 + RANDOM % 200)) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        :
    done
    echo "$port"
}

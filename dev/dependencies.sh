#!/bin/sh
# Installs the missing Debian packages among those needed for building, running or testing.
set -eu

usage() {
    cat <<'USAGE'
usage: dev/dependencies.sh [build | run [SERVER] | test | lint | bench | deb]
       dev/dependencies.sh install PACKAGE...

build (the default)  what is needed to compile dynmod
run                  also PostgreSQL and the web server of `make run SERVER=...` (default: apache)
test                 also everything that `make test` needs
lint                 also everything that `make lint` needs
bench                also everything that `make bench` and `make bench-profile` need
deb                  also everything that `make deb` needs
install              as root: installs the packages without setting up a service
USAGE
}

readonly minimum_postgresql=13
readonly minimum_node=18

# Prints the packages for building.
packages_build() {
    echo gcc libc6-dev make pkg-config
    echo libfcgi-dev libjson-c-dev libpq-dev libjwt-dev nettle-dev libpcre2-dev libidn2-dev
    echo libcurl4-openssl-dev libssl-dev libcrypt-dev
}

# Prints the packages for a SERVER of `make run`. `apache2` is not among them: it sets up a service.
packages_server() {
    case $1 in
    apache) echo apache2-bin libapache2-mod-fcgid ;;
    apache-proxy) echo apache2-bin spawn-fcgi ;;
    apache-cgi) echo apache2-bin ;;
    lighttpd | lighttpd-cgi) echo lighttpd ;;
    *)
        echo "dynmod: unknown SERVER '$1'" >&2
        return 1
        ;;
    esac
}

# Prints the packages for running with the SERVER $1.
packages_run() {
    packages_build
    packages_server "$1"
    echo curl
    if ! has_postgresql; then
        echo postgresql
    fi
}

# Prints the packages for all tests.
packages_test() {
    for server in apache apache-proxy lighttpd; do
        packages_run "$server"
    done
    echo pgbouncer libcmocka-dev perl libfcgi-bin libnss-wrapper shellcheck clang libclang-rt-14-dev cppcheck valgrind
    echo g++ python3 binutils strace prometheus fail2ban faketime git
    packages_deb
    echo eatmydata iproute2 lintian mmdebstrap systemd
    if ! has_node; then
        echo nodejs npm
    fi
}

# Prints the packages for `make lint`.
packages_lint() {
    packages_test
    echo clang-tidy
}

# Prints the packages for measuring.
packages_bench() {
    packages_test
    echo binutils wrk linux-perf
}

# Prints the packages for the Debian package.
packages_deb() {
    packages_build
    echo build-essential debhelper dpkg-dev
}

# Whether there is a PostgreSQL that is recent enough, from whatever package.
has_postgresql() {
    for program in /usr/lib/postgresql/*/bin/postgres; do
        version=${program#/usr/lib/postgresql/}
        version=${version%%/*}
        if [ "$version" != '*' ] && [ "$version" -ge "$minimum_postgresql" ]; then
            return 0
        fi
    done
    return 1
}

# Whether Node.js and npm are there, from whatever package.
has_node() {
    command -v npm >/dev/null || return 1
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [ "${version%%.*}" -ge "$minimum_node" ]
}

# Prints the packages among the arguments that are not installed, each once.
missing() {
    # dpkg-query fails when it does not know one of them.
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        sed -n 's/ installed$//p') || true
    printf '%s\n' "$@" | sort -u | while read -r package; do
        printf '%s\n' "$installed" | grep -qx "$package" || echo "$package"
    done
}

# Writes the text $2 to the file $1, which is removed at the end.
write_for_now() {
    mkdir -p "$(dirname "$1")"
    temporary="$temporary $1"
    printf '%s\n' "$2" >"$1"
    chmod 755 "$1"
}

# Installs packages as root; no service of theirs is started or enabled.
install_packages() {
    temporary=
    # shellcheck disable=SC2086 # a list of paths without spaces
    trap 'rm -f $temporary' EXIT
    trap 'exit 1' INT TERM HUP
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        write_for_now /usr/sbin/policy-rc.d "$(printf '#!/bin/sh\nexit 101')"
    fi
    if ! has_postgresql; then
        write_for_now /etc/postgresql-common/createcluster.d/dynmod.conf \
            'create_main_cluster = false'
    fi
    export DEBIAN_FRONTEND=noninteractive
    # A third-party source that does not answer need not matter.
    apt-get update -qq || echo "dynmod: apt-get update failed; using the lists that are there" >&2
    apt-get install -qq --yes --no-install-recommends "$@"
    for service in lighttpd pgbouncer prometheus fail2ban; do
        case " $* " in
        *" $service "*) update-rc.d "$service" disable >/dev/null ;;
        esac
    done
}

# Installs the packages that are missing, with the rights of the caller.
require() {
    if ! command -v dpkg-query >/dev/null; then
        echo "dynmod: this is not a Debian system; make sure that it has what these packages" \
            "contain: $*" >&2
        return
    fi
    lacking=$(missing "$@" | tr '\n' ' ')
    [ -n "$lacking" ] || return 0
    echo "dynmod: missing packages: $lacking" >&2
    # From here on $lacking is split into the names.
    if [ "$(id -u)" -eq 0 ]; then
        # shellcheck disable=SC2086
        install_packages $lacking >&2
    elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
        # shellcheck disable=SC2086
        sudo sh "$0" install $lacking >&2
    else
        echo "dynmod: neither root nor sudo is available: install them, then try again" >&2
        return 1
    fi
}

case ${1:-build} in
build) packages=$(packages_build) ;;
run) packages=$(packages_run "${2:-apache}") ;;
test) packages=$(packages_test) ;;
lint) packages=$(packages_lint) ;;
bench) packages=$(packages_bench) ;;
deb) packages=$(packages_deb) ;;
install)
    shift
    install_packages "$@"
    exit
    ;;
-h | --help | help)
    usage
    exit
    ;;
*)
    usage >&2
    exit 2
    ;;
esac
# shellcheck disable=SC2086 # a list of names
require $packages

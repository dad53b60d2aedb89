#!/bin/sh
# Installs or removes a configuration file, but never overwrites one that somebody has edited.
set -eu

usage() {
    cat <<'USAGE'
usage: dev/configuration.sh install FILE MODE [GROUP] <SHIPPED
       dev/configuration.sh remove FILE <SHIPPED

install  writes standard input to FILE; if FILE exists and differs, writes it to FILE.new instead
         and says so. Run by root, it gives the file to GROUP if that group exists.
remove   deletes FILE unless it differs from standard input, and deletes FILE.new
USAGE
}

# write MODE GROUP
# Writes standard input to FILE.new.
write() {
    # No rights for others before the mode is set, whoever starts this.
    (umask 077 && cat >"$file.new")
    chmod "$1" "$file.new"
    if [ "$(id -u)" -eq 0 ] && getent group "$2" >/dev/null; then
        chgrp "$2" "$file.new"
    fi
}

[ $# -ge 2 ] || { usage >&2 && exit 2; }
file=$2
case $1 in
install)
    group=${4-}
    write "$3" "$group"
    if [ ! -e "$file" ]; then
        mv "$file.new" "$file"
        [ -z "$group" ] || getent group "$group" >/dev/null ||
            echo "dynmod: there is no group $group to read $file"
    elif cmp -s "$file.new" "$file"; then
        rm "$file.new"
    else
        echo "dynmod: kept $file, which differs; the new version is $file.new"
    fi
    ;;
remove)
    if [ -e "$file" ] && cmp -s - "$file"; then
        rm "$file"
    fi
    rm -f "$file.new"
    ;;
*)
    usage >&2
    exit 2
    ;;
esac

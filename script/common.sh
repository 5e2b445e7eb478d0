# Swift GotAPI · SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the scripts beside this one share. Sourced, never run; the caller has set -euo pipefail.

# The repository, whatever the current folder is.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# What is made here must be writable by nobody else, or the gateway refuses it; a clone's own folders are put right below.
umask 022

say() { printf '==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# usage STATUS: prints the comment at the top of the script that runs, and ends.
usage() {
    sed -n '3,/^[^#]/{/^#/{s/^# \{0,1\}//;p;}}' "$0"
    exit "$1"
}

# install_library FROM TO: puts a library in place in one step, so that a gateway which scans the folder meanwhile sees the old
# file or the new one. One that is there already, with the same bytes, is not touched.
install_library() {
    local from=$1 to=$2 temporary
    if cmp -s -- "$from" "$to" && [ "$(stat -c %a -- "$to")" = 755 ]; then return; fi
    temporary="$(dirname "$to")/.$(basename "$to").$$"
    cp -- "$from" "$temporary"
    chmod 0755 -- "$temporary"
    mv -f -- "$temporary" "$to"
}

# build_libraries SOURCES OUTPUT DESTINATION [NAME…]: runs the Makefile of each named folder in SOURCES, or of all that have
# one, the way a vendor would, and installs what it leaves, libgotapi-plugin-*.so, in DESTINATION.
build_libraries() {
    local sources=$1 output=$2 destination=$3 names=() makefile name library
    shift 3
    names=("$@")
    if [ $# = 0 ]; then
        for makefile in "$sources"/*/Makefile; do names+=("$(basename "$(dirname "$makefile")")"); done
    fi
    mkdir -p -- "$destination"
    for name in "${names[@]}"; do
        makefile=$sources/$name/Makefile
        mkdir -p -- "$output/$name"
        make --no-print-directory -C "$sources/$name" OUTPUT="$output/$name"
        for library in "$output/$name"/libgotapi-plugin-*.so; do
            [ -f "$library" ] || fail "$makefile left no libgotapi-plugin-*.so in $output/$name"
            install_library "$library" "$destination/$(basename "$library")"
        done
    done
}

# build_samples CONFIGURATION DESTINATION: the samples, the Swift one being built by SwiftPM already.
build_samples() {
    local configuration=$1 destination=$2
    mkdir -p -- "$destination"
    chmod go-w -- "$destination"
    build_libraries "$root/plugins" "$root/.build/samples" "$destination"
    install_library "$root/.build/$configuration/libgotapi-plugin-simpleclock.so" \
        "$destination/libgotapi-plugin-simpleclock.so"
}

# free_ports COUNT: that many TCP ports of loopback that nobody listens on just now.
free_ports() {
    python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

gateway_folder=
# The words of a command that runs the gateway in its own place, if any.
gateway_prefix=()

# start_gateway PROGRAM FOLDER [arguments of gotapi serve]: starts the gateway in FOLDER, where its config.json lies, and
# waits until it is ready. Its output goes to FOLDER/log, its process id to FOLDER/pid.
start_gateway() {
    local program=$1 tries=600
    gateway_folder=$2
    shift 2
    (cd "$gateway_folder" && exec ${gateway_prefix[@]+"${gateway_prefix[@]}"} "$program" serve --config config.json "$@" </dev/null >log 2>&1) &
    echo $! >"$gateway_folder/pid"
    until grep -q 'Your web application can be accessed at' "$gateway_folder/log" 2>/dev/null; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ] || ! kill -0 "$(cat "$gateway_folder/pid")" 2>/dev/null; then
            printf 'The gateway did not start:\n' >&2
            sed 's/^/    /' "$gateway_folder/log" >&2
            stop_gateway 2>/dev/null || true
            return 1
        fi
        sleep 0.1
    done
}

# stop_gateway: ends it as an owner does. It must be gone soon, with status 0. Nothing happens where none runs.
stop_gateway() {
    local folder=$gateway_folder process tries=60 status=0
    [ -n "$folder" ] || return 0
    gateway_folder=
    process=$(cat "$folder/pid")
    kill -TERM "$process" 2>/dev/null || true
    while kill -0 "$process" 2>/dev/null; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ]; then
            kill -KILL "$process" 2>/dev/null || true
            printf 'The gateway did not end within 6 s.\n' >&2
            return 1
        fi
        sleep 0.1
    done
    # 127: another script started it, whose child it is.
    wait "$process" 2>/dev/null || status=$?
    if [ "$status" != 0 ] && [ "$status" != 127 ]; then
        printf 'The gateway ended with status %s; the end of its log:\n' "$status" >&2
        tail -n 20 "$folder/log" | sed 's/^/    /' >&2
        return 1
    fi
}

# restart_gateway PROGRAM FOLDER: ends the gateway that another script started in FOLDER, and starts it again.
restart_gateway() {
    gateway_folder=$2
    stop_gateway
    # The old log has the line that start_gateway waits for.
    rm -f -- "$2/log"
    start_gateway "$1" "$2"
}

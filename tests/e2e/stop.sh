#!/bin/bash
# Ctrl-C and SIGTERM in the middle of a run: it ends, cleanly, and leaves nothing half done.
. "$(dirname "$0")/lib.sh"
set -m # children of their own group, with the signals of a terminal

stop_with() { # SIGNAL ARGUMENTS...
    local signal=$1
    shift
    rm -f fifo
    mkfifo fifo
    "$program" "$@" fifo >out 2>err &
    local pid=$!
    exec 9>fifo # returns when the program reads
    for i in $(seq 200); do conversation "id-$i"; done >&9
    kill -"$signal" "$pid"
    wait "$pid"
    code=$?
    exec 9>&-
    sanitized
}

for signal in INT TERM HUP; do
    stop_with $signal score --pack "$here/pack" --out cards.ndjson --dead-letter dead.ndjson
    exits 130 "SIG$signal"
    says err 'stopped' "that it was stopped"
    for file in cards.ndjson* .cards* dead.ndjson* caremeter-*; do
        [ ! -e "$file" ] || fail "SIG$signal left $file"
    done
    stop_with $signal score --pack "$here/pack" --out -
    exits 130 "SIG$signal, to standard output"
    [ ! -s out ] || fail "half a result on standard output"
    stop_with $signal grep sorry
    exits 130 "SIG$signal, grep"
done
finish

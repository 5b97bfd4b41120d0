#!/bin/bash
# The shipped conversations and their scorecards, in a form that people read: demo/ID.txt is what `show` prints.
#   demo.sh PROGRAM            compares
#   demo.sh PROGRAM --update   writes them anew; read the difference before it is committed
set -u
program=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export NO_COLOR=1
cd "$root" || exit 1
mkdir "$work/demo"

"$program" score demo/conversations --pack customer-care --pack team-care --out "$work/cards.ndjson" --threads 2 >"$work/demo/summary.txt" 2>"$work/err" || {
    cat "$work/err"
    exit 1
}
sed 's/^{"schema_version":"[^"]*","interaction_id":"\([^"]*\)".*/\1/' "$work/cards.ndjson" | sort -u >"$work/ids"
[ "$(wc -l <"$work/ids")" -ge 40 ] || { echo "FAIL: only $(wc -l <"$work/ids") conversations"; exit 1; }
while read -r id; do
    "$program" show "$id" "$work/cards.ndjson" --events demo/conversations >"$work/demo/$id.txt" || exit 1
done <"$work/ids"

if [ "${2:-}" = --update ]; then
    rm -rf "$here/demo"
    cp -r "$work/demo" "$here/demo"
    echo "$(find "$here/demo" -type f | wc -l) files written"
elif ! diff -r "$here/demo" "$work/demo" >"$work/difference"; then
    head -n 80 "$work/difference"
    echo "FAIL: scorecards of the demo have changed; if they should have, run $0 $program --update and read the difference"
    exit 1
fi

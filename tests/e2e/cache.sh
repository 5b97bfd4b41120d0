#!/bin/bash
# Compiled packs that are kept change nothing but the time: the same bytes, whatever the cache holds or cannot.
. "$(dirname "$0")/lib.sh"

unset XDG_CACHE_HOME
export HOME=$work/home
inputs=("$root"/demo/conversations/*.ndjson)
kept=$work/kept

score() { # CACHE OUT [ARGUMENT...]
    local cache=$1 to=$2
    shift 2
    CAREMETER_CACHE=$cache run score --pack customer-care --pack team-care "$@" "${inputs[@]}" --out "$to" --quiet
    exits 0 "score with the cache $cache"
    [ -s err ] && fail "score with the cache $cache says something"
}

files() {
    find "$kept" -name '*.image' | LC_ALL=C sort
}

score off off.ndjson
[ -e "$kept" ] && fail "a cache that is off is written"
score "$kept" cold.ndjson
same off.ndjson cold.ndjson "the first run, which fills it"
[ "$(files | wc -l)" -eq 3 ] || fail "a lexicon and two packs are not three files"
stat -c '%i' $(files) >before
score "$kept" warm.ndjson
same off.ndjson warm.ndjson "what was kept"
stat -c '%i' $(files) >after
same before after "what is taken is not written again"

# evidence has texts, places in time and cues of the pack in it
for evidence in refs quotes; do
    score off off.ndjson --evidence $evidence
    score "$kept" warm.ndjson --evidence $evidence
    same off.ndjson warm.ndjson "evidence $evidence"
done
score off off.ndjson

# what tells places of rules has them from it
CAREMETER_CACHE=off run rules list --json
cp out list.off
CAREMETER_CACHE=$kept run rules list --json
same list.off out "rules list"
CAREMETER_CACHE=off run rules test
cp out test.off
CAREMETER_CACHE=$kept run rules test
same test.off out "rules test"

# damaged, cut, empty: made anew
for file in $(files); do
    printf "\377" | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc 2>/dev/null
done
score "$kept" damaged.ndjson
same off.ndjson damaged.ndjson "damaged files"
for file in $(files); do truncate -s 100 "$file"; done
score "$kept" cut.ndjson
same off.ndjson cut.ndjson "files that were cut"
for file in $(files); do : >"$file"; done
score "$kept" empty.ndjson
same off.ndjson empty.ndjson "empty files"
score "$kept" mended.ndjson
same off.ndjson mended.ndjson "files that were made anew"
[ "$(find "$kept" -size -1k | wc -l)" -eq 0 ] || fail "a damaged file was not written again"

# longer than it was: not worth the memory that it would take
for file in $(files); do truncate -s 600G "$file"; done
score "$kept" long.ndjson
same off.ndjson long.ndjson "files that were made longer"
[ "$(find "$kept" -size +100M | wc -l)" -eq 0 ] || fail "a file that was made longer was not written again"

# a folder in which nothing can be written, and one that is none
mkdir locked
chmod 500 locked
score "$work/locked" locked.ndjson
same off.ndjson locked.ndjson "a folder that is read only"
score /proc locked.ndjson # nor may the superuser write there
same off.ndjson locked.ndjson "a folder that is read only for everybody"
: >plain
score "$work/plain" plain.ndjson
same off.ndjson plain.ndjson "a folder that is a file"

# several at once, into an empty one
for i in 1 2 3 4; do
    CAREMETER_CACHE=$work/many "$program" score --pack customer-care --pack team-care "${inputs[@]}" --out many.$i.ndjson --quiet 2>err.$i &
done
wait
for i in 1 2 3 4; do
    same off.ndjson many.$i.ndjson "one of several at once"
    [ -s err.$i ] && fail "one of several at once says something"
done
[ "$(find many -type f | wc -l)" -eq 3 ] || fail "several at once leave more than three files"

# where it is when nobody says: in a home that is there
unset CAREMETER_CACHE
run score "${inputs[@]}" --out home.ndjson
[ -e home ] && fail "a home is made"
mkdir home
run score "${inputs[@]}" --out home.ndjson
[ "$(find home/.cache/caremeter -name '*.image' | wc -l)" -eq 2 ] || fail "nothing is kept in ~/.cache"
export CAREMETER_CACHE=$kept

# an edit shows at once, in the pack and in what it extends
cp -r "$here/pack" "$here/pack_next" .
event e 1 customer "hello there" >edit.ndjson
event e 2 agent "salutations, dear" >>edit.ndjson
run score --pack ./pack_next edit.ndjson --evidence quotes --out edit.1.ndjson
silent edit.1.ndjson salutations "before the edit"
run score --pack ./pack_next edit.ndjson --evidence quotes --out edit.1.ndjson
silent edit.1.ndjson salutations "before the edit, kept"
sed -i 's/phrases: \["(hello|hi|good morning)"\]/phrases: ["(hello|hi|good morning|salutations)"]/' pack/rules.yaml
run score --pack ./pack_next edit.ndjson --evidence quotes --out edit.2.ndjson
says edit.2.ndjson salutations "an edit of what a pack extends"

# a pack with a warning tells it every time it is asked, and one that is broken stays so
sed -i 's/    phrases: \["(hello|hi|good morning|salutations)"\]/    phrases: ["(hello|hi|good morning"]/' pack/rules.yaml
for i in 1 2; do
    run score --pack ./pack edit.ndjson
    exits 2 "a broken pack, time $i"
    says err 'rules.yaml:[0-9]+:[0-9]+: error' "a broken pack, time $i"
done

finish

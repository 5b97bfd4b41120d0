#!/bin/bash
# What a person types: help everywhere, mistakes told with what was likely meant, exit codes.
. "$(dirname "$0")/lib.sh"
conversation a >a.ndjson

run
exits 2 "no command"
for command in '' score serve replay rekey erase grep show sample bench demo rules 'rules check' 'rules test' 'rules list' 'rules explain' 'rules diff' version; do
    # shellcheck disable=SC2086
    run $command --help
    exits 0 "help of '$command'"
    says out '^Usage: caremeter' "help of '$command'"
    [ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail "help of '$command' is wider than 80 columns"
    [ ! -s err ] || fail "help of '$command' is a result, not a message"
done
run version
exits 0 version
says out '^caremeter [0-9]' version
for level in sse9 AVX2 'sse2 '; do
    CAREMETER_SIMD=$level run score a.ndjson
    exits 2 "vector instructions '$level'"
    says err "CAREMETER_SIMD \"$level\" is none of what this machine has: scalar" "vector instructions '$level'"
done
CAREMETER_SIMD='' run version
exits 0 "no vector instructions asked for"
run scroe
exits 2 "an unknown command"
says err 'did you mean "caremeter score"' "an unknown command"
run rules chekc
exits 2 "an unknown command of rules"
says err 'did you mean "caremeter rules check"' "an unknown command of rules"
run score --evidnce refs a.ndjson
exits 2 "an unknown option"
says err 'did you mean --evidence' "an unknown option"
run score a.ndjson -Z
exits 2 "an unknown letter"
says err 'no option -Z' "an unknown letter"
run score --evidence quote a.ndjson
exits 2 "a wrong word"
says err 'did you mean --evidence quotes' "a wrong word"
for wrong in '--threads 0' '--threads x' '--max-memory 12' '--max-memory 4Q' '--out x.odb' '--out - --json' '--out same --dead-letter same'; do
    # shellcheck disable=SC2086
    run score a.ndjson $wrong
    exits 2 "score $wrong"
done
run score a.ndjson --out x.odb
says err "'x.odb': scorecards go to names that end in" ".odb"
for ending in gz ndjson.gz csv.zst xlsx json txt; do
    run score a.ndjson --out "x.$ending"
    exits 2 "--out x.$ending"
done
[ ! -e x.gz ] || fail "no file of a refused run"
run score --pack "$here/pack" a.ndjson --out X.CSV
exits 0 ".CSV"
says X.CSV '^interaction_id,|,interaction_id,' "an ending in capitals is CSV all the same"
run score --pack "$here/pack" a.ndjson --out cards.db --quiet
exits 0 ".db"
run score --pack "$here/pack" a.ndjson --out cards.db --quiet
exits 0 ".db, again"
id=$(tail -n 1 X.CSV | cut -d, -f1)
run score --pack "$here/pack" a.ndjson --out cards.jsonl --quiet
run show "$id" cards.jsonl
mv out shown
run show "$id" cards.db
exits 0 "show of a database"
same out shown "show of a database"
run show nobody cards.db
exits 1 "show of nobody"
echo text >text.db
run score a.ndjson --out text.db
exits 3 "a file of something else"
says err "cannot use text.db: it is something else" "a file of something else"
says text.db '^text$' "a file of something else is left"
run score a.ndjson --quiet=1
exits 2 "a value where none is taken"
says err '--quiet takes no value' "a value where none is taken"
for empty in score\ --pack= score\ --out= grep\ -e grep\ --cue; do
    # shellcheck disable=SC2086
    run $empty '' a.ndjson
    exits 2 "an empty value: $empty"
done
run score --pack= a.ndjson
says err '--pack is given an empty value' "an empty value"
run score ''
says err "cannot open '': No such file" "an empty name is visible"
run score a.ndjson --max-memory 1
says err 'too small: the minimum is 1M$' "the minimum is told"
run score a.ndjson --evidence all
says err '^try: caremeter score --help$' "choices say where help is"
run score --threads
exits 2 "an option without its value"
run score
exits 2 "nothing to score"
run grep
exits 2 "nothing to look for"
run grep sorry
exits 2 "nothing to look in"
run show a
exits 2 "show without scores"
run rules explain
exits 2 "nothing to explain"

# results on stdout, all else on stderr
run score --pack "$here/pack" a.ndjson --out -
exits 0 "scorecards on standard output"
[ "$(wc -l <out)" -eq 1 ] || fail "nothing but scorecards there"
says err 'not scored: 0 of 1' "the summary is on stderr then"
run score --pack "$here/pack" a.ndjson
says out 'not scored: 0 of 1' "the summary is a result where there is no other"
run score --pack "$here/pack" a.ndjson --json
exits 0 json
python3 -c 'import json,sys; s=json.load(open("out")); assert s["interactions"]==1 and s["packs"][0]["scores"]["care"]["n"]==1' || fail "the summary as JSON"
run score --pack "$here/pack" a.ndjson --out cards.csv
exits 0 CSV
[ "$(wc -l <cards.csv)" -eq 2 ] || fail "a header and a row"
NO_COLOR='' run score --pack "$here/pack" a.ndjson
silent out $'\033' "no colour in a file"
finish

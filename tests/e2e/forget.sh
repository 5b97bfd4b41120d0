#!/bin/bash
# replay, rekey and erase where there is no broker: what a person types wrong, and databases of scorecards.
. "$(dirname "$0")/lib.sh"
nowhere=kafka://127.0.0.1:1
conversation a | sed 's/"channel"/"customer_id":"cu-7","channel"/' >mine.ndjson
conversation b | sed 's/"channel"/"customer_id":"cu-77","channel"/' >other.ndjson

wrong() { # TEXT ARGUMENT...
    local text=$1
    shift
    run "$@" </dev/null
    exits 2 "$*"
    says err "$text" "$*"
}
wrong '--to kafka://HOST:PORT/TOPIC is missing' replay mine.ndjson
wrong 'nothing to replay' replay --to $nowhere/events
wrong 'neither max nor a number' replay mine.ndjson --to $nowhere/events --speed fast
for speed in 0 0.0001 -1 1. .5 1000001 1e3 ''; do
    run replay mine.ndjson --to $nowhere/events "--speed=$speed"
    exits 2 "--speed '$speed'"
done
wrong '--rebase needs --speed N' replay mine.ndjson --to $nowhere/events --rebase
wrong 'only kafka\.\* counts here' replay mine.ndjson --to $nowhere/events --set idle.chat=3s
wrong 'did you mean|nearest|linger\.ms' replay mine.ndjson --to $nowhere/events --set kafka.linger.sm=3
wrong 'is no topic' replay mine.ndjson --to scores.db
wrong 'name the topics' rekey --from $nowhere/a
wrong 'the same topic' rekey --from $nowhere/a --to $nowhere/a
wrong 'is no topic' rekey --from $nowhere/a --to b.ndjson
wrong '--customer ID is missing' erase --db scores.db --yes
wrong 'nothing to look through' erase --customer cu-7 --yes
wrong 'give --yes' erase --customer cu-7 --db scores.db

run replay mine.ndjson --to $nowhere/events
exits 3 "no broker"
says err 'no broker answers' "no broker"
run replay nothing.ndjson --to $nowhere/events
exits 3 "no archive"
run rekey --from $nowhere/a --to $nowhere/b
exits 3 "rekey without a broker"

run score mine.ndjson other.ndjson --out scores.db --quiet
exits 0 "a database"
run erase --customer cu-7 --db scores.db --dry-run
exits 0 "a dry run"
says out 'scores\.db +1 scorecard$' "a dry run"
run erase --customer cu-7 --db scores.db --yes --json
exits 0 erase
[ "$(jq -c '[.customer_id, .places[0].found, .places[0].erased]' out)" = '["cu-7",1,1]' ] || fail "erase as JSON"
run erase --customer cu-7 --db scores.db --yes
exits 1 "nothing is left"
says out 'Nothing was found' "nothing is left"
run show b scores.db
exits 0 "the other customer stays"
run show a scores.db
exits 1 "the customer is gone"
run erase --customer cu-77 --db mine.ndjson --yes
exits 3 "no database"
run erase --customer cu-77 --db none.db --yes
exits 3 "a database that is not there"
[ ! -e none.db ] || fail "erase makes a database"
finish

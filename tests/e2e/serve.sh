#!/bin/bash
# caremeter serve without a broker: files that grow and pipes, options, reloads; the same scorecards as an archive gives.
. "$(dirname "$0")/lib.sh"

# The last scorecard of every interaction and pack, without what is envelope, in the order of an archive.
last_cards() { # FILE
    jq -c 'select(.status == "final") | [.interaction_id, .pack.name, (del(.status, .revision))]' "$1" |
        jq -sc 'group_by([.[0], .[1]]) | map(.[-1])[] | .[2]'
}

# Wait until a command succeeds: a fact, not a time.
until_true() { # WHAT COMMAND...
    local what=$1
    shift
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return 0
        read -rt 0.05 <> <(:) || true
    done
    fail "$what: not within 30 s"
    return 1
}

cat "$root"/demo/conversations/*.ndjson >all.ndjson
run score all.ndjson --out archive.ndjson --quiet
exits 0 "the archive"
jq -c 'del(.status, .revision)' archive.ndjson >wanted

some_card() { # CONDITION FILE
    jq -se "any(.[]; $1)" "$2"
}

# 1. Standard input: whatever the tick and the order of lines, the final cards are the archive's.
for seed in 1 2 3 4 5 6 7 8; do
    shuf --random-source=<(yes $seed) all.ndjson >shuffled.ndjson
    [ $((seed % 2)) -eq 0 ] && cat shuffled.ndjson all.ndjson >twice.ndjson && mv twice.ndjson shuffled.ndjson
    "$program" serve --source - --sink cards.ndjson --set tick=$((seed * 10))ms --set keep.closed=60d --set threads=$((seed % 3 + 1)) \
        --set flush_events=$((seed * 20)) <shuffled.ndjson >out 2>err
    code=$?
    sanitized
    exits 0 "standard input, seed $seed"
    last_cards cards.ndjson >got
    jq -c . wanted >wanted.compact
    same wanted.compact got "seed $seed: the archive's scorecards and the live ones"
    rm -f cards.ndjson
done

# 2. Two packs, a tiny ceiling for memory, references only: still the archive's.
run score all.ndjson --pack customer-care --pack team-care --evidence refs --out two.ndjson --quiet
"$program" serve --source - --sink cards.ndjson --pack customer-care --pack team-care --set evidence=refs --set limits.memory=16M \
    --set limits.state=1M <all.ndjson >out 2>err
code=$?
sanitized
exits 0 "two packs"
jq -c 'del(.status, .revision)' two.ndjson | jq -sc 'sort_by([.interaction_id, .pack.name])[]' >wanted.two
last_cards cards.ndjson | jq -sc 'sort_by([.interaction_id, .pack.name])[]' >got
same wanted.two got "two packs"
rm -f cards.ndjson

# 3. A file that grows: open cards while it does, revised until it is over; SIGTERM writes what was read.
conversation grow >grow.ndjson
"$program" serve --source grow.ndjson --sink cards.ndjson --counters counters.json --set tick=20ms >out 2>err &
pid=$!
until_true "the first open card" grep -q '"status":"open"' cards.ndjson
event grow 4 agent "I have sent a new one today." >>grow.ndjson
until_true "a card with four turns" some_card '.turns.agent == 2' cards.ndjson
printf '{"interaction_id":"grow","seq":5,"type":"end"}\n' >>grow.ndjson
until_true "the final card" grep -q '"status":"final"' cards.ndjson
event grow 3 agent "and one line that came late" | sed 's/"seq":3/"seq":6/' >>grow.ndjson
until_true "a revision" grep -q '"status":"final","revision":1' cards.ndjson
until_true "the counters" jq -e '.events == 6 and .revised == 1 and .closed == 1' counters.json
kill -TERM $pid
wait $pid
code=$?
sanitized
exits 0 "SIGTERM"
says err 'caremeter: ready' "that it reads"
says err 'drained' "that all is written"

# 4. A database and dead letters.
{ conversation db; echo 'no json'; echo '{"interaction_id":"db","seq":9,"speaker":"agent"}'; } >bad.ndjson
"$program" serve --source - --sink cards.db --sink null: --set dead_letter.file=dead.ndjson <bad.ndjson >out 2>err
code=$?
sanitized
exits 0 "a database"
[ "$(wc -l <dead.ndjson)" -eq 2 ] || fail "two dead letters, not $(wc -l <dead.ndjson)"
says dead.ndjson '"offset":[0-9]+,"reason":"not_json"' "why the first line is none"
says dead.ndjson '"reason":"no_text"' "why the second is none"
silent err 'no events' "what the file of dead letters holds"
"$program" serve --source - --sink null: <bad.ndjson >out 2>err
code=$?
sanitized
exits 0 "dead letters without a place"
says err 'warning: 2 of [0-9]+ lines so far are no events' "that they are lost"
run show db cards.db
exits 0 "show from the database"
says out 'db, customer-care' "whose card it is"

# 5. Packs: a broken change leaves the old one, a good one is taken by conversations that begin then.
cp -r "$here/pack" own
mkdir -p fresh && : >fresh/in.ndjson
"$program" serve --source fresh/in.ndjson --sink fresh/out.ndjson --pack ./own --counters fresh/counters.json --set tick=20ms \
    --set watch=false >out 2>err &
pid=$!
conversation before >>fresh/in.ndjson
until_true "a card by the first pack" grep -q '"interaction_id":"before"' fresh/out.ndjson
cp own/pack.yaml saved.yaml
echo 'nonsense: [' >>own/pack.yaml
kill -HUP $pid
until_true "the refusal" grep -q 'not reloaded' err
cp saved.yaml own/pack.yaml
sed -i 's/^version: .*/version: 99.0.0/' own/pack.yaml
kill -HUP $pid
until_true "the reload" grep -q 'packs reloaded' err
until_true "that it was taken" jq -e '.reloads == 1' fresh/counters.json
conversation after >>fresh/in.ndjson
event before 4 agent "Good morning, it is found." >>fresh/in.ndjson
until_true "a card by the second pack" some_card '.interaction_id == "after" and .pack.version == "99.0.0"' fresh/out.ndjson
until_true "the old pack for the old conversation" some_card '.interaction_id == "before" and .turns.agent == 2 and .pack.version != "99.0.0"' fresh/out.ndjson
kill -TERM $pid
wait $pid
code=$?
sanitized
exits 0 "reloads"

# 6. What is configured is looked at before anything is opened.
run serve
exits 2 "no source"
run serve --source kafka://h/t --set idle.chatt=3s
exits 2 "an unknown key"
says err 'idle.chat' "the nearest key"
run serve --source nowhere.ndjson --sink cards.xlsx
exits 2 "a sink of no kind"
run serve --source kafka://h/t --set kafka.sasl.password=hidden --print-config
exits 0 "a print"
silent out hidden "a secret"
says out '^source:' "the source"
run serve --config missing.yaml
exits 2 "a configuration that is not there"
run serve --source - --sink missing-folder/cards.ndjson
exits 3 "a sink that cannot be opened"
finish

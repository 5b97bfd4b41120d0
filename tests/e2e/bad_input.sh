#!/bin/bash
# Everything that can be wrong with what comes in or goes out: a clear message, the right exit code, nothing lost silently.
. "$(dirname "$0")/lib.sh"
score() { run score --pack "$here/pack" "$@"; }

# a line that is not JSON, and JSON that is not an event
{ conversation a; echo 'hello'; conversation b; echo '{"interaction_id":"b","seq":9,"text":"who?"}'; echo '[1]'; } >mixed.ndjson
score mixed.ndjson --out cards.ndjson --dead-letter dead.ndjson
exits 0 "bad lines"
says out 'dead letters: 3 of 9 lines \(not_json 1, not_object 1, no_speaker 1\)' "bad lines are counted by reason"
says dead.ndjson '"line":4,.*"reason":"not_json"' "place of the line that is no JSON"
says dead.ndjson '"line":8,.*"reason":"no_speaker"' "place of the line that is no event"
silent dead.ndjson 'who\?' "no payload unless it is asked for"
[ "$(cut -d, -f2 dead.ndjson | tr -d '\n')" = '"line":4"line":8"line":9' ] || fail "dead letters in source order"
[ "$(wc -l <cards.ndjson)" -eq 2 ] || fail "the other interactions are scored"
grep '"interaction_id":"b"' cards.ndjson | grep -q '"incomplete"' || fail "the interaction that lost a line is flagged"
grep '"interaction_id":"a"' cards.ndjson | grep -q '"incomplete"' && fail "the other one is not"
score mixed.ndjson --dead-letter dead.ndjson --dead-letter-payload
says dead.ndjson 'who\?' "payload when it is asked for"

# text of 10 MB, and a line longer than any line may be
{
    conversation a
    for length in 10000000 20000000; do
        printf '{"interaction_id":"b","speaker":"customer","text":"'
        head -c $length /dev/zero | tr '\0' x
        echo '"}'
    done
    conversation c
} >long.ndjson
score long.ndjson --dead-letter dead.ndjson --dead-letter-payload
exits 0 "long lines"
says out 'dead letters: 2 of 8 lines \(text_too_long 1, line_too_long 1\)' "long lines are counted"
says dead.ndjson '"line":5,.*line_too_long' "place of the long line"
[ "$(wc -c <dead.ndjson)" -lt 20000 ] || fail "payloads are cut"

# a pack with 50 faults
mkdir faulty
echo 'pack: faulty
version: 1.0.0
dimensions: {communicate: {weight: 1}}' >faulty/pack.yaml
{
    echo 'cues:'
    for i in $(seq 50); do
        printf '  - id: cue.%s\n    speaker: agent\n    why: w\n    phrases: ["hello <0-3>"]\n    hit: [h]\n    miss: [m]\n' "$i"
    done
} >faulty/cues.yaml
run rules check faulty
exits 1 "a pack with faults, checked"
[ "$(grep -c 'phrase-gap-edge' out)" -eq 50 ] || fail "all 50 faults are told"
says out 'cues.yaml:5:' "with file and line"
says out '\^' "and caret"
run score --pack faulty mixed.ndjson --out none.ndjson
exits 2 "scoring by a pack with faults"
[ ! -e none.ndjson ] || fail "no output of a run that never began"
run score --pack nowhere mixed.ndjson
exits 2 "a pack that is not there"
says err 'nowhere' "its name"

# a missing file; nothing is read when something that was named is not there
score mixed.ndjson missing.ndjson --out none.ndjson
exits 3 "a missing file"
says err 'missing.ndjson' "its name"
[ ! -e none.ndjson ] || fail "no output when an input is missing"
mkdir empty
score empty
exits 3 "a folder without events"
score 'nothing-*.ndjson'
exits 3 "a pattern that finds nothing"

# a full disk
if [ -c /dev/full ]; then
    score mixed.ndjson --out /dev/full
    exits 3 "a full disk"
    says err 'No space left' "why"
    "$program" score --pack "$here/pack" mixed.ndjson --out - >/dev/full 2>err
    code=$?
    exits 3 "full standard output"
    says err 'No space left' "why"
    "$program" score --pack "$here/pack" mixed.ndjson >/dev/full 2>err
    code=$?
    exits 3 "a summary on full standard output"
    "$program" grep sorry mixed.ndjson >/dev/full 2>err
    code=$?
    exits 3 "grep on full standard output"
    says err 'No space left' "why"
    "$program" rules list >/dev/full 2>err
    code=$?
    exits 3 "a list on full standard output"
    says err 'No space left' "why"
    score mixed.ndjson --dead-letter /dev/full
    exits 3 "dead letters on a full disk"
else
    echo "skipped: there is no /dev/full"
fi
score mixed.ndjson --out no/such/folder/cards.ndjson
exits 3 "a folder that is not there"
score mixed.ndjson --max-memory 1M --spill-dir no/such/folder
exits 2 "a spill folder that is not there is told at the start, needed or not"
says err "--spill-dir 'no/such/folder'" "its name"
mkdir cues_alone
{ echo 'pack: alone'; echo 'version: 1.0.0'; echo 'dimensions: {communicate: {weight: 1}}'; } >cues_alone/pack.yaml
printf 'cues:\n  - id: hello\n    speaker: agent\n    why: w\n    phrases: [hello]\n    hit: [hello]\n    miss: [bye]\n' >cues_alone/cues.yaml
run score --pack cues_alone mixed.ndjson
exits 0 "a pack of cues alone"
says err 'nothing to score: the pack alone has no behaviours' "a pack of cues alone"
silent err '\[cue-unused\]|\[dimension-empty\]' "advice is for rules check"
run grep --pack ./cues_alone mixed.ndjson
silent err 'warning' "advice is for rules check, grep"
run rules check cues_alone
says out 'warning' "where it is told"

# a closed pipe
for i in $(seq 3000); do conversation "id-$i"; done >many.ndjson
"$program" score --pack "$here/pack" many.ndjson --out - 2>err | head -n 1 >out
code=${PIPESTATUS[0]}
exits 3 "a closed pipe"
[ "$(wc -l <out)" -eq 1 ] || fail "what was read of it"
says err 'closed' "that it was closed"
"$program" grep sorry many.ndjson many.ndjson 2>err | head -n 1 >out
code=${PIPESTATUS[0]}
exits 0 "grep into a closed pipe: who reads has seen enough"
[ ! -s err ] || fail "no word about it"
for command in "rules list" "rules list --json" "score --pack $here/pack many.ndjson --json" "score --help"; do
    # shellcheck disable=SC2086
    "$program" $command 2>err | true
    code=${PIPESTATUS[0]}
    exits 0 "$command into a closed pipe"
    silent err 'caremeter:' "$command into a closed pipe"
done

# a truncated .zst and .gz: what stands before is scored
if command -v zstd >/dev/null; then
    zstd -q many.ndjson -o whole.ndjson.zst
    head -c $(($(wc -c <whole.ndjson.zst) / 2)) whole.ndjson.zst >cut.ndjson.zst
    score whole.ndjson.zst
    exits 0 "a whole .zst"
    score mixed.ndjson cut.ndjson.zst --out cards.ndjson
    exits 3 "a truncated .zst"
    says err 'cut.ndjson.zst' "its name"
    [ "$(wc -l <cards.ndjson)" -ge 2 ] || fail "the rest is scored"
else
    echo "skipped: there is no zstd"
fi
gzip -k many.ndjson
head -c $(($(wc -c <many.ndjson.gz) / 2)) many.ndjson.gz >cut.ndjson.gz
score cut.ndjson.gz
exits 3 "a truncated .gz"
says err 'cut.ndjson.gz' "its name"

# a folder without rights
mkdir locked
cp mixed.ndjson locked/
chmod 000 locked
if [ "$(id -u)" -ne 0 ]; then
    score locked
    exits 3 "a folder without rights"
    says err 'locked' "its name"
elif command -v setpriv >/dev/null && chmod 777 "$work" && setpriv --reuid=65534 --regid=65534 --clear-groups "$program" version >/dev/null 2>&1; then
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" score --pack "$here/pack" locked >out 2>err
    code=$?
    exits 3 "a folder without rights"
    says err 'locked' "its name"
else
    echo "skipped: root may read everything, and nobody may not run the program"
fi
chmod 700 locked

# an output that would be written over an input
cp mixed.ndjson precious.ndjson
score precious.ndjson --out precious.ndjson
exits 2 "an output that is an input"
score precious.ndjson --dead-letter ./precious.ndjson
exits 2 "dead letters that are an input"
same mixed.ndjson precious.ndjson "the input is as it was"

# inputs in which nothing is an event: what they are
for i in $(seq 24); do echo "line $i"; done >lines.txt
conversation a | head -n 1 >>lines.txt
score lines.txt -q
exits 0 "a quiet run"
[ "$(cat err)" = 'caremeter: 24 of 25 lines are no events (not_json 24)' ] || fail "a quiet run tells what it left out"
score lines.txt
silent err 'no events' "the summary says it, once"
{ echo '['; conversation a | sed 's/$/,/'; echo '{}]'; } >array.json
score array.json
says err "jq -c '\.\[\]'" "a JSON array"
run grep sorry array.json
says err "jq -c '\.\[\]'" "a JSON array, grep"
conversation a | iconv -f UTF-8 -t UTF-16 >utf16.json
score utf16.json
says err 'iconv' "UTF-16"
conversation a | python3 -c 'import json,sys
for line in sys.stdin: print(json.dumps(json.loads(line), indent=1))' >pretty.json
score pretty.json
says err 'jq -c \. ' "objects over many lines"

score - --out precious.ndjson <precious.ndjson
exits 2 "an output that is standard input"
same mixed.ndjson precious.ndjson "the input is as it was"

# a pipe that lies in a folder has nobody who writes to it
mkdir piped
cp mixed.ndjson piped/
mkfifo piped/never.ndjson
for where in piped 'piped/*.ndjson'; do
    timeout 20 "$program" score --pack "$here/pack" "$where" >out 2>err
    code=$?
    exits 0 "a pipe in $where"
    says err "left out 'piped/never.ndjson': it is no regular file" "a pipe in $where"
    timeout 20 "$program" grep sorry "$where" >out 2>err
    code=$?
    exits 0 "a pipe in $where, grep"
done
conversation a >piped/never.ndjson &
timeout 20 "$program" score --pack "$here/pack" piped/never.ndjson >out 2>err
code=$?
exits 0 "a pipe that is named"
says out 'not scored: 0 of 1' "a pipe that is named is read"
wait

# nothing to read is no fault
: >nothing.ndjson
score nothing.ndjson --out cards.ndjson
exits 0 "an empty file"
says err 'no events' "an empty file"
[ -e cards.ndjson ] && [ ! -s cards.ndjson ] || fail "an empty result"
printf '\xef\xbb\xbf' >bom.ndjson
conversation a | sed 's/$/\r/' >>bom.ndjson
score bom.ndjson
exits 0 "BOM and CRLF"
silent out 'dead letters' "they are no faults"
finish

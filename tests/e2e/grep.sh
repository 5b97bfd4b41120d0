#!/bin/bash
# grep: what is found, how it is shown, and that the slow engine finds the same.
. "$(dirname "$0")/lib.sh"
demo="$root/demo/conversations"
{ conversation a; conversation b; event c 1 customer "SORRY? It’s broken, I can’t  be sorry about it"; } >small.ndjson

run grep "sorry about" small.ndjson
exits 0 "something is found"
[ "$(wc -l <out)" -eq 3 ] || fail "three turns"
says out '^small.ndjson:2:a:agent +Hello, I am so sorry about that' "file, line, interaction, speaker, text"
run grep "nothing of the kind" small.ndjson
exits 1 "nothing is found"
run grep "it is (broken|lost)" "sorry about" small.ndjson --count
exits 0 "count"
[ "$(cat out)" = "$(printf '1\tit is (broken|lost)\n3\tsorry about')" ] || fail "counts of turns"
run grep "sorry about" small.ndjson --json
python3 - <<'P' || fail "fields of --json"
import json
rows = [json.loads(line) for line in open("out")]
assert [r["interaction_id"] for r in rows] == ["a", "b", "c"], rows
assert rows[0] == {"interaction_id": "a", "seq": 2, "source": "small.ndjson", "line": 2, "cue": "sorry about", "start": 15, "end": 26, "quote": "sorry about"}, rows[0]
P
run grep -e 'sor+y\b.{0,9}that' small.ndjson --count
[ "$(cut -f1 out)" = 2 ] || fail "a regular expression"
run grep "sorry" small.ndjson --speaker customer
[ "$(wc -l <out)" -eq 1 ] || fail "only the customer's"
run grep "thank you" small.ndjson -C 1
[ "$(wc -l <out)" -eq 5 ] || fail "context: two hits, the turn before each, and a line between"
says out '^--$' "a line between interactions"
says out '^small.ndjson-2-a-agent' "context is marked by dashes"
printf '# phrases\nsorry about\n\nthank you\n' >phrases
run grep -f phrases small.ndjson --count
[ "$(cut -f1 out | tr '\n' ' ')" = "3 2 " ] || fail "phrases of a file"
run grep --pack "$here/pack" --cue trouble small.ndjson
[ "$(wc -l <out)" -eq 3 ] || fail "a cue"
run grep --pack "$here/pack" --cue trubble small.ndjson
exits 2 "an unknown cue"
says err 'did you mean trouble' "an unknown cue"
run grep "sorry <0-3>" small.ndjson
exits 2 "a faulty phrase"
says err 'phrase-gap-edge' "a faulty phrase"
run grep -e '(' small.ndjson
exits 2 "a faulty expression"
says err '^-e#1:1:2: error' "an expression has a name"
run grep -e '(a' -e '[' small.ndjson
[ "$(grep -A1 '^-e#1:' err | tail -1 | tr -dc 'a[(')" = '(a' ] && [ "$(grep -A1 '^-e#2:' err | tail -1 | tr -dc 'a[(')" = '[' ] || fail "each fault under its own text"
run grep 'sorry <0-3>' 'for <0-2>' small.ndjson
run grep -f /dev/null small.ndjson
exits 2 "a file without patterns"
says err 'no patterns in /dev/null' "a file without patterns"
run grep sorry missing.ndjson
exits 3 "a missing file"
{ cat small.ndjson; echo bad; } >bad.ndjson
run grep sorry bad.ndjson
exits 0 "bad lines end nothing"
says err '1 of 8 lines are no events \(not_json 1\)' "and are told"

# who watches a pipe sees a hit when it is found, not at the end
mkfifo pipe
"$program" grep sorry - <pipe >live 2>err &
exec 9>pipe
cat small.ndjson >&9
for i in $(seq 100); do
    [ "$(wc -l <live)" -eq 3 ] && break
    read -rt 0.1 <> <(:)
done
[ "$(wc -l <live)" -eq 3 ] || fail "hits while the pipe is open"
exec 9>&-
wait

# threads and compression change nothing
for i in $(seq 30); do cat "$demo"/*.ndjson; done >many.ndjson
run grep "sorry" "thank* <0-2> (you|that)" many.ndjson --threads 1
cp out one
run grep "sorry" "thank* <0-2> (you|that)" many.ndjson --threads 4
same one out "threads"
run grep "sorry" many.ndjson --threads 1 -C 2
cp out one
run grep "sorry" many.ndjson --threads 3 -C 2
same one out "threads, with context"

# the fast way and the proof
for phrases in "sorry" "(i|we) <0-3> (will|can) <0-2> (you|that|it)" "^ (hi|hello) <0-5> %name" "%number <0-2> (day*|hour*)" "thank*" "is there anything"; do
    run grep "$phrases" "$demo" --json
    cp out fast
    run grep "$phrases" "$demo" --json --engine pcre2
    same fast out "both engines on $phrases"
done

# control characters of a customer do not reach a terminal
printf '{"interaction_id":"x","speaker":"customer","text":"sorry \\u001b[31m about\\u0007 it"}\n' >escape.ndjson
run grep sorry escape.ndjson
exits 0 "a turn with control characters"
silent out $'\033' "control characters"
finish

#!/bin/bash
# rules: check, test, list, explain; and show.
. "$(dirname "$0")/lib.sh"

for pack in customer-care team-care "$here/pack"; do
    run rules check "$pack"
    exits 0 "check $pack"
    says out ' 0 errors' "check $pack"
    run rules test "$pack"
    exits 0 "test $pack"
    says out ' 0 failed' "test $pack"
done
run rules check "$here/pack" --json
python3 -c 'import json; assert json.load(open("out"))["errors"] == 0' || fail "check --json"

cp -r "$here/pack" broken
sed -i 's/hit: \["Hello there"\]/hit: ["Hello there", "Goodbye <you> \& me"]/; s/miss: \["You there"\]/miss: ["oh hi"]/' broken/rules.yaml
run rules test broken --junit cases.xml
exits 1 "examples that fail"
says out 'hello: should hit, does not' "a hit that is none"
says out 'hello: should not hit, does' "a miss that is none"
says out 'read as +goodbye you and me' "how the text was read"
says out 'rules.yaml:6:' "where it stands"
python3 -c '
import xml.etree.ElementTree as x
suite = x.parse("cases.xml").getroot()[0]
assert suite.get("failures") == "2" and len(suite) == int(suite.get("tests")), suite.attrib' || fail "JUnit"
run rules test broken --json
python3 -c 'import json; r = json.load(open("out")); assert r["failed"] == 2 == len(r["failures"]), r' || fail "test --json"

long=$(printf 'word %.0s' $(seq 2000))
sed "s/hit: \\[\"Hello there\"\\]/hit: [\"$long\"]/" "$here/pack/rules.yaml" >broken/rules.yaml
run rules test broken
exits 1 "a long example that fails"
[ "$(awk '{ gsub(/[\x80-\xBF]/, ""); if (length > 170) print }' out | wc -l)" -eq 0 ] || fail "long examples are cut"
says out '^  text    word .*…$' "and it shows"

run rules list "$here/pack"
exits 0 list
says out 'empathy +respond +opportunity' "a behaviour"
says out 'trouble +customer +phrases' "a cue"
run rules list "$here/pack" --speaker customer --json
[ "$(wc -l <out)" -eq 2 ] || fail "cues of the customer"

silent out '1 cues|1 behaviours' "plurals"
run rules list "$here/pack" -d nope
exits 2 "a dimension that is not there"
says err 'no dimension nope; there are communicate, respond$' "those that are"
run rules list "$here/pack" --match nothing-of-the-kind
exits 1 "nothing matches"
run rules list "$here/pack" --speaker custmer
exits 2 "a speaker that is none"
narrow() { # WHAT
    [ "$(awk '{ gsub(/[\x80-\xBF]/, ""); if (length > 80) print }' out | wc -l)" -eq 0 ] || fail "$1: wider than 80 columns"
}
for pack in customer-care team-care; do
    run rules list "$pack"
    narrow "list $pack"
done
run rules explain --pack "$here/pack" /nope/file
says err 'there is no file /nope/file: it is read as a text' "a file that is not there"
run rules explain --pack "$here/pack" chat.txt
says err 'there is no file chat.txt' "a file that is not there"
run rules explain --pack "$here/pack" "yes / no"
[ ! -s err ] || fail "a text with a slash is a text"

run rules explain --pack "$here/pack" "I’m sooo sorry about that"
exits 0 explain
says out 'read as: i am so sorry about that' "tokens"
says out 'sorry \(agent\) hits' "the cue"
says out '^        \^{16}$' "carets under the words"
run rules explain --pack "$here/pack" "I am not sorry about that"
says out 'negated' "a hit that does not count, and why"
run rules explain --pack "$here/pack" --cue sorry "I am so happy about that"
says out 'missing: sorry' "what is missing in the nearest phrase"
run rules explain --pcre "thank* <0-2> (you|u)"
exits 0 "a translation"
says out 'thank' "a translation"
run rules explain --pack "$here/pack" --json "hello, I am sorry about that"
python3 -c 'import json; r = json.load(open("out")); assert [c["cue"] for c in r["cues"] if c["hit"]] == ["hello", "sorry"], r' || fail "explain --json"

{ conversation a; conversation b; } >events.ndjson
run score --pack "$here/pack" events.ndjson --out scores.ndjson
run show b scores.ndjson
exits 0 show
says out '^b, small 1.0.0' "what it is about"
says out 'CARE +100.00' "the score"
says out 'turn 1 .*sorry' "evidence"
says out '“so sorry about”' "a quote"
run show b scores.ndjson --events events.ndjson
says out '›so sorry about‹' "the words in their turn"
[ "$(awk '{ n = gsub(/[\x80-\xBF]/, ""); if (length > 80) print }' out | wc -l)" -eq 0 ] || fail "80 columns"
run show nobody scores.ndjson
exits 1 "an id that is not there"
says err 'ids look like a' "one that is"
run show b events.ndjson
exits 3 "a file that holds no scorecards"

# what show calls things
cp -r "$here/pack" judged
cat >>judged/rules.yaml <<'Y'
  - {id: against.what, title: Asks what, dimension: respond, kind: penalty, raised_by: [what], points: 20, cap: 40}
  - {id: more.wish, title: Wishes well, dimension: respond, kind: bonus, met_by: [wish], points: 5, cap: 10}
Y
cat >judged/more.yaml <<'Y'
cues:
  - {id: what, speaker: agent, why: Rude, phrases: ["what now"], hit: ["what now?"], miss: ["now what"]}
  - {id: wish, speaker: agent, why: Warm, phrases: ["enjoy"], hit: ["enjoy it"], miss: ["no"]}
Y
run rules check judged
exits 0 "the pack for show"
{ event w 1 customer "my parcel is lost"; event w 2 agent "what now? enjoy the day"; event w 3 customer "?"; } >what.ndjson
{ event left 1 agent "Hello"; event left 2 customer "it is lost"; printf '{"interaction_id":"left","seq":3,"type":"end","ended_by":"customer"}\n'; } >>what.ndjson
run score --pack judged what.ndjson --out what-scores.ndjson
exits 0 "scores for show"
run show w what-scores.ndjson
says out '^✘ against care  ' "a penalty is no praise"
says out '^ +points -20, seen 1' "its points"
says out '^\+ more than expected  ' "a bonus"
silent out 'delivered  (against|more)\.' "neither is a duty done"
says out '^[0-9]+ % could be judged' "coverage in words"
silent out 'coverage|reason:|not_evaluated' "no codes"
run show left what-scores.ndjson
says out '^\? not judged  ' "what was not judged"
says out '^    the customer left first' "why, in words"
silent out 'customer left first, credit' "and no zeros"

run demo
exits 0 demo
tr '\n' ' ' <out >flat
says flat 'left unmet; the customer said:   “' "whose words a missed moment shows"
says out '^CARE ' "the table"
says out 'not scored: [0-9]+ of [0-9]+' "the honest line"
says out 'What to try next' "what to try next"
run score "$root/demo/conversations" --pack customer-care --pack team-care
narrow "the summary"
says out '^ *0 to 100; n: ' "a legend"
[ "$(grep -n '^enrich' out | head -1 | cut -d: -f1)" -eq $(($(grep -n '^0 to 100' out | head -1 | cut -d: -f1) - 1)) ] || fail "the legend stands under its table"
silent out '^[^ ]+\.[a-z] +[0-4] +[0-9]+ ±' "no interval of fewer than five"
for i in $(seq 100 210); do
    conversation "id-$i" | sed "s/\"amy\"/\"agent $i\"/"
    event "silent-$i" 1 customer hello
done >agents.ndjson
event x 1 agent hm >>agents.ndjson
run score --pack "$here/pack" agents.ndjson
[ "$(grep -c '^agent [0-9]' out)" -eq 30 ] || fail "rows of agents are capped"
says out '^and 81 more: --json$' "how many there are besides"
silent out '^[^ ]+( +-)+$' "no row of dashes"
narrow "many agents"

# show keeps within 80 columns, whatever is in a conversation
run score "$root/demo/conversations" --out demo.ndjson -q
for id in chat-larkline-transfer-bad mail-trundle-quoted-trap mail-pebble-canned-1 call-ostra-boiler-kept social-ostra-unanswered; do
    run show "$id" demo.ndjson --events "$root/demo/conversations"
    exits 0 "show $id"
    narrow "show $id"
    silent out '^(clock:|      ) .* [0-9]+$' "a number and its unit stay together in $id"
done
finish

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

run rules list "$here/pack"
exits 0 list
says out 'empathy +respond +opportunity' "a behaviour"
says out 'trouble +customer +phrases' "a cue"
run rules list "$here/pack" --speaker customer --json
[ "$(wc -l <out)" -eq 2 ] || fail "cues of the customer"

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

run demo
exits 0 demo
says out '^CARE ' "the table"
says out 'not scored: [0-9]+ of [0-9]+' "the honest line"
says out 'What to try next' "what to try next"
finish

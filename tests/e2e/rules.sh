#!/bin/bash
# rules: check, test, list, explain; and show.
. "$(dirname "$0")/lib.sh"

for pack in customer-care team-care "$here/pack"; do
    run rules check "$pack"
    exits 0 "check $pack"
    says out ' 0 errors, 0 warnings' "check $pack"
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
run rules explain --pack "$here/pack" nope.ndjson
exits 3 "a file of events that is not there"
says err 'there is no file nope.ndjson$' "a file of events that is not there"
printf 'no event\nneither\n' >noevents.ndjson
run rules explain --pack "$here/pack" noevents.ndjson
exits 1 "a file of events without any"
says err 'noevents.ndjson holds no conversation' "a file of events without any"
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
says out 'nearest phrase: ' "the nearest phrase"
says out 'got [0-9] of [0-9] words?: .* \\| needs .*, found ' "how far it got, and what broke it"
run rules explain --pack "$here/pack" --cue sorry --json "I am so happy about that"
python3 -c 'import json; m = json.load(open("out"))["misses"][0]; assert m["cue"] == "sorry" and m["got"] < m["of"] and m["needs"], m' || fail "a miss as JSON"
run rules explain --pack "$here/pack" "I am so happy about that"
says out '^nearest$' "where nothing hits, what comes nearest"
run rules explain --pcre "thank* <0-2> (you|u)"
exits 0 "a translation"
says out 'thank' "a translation"
run rules explain --pack "$here/pack" --json "hello, I am sorry about that"
python3 -c 'import json; r = json.load(open("out")); assert [c["cue"] for c in r["cues"] if c["hit"]] == ["hello", "sorry"], r' || fail "explain --json"

# one conversation, turn by turn
conversation a >one.ndjson
run rules explain --pack "$here/pack" one.ndjson --cue trouble
exits 0 "a conversation explained"
says out '^a by small 1.0.0' "which it is, and by what"
says out '^   1  agent amy: Hello, I am so sorry' "a turn"
says out '^      sorry  ' "a cue that fired in it"
says out '^        gives .*: delivered, credit 1.00' "what it gave"
says out '^        calls for ' "what a customer's cue asks for"
says out '^trouble fired 1 time$' "the cue that was asked about"
run rules explain --pack "$here/pack" one.ndjson --json
python3 -c '
import json
r = json.load(open("out"))
assert [t["speaker"] for t in r["turns"]] == ["customer", "agent", "customer"], r
assert any(c["gives"] for t in r["turns"] for c in t["cues"]) and r["behaviours"], r' || fail "a conversation as JSON"
{ conversation a; conversation b; } >events.ndjson
run rules explain --pack "$here/pack" events.ndjson
exits 2 "a file with two conversations"
says err 'holds 2 interactions: say which with --id' "what to do"
run rules explain --pack "$here/pack" events.ndjson --id b
says out '^b by small' "the one that was named"
run rules explain --pack "$here/pack" events.ndjson --id nobody
exits 1 "an interaction that is not there"

# examples that tell what was said before them
mkdir context
cat >context/pack.yaml <<'Y'
pack: context
version: 1.0.0
cues:
  - id: echo
    speaker: agent
    why: Takes up the words
    replies: true
    echo: {words: 2}
    hit:
      - {before: ["customer: my blue lamp is broken"], text: "A broken lamp, I see"}
    miss:
      - {before: ["customer: my blue lamp is broken"], text: "One moment"}
      - before: ["customer: my blue lamp is broken", "agent: I see"]
        text: "A broken lamp"
  - {id: asks, speaker: agent, why: Asks, phrases: ["your (name|email)"], hit: ["your name?"], miss: ["my name"]}
  - id: twice
    speaker: agent
    why: Asks again
    all: [asks, given]
    near: {turns: 3}
    hit: [{before: ["customer: this is my name", "agent: thanks"], text: "your name please"}]
    miss: [{before: ["customer: hello"], text: "your name please"}]
  - {id: given, speaker: customer, why: Gave it, phrases: ["my name"], hit: ["my name is"], miss: ["name"]}
Y
run rules test context --coverage
exits 0 "examples with context"
says out '0 failed, 0 not run' "none is left out"
says out 'context: examples reach 2 of 2 phrases' "coverage"
sed -i 's/text: "One moment"/text: "The blue lamp"/' context/pack.yaml
run rules test context --junit context.xml
exits 1 "a miss that hits in its context"
python3 -c '
import xml.etree.ElementTree as x
suite = x.parse("context.xml").getroot()[0]
assert float(suite.get("time")) > 0
failed = [c for c in suite if c.find("failure") is not None]
assert len(failed) == 1 and failed[0].get("line") == "12" and failed[0].get("file").endswith("pack.yaml"), failed' || fail "file and line in JUnit"
sed -i 's/"customer: hello"/"hello"/' context/pack.yaml
run rules check context
exits 1 "a turn by nobody"
says out 'example-before' "a turn by nobody"

# coverage tells what no example tries
sed 's/your (name|email)"/your (name|email)", "which name"/' context/pack.yaml | sed 's/"hello"/"customer: hello"/' >more.yaml && mv more.yaml context/pack.yaml
run rules test context --coverage
says out 'asks: examples reach 1 of 2 phrases' "a phrase that no example reaches"
says out 'pack.yaml:[0-9]+  which name' "which, and where"
run rules test context --coverage --json
python3 -c 'import json; r = json.load(open("out")); assert r["coverage"]["phrases"] == 3 and r["coverage"]["reached"] == 2, r' || fail "coverage as JSON"

# lint
mkdir lint
cat >lint/pack.yaml <<'Y'
pack: lint
version: 1.0.0
cues:
  - {id: a, speaker: agent, why: w, phrases: ["(cannot|can't) help", "the"], hit: [cannot help], miss: [no]}
  - {id: b, speaker: agent, why: w, regex: ['(a+)+$'], hit: [aaa], miss: [b]}
  - {id: c, speaker: agent, why: w, echo: {words: 2}}
Y
run rules check lint
exits 0 "warnings fail nothing"
for id in alternative-dead phrase-broad regex-costly; do
    says out "\\[$id\\]" "$id"
done
silent out 'example-missing' "advice is not asked for"
[ "$(grep -c 'help:' out)" -eq "$(grep -c 'warning:' out)" ] || fail "every warning says what to do"
run rules check lint --strict
exits 1 "but with --strict"
says out '\[example-missing\]' "and then there is advice"
for id in alternative-dead alternative-dead phrase-broad phrase-edge-optional phrase-shadowed prefix-dead regex-costly regex-no-literal example-missing; do
    grep -q "\`$id\`" "$root/rules/REFERENCE.md" || fail "$id stands in REFERENCE.md"
done

# packs that are wrong, or too much: diagnosed, bounded, fast
quick() { # SECONDS WHAT: how long the last check took
    [ "$(($(date +%s) - started))" -le "$1" ] || fail "$2: took $(($(date +%s) - started)) s"
}
bad() { # ID WHAT: check the pack bad/, whose manifest is on standard input
    mkdir -p bad && cat >bad/pack.yaml
    started=$(date +%s)
    run rules check bad
    exits 1 "$2"
    says out "\\[$1\\]" "$2"
    quick 5 "$2"
}
head='pack: bad\nversion: 1.0.0\n'
bad list-cycle "lists in a circle" < <(printf "${head}lists: {a: [\"@b x\"], b: [\"@c y\"], c: [\"@a z\"]}\ncues:\n  - {id: a, speaker: agent, why: w, phrases: [\"@a\"], hit: [x], miss: [y]}\n")
bad phrase-alternative-empty "an empty alternative" < <(printf "${head}cues:\n  - {id: a, speaker: agent, why: w, phrases: [\"(a|)\"], hit: [x], miss: [y]}\n")
bad phrase-terms "a phrase of 200 words" < <(printf "${head}cues:\n  - {id: a, speaker: agent, why: w, phrases: [\"$(printf 'word %.0s' $(seq 200))\"], hit: [x], miss: [y]}\n")
bad extends-cycle "extends of itself" < <(printf "${head}extends: bad\n")
bad 'phrase-(depth|too-large)' "lists of lists of lists" < <(printf "${head}lists:\n  l0: [one, two, three, four]\n$(for i in 1 2 3 4 5 6 7; do echo "  l$i: [\"(@l$((i - 1))) (@l$((i - 1))) (@l$((i - 1))) (@l$((i - 1)))\"]"; done)\ncues:\n  - {id: a, speaker: agent, why: w, phrases: [\"@l7\"], hit: [x], miss: [y]}\n")
bad '(yaml|key|value|document|cue|id|list)-[a-z-]*' "100,000 lines of garbage" < <(python3 -c '
import random
random.seed(4)
print("pack: bad\nversion: 1.0.0\ncues:")
for _ in range(100000):
    print("".join(random.choice("abc :-[]{}\"\x27|*&%@!#<>?\\,\t") for _ in range(random.randint(0, 40))))')
[ "$(wc -c <out)" -lt 1000000 ] || fail "garbage is not told for ever"
python3 -c '
print("pack: many\nversion: 1.0.0\ncues:")
for cue in range(100):
    phrases = ", ".join("\"word%d (thing%d|stuff%d) <0-2> end%d\"" % (cue, i, i, i) for i in range(100))
    print("  - {id: c%d, speaker: agent, why: w, phrases: [%s], hit: [\"word%d thing1 end1\"], miss: [x]}" % (cue, phrases, cue))' >many.yaml
mkdir many && mv many.yaml many/pack.yaml
started=$(date +%s)
run rules list many --match c99
exits 0 "10,000 phrases"
quick 10 "10,000 phrases" # that nothing explodes; how fast they are is measured in bench/
started=$(date +%s)
run rules check many
exits 0 "10,000 phrases are linted"
quick 10 "linting 10,000 phrases"
mkdir bombs
cat >bombs/pack.yaml <<'Y'
pack: bombs
version: 1.0.0
cues:
  - {id: a, speaker: agent, why: w, regex: ['^(a|a)*$', '(x+x+)+y', '((a{0,100}){0,100}){0,10}b', '(.*)*,(.*)*;'], hit: [a], miss: [b]}
Y
started=$(date +%s)
run rules check bombs
exits 0 "expressions that explode"
says out 'regex-costly' "are told"
quick 5 "expressions that explode"

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

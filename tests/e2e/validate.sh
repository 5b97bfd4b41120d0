#!/bin/bash
# rules validate: figures against a second implementation, bad files told with their places, equal bytes.
. "$(dirname "$0")/lib.sh"

oracle="$here/validate_oracle.py"
python3 "$oracle" make . || fail "the oracle makes no files"
cat >map.yaml <<'END'
greet: {speaker: agent, any: [hello]}
empathy: {speaker: agent, any: [sorry]}
deed: {speaker: agent, any: [helps]}
never: {speaker: agent, any: [hello]}
trouble: {speaker: customer, any: [trouble]}
a key that is free: {label: thanks, speaker: customer, any: [customer.thanks]}
END

run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --json
exits 0 "labels"
cp out report.json
says err 'map.yaml:4:1: warning: no labelled turn carries never' "a label that no turn carries"
python3 "$oracle" labels truth.json report.json || fail "the figures differ from the oracle's"
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --json
same out report.json "two runs give the same bytes"
run rules validate "$here/pack" --labels turns.csv --map map.yaml --json
exits 0 "labels as CSV"
python3 "$oracle" labels truth.json out || fail "the CSV gives other figures"
gzip -k turns.ndjson
run rules validate "$here/pack" --labels turns.ndjson.gz --map map.yaml --json
python3 "$oracle" labels truth.json out || fail "compressed labels give other figures"
split -l 150 --additional-suffix=.ndjson turns.ndjson part-
run rules validate "$here/pack" --map map.yaml --json --labels part-aa.ndjson part-ab.ndjson part-ac.ndjson
python3 "$oracle" labels truth.json out || fail "several files give other figures"
tac turns.ndjson >backwards.ndjson
run rules validate "$here/pack" --labels backwards.ndjson --map map.yaml --json --worst 0
cp out backwards.json
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --json --worst 0
same out backwards.json "the order of lines has no say"
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --json --seed 7
python3 - <<'END' || fail "another seed"
import json
a, b = json.load(open("report.json")), json.load(open("out"))
x, y = a["labels"]["agent"]["greet"], b["labels"]["agent"]["greet"]
assert x["f1"] == y["f1"] and x["intervals"]["f1"] != y["intervals"]["f1"], (x, y)
END
for half in written checked; do
    run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --json --half $half
    HALF=$half python3 - <<'END' || fail "--half $half"
import json, os
a, b, half = json.load(open("report.json")), json.load(open("out")), os.environ["HALF"]
assert b["labels"]["agent"]["greet"]["tp"] == a["labels"]["agent"]["greet"]["halves"][half]["tp"]
assert b["turns"] == a["half_turns"][half] and 0 < b["turns"] < a["turns"]
END
done

# several labels for one
sed 's/"greet"/"salute"/' turns.ndjson | awk 'NR % 2 { print; next } { gsub(/"salute"/, "\"greet\""); print }' >two.ndjson
sed 's/^greet: {/greet: {label: [greet, salute], /' map.yaml >two.yaml
run rules validate "$here/pack" --labels two.ndjson --map two.yaml --json
python3 "$oracle" labels truth.json out || fail "two names of one label give other figures"

# for people
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --worst 2 --html page.html
exits 0 "the table"
says out '^greet +[0-9]+ +0\.[0-9]' "a label's row"
says out '^empathy +[0-9]+ .*[0-9]$' "a behaviour"
says out 'false hit of hello c[0-9]+:[0-9]+' "a false hit"
says out '^      \[(hi|Hello)\]' "its words are marked"
[ "$(awk '{ gsub(/[\x80-\xBF]/, ""); if (length > 80) print }' out | wc -l)" -eq 0 ] || fail "the table is wider than 80 columns"
says page.html '<table' "the page"
python3 -c '
import html.parser
class P(html.parser.HTMLParser):
    pass
P().feed(open("page.html").read())' || fail "the page is no HTML"
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --label empathy
says out '^sorry +[0-9]+' "--label shows the cues"
silent out '^greet ' "and no other label"
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --label nonsense
exits 2 "a label that the map does not have"

cp turns.ndjson kept.ndjson
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --html turns.ndjson
exits 2 "a page under the labels' name"
same turns.ndjson kept.ndjson "the labels are still there"

# what identifies people does not leave
echo '{"text":"hello, my card is 4111 1111 1111 1111","speaker":"agent","labels":["deed"]}' >card.ndjson
run rules validate "$here/pack" --labels card.ndjson --map map.yaml --worst 3
says out '\[card\]' "a mask"
silent out '4111' "a card number"

# events with labels: what came before is the file's, by seq
mkdir near && cat >near/pack.yaml <<'END'
pack: near
version: 1.0.0
dimensions: {communicate: {weight: 1}}
cues:
  - {id: thanks, speaker: customer, why: Thanks, phrases: ["thanks"], hit: ["thanks"], miss: ["no"]}
  - {id: hello, speaker: agent, why: A greeting in reply, replies: true, phrases: ["hello"], hit: ["hello"], miss: ["no"]}
END
echo 'greet: {speaker: agent, any: [hello]}' >near.yaml
cat >labelled.ndjson <<'END'
{"interaction_id":"b","seq":2,"speaker":"agent","text":"hello","labels":["greet"]}
{"interaction_id":"a","seq":1,"speaker":"customer","text":"thanks"}
{"interaction_id":"a","seq":3,"speaker":"agent","text":"hello","labels":[]}
{"interaction_id":"a","seq":2,"speaker":"agent","text":"hello","labels":["greet"]}
{"interaction_id":"b","type":"start","seq":0}
{"interaction_id":"b","seq":1,"speaker":"agent","text":"hm","labels":null}
END
run rules validate near --labels labelled.ndjson --map near.yaml --json
exits 0 "events with labels"
python3 - <<'END' || fail "the context of events"
import json
greet = json.load(open("out"))["labels"]["agent"]["greet"]
assert (greet["tp"], greet["fp"], greet["fn"], greet["tn"]) == (1, 0, 1, 1), greet
END

# bad labels
{
    echo '{"text":"hi","speaker":"agent"}'
    echo '{"text":"hi","speaker":"agnet","labels":[]}'
    echo '{"text":7,"speaker":"agent","labels":"greet"}'
    echo '{"text":"hi","speaker":"agent","labels":[] '
    printf '{"text":"caf\xe9","speaker":"agent","labels":[]}\n'
    echo '[1]'
    echo '{"text":"hi","speaker":"agent","labels":[],"before":["no speaker"]}'
    echo '{"text":"hi","text":"ho","speaker":"agent","labels":[]}'
    echo '{"text":"hi","speaker":"agent","labels":["greet"]}'
} >bad.ndjson
run rules validate "$here/pack" --labels bad.ndjson --map map.yaml
exits 2 "bad labels"
says err 'bad.ndjson:1:1: error: the line has no "labels"' "no labels"
says err 'bad.ndjson:2:24: error: unknown speaker "agnet"' "an unknown speaker"
says err 'bad.ndjson:3:9: error: "text" is not text' "text that is none"
says err 'bad.ndjson:3:38: error: "labels" is not a list' "both faults of a line"
says err 'bad.ndjson:4:44: error: this is no JSON' "no JSON"
says err 'bad.ndjson:5:13: error: this is no UTF-8' "no UTF-8"
says err 'bad.ndjson:6:1: error: this is no JSON object' "no object"
says err 'bad.ndjson:7:54: error: an earlier turn' "before without a speaker"
says err 'bad.ndjson:8:21: error: "text" stands in the line twice' "a key twice"
yes '{}' | head -n 200 >many.ndjson
run rules validate "$here/pack" --labels many.ndjson --map map.yaml
says err 'and 150 more faults' "told up to a number"
: >empty.ndjson
run rules validate "$here/pack" --labels empty.ndjson --map map.yaml
exits 2 "an empty file"
says err 'empty.ndjson: error: the file is empty' "an empty file"
echo '{"text":"hi","speaker":"agent","labels":["other"]}' >other.ndjson
run rules validate "$here/pack" --labels other.ndjson --map map.yaml
exits 2 "nothing matches"
says err 'the map does not know are not measured: other' "an unmapped label"
says err 'nothing matches' "nothing matches"
run rules validate "$here/pack" --labels none.ndjson --map map.yaml
exits 3 "labels that are not there"
printf 'id,text\r\n1,x\r\n' >bad.csv
run rules validate "$here/pack" --labels bad.csv --map map.yaml
says err 'bad.csv:1:1: error: there is no column "speaker"' "a column that is missing"
printf 'speaker,text,labels\nagent,"a ""b""\n' >open.csv
run rules validate "$here/pack" --labels open.csv --map map.yaml
exits 2 "an open quote"
says err 'open.csv:2:1: error: a quote is opened' "an open quote"
printf 'speaker,text,labels\nagent,a,b,c\n' >wide.csv
run rules validate "$here/pack" --labels wide.csv --map map.yaml
says err 'wide.csv:2:1: error: this row has 4 fields' "a row that is too wide"

# bad maps
cat >bad.yaml <<'END'
greet: {speaker: agent, any: [helo]}
empathy: {speaker: agent, ayn: [sorry]}
deed: {speaker: nobody, any: []}
two: {label: greet, speaker: agent, any: [hello, hello]}
three: {speaker: agent, any: [trouble]}
four: word
END
run rules validate "$here/pack" --labels turns.ndjson --map bad.yaml
exits 2 "a bad map"
says err 'bad.yaml:1:31: error: the pack has no cue helo' "an unknown cue"
says err 'did you mean hello\?' "and the nearest one"
says err 'bad.yaml:2:27: error: unknown key ayn' "an unknown key"
says err 'bad.yaml:2:1: error: the label has no cues' "no cues"
says err 'bad.yaml:3:17: error: unknown speaker nobody' "an unknown speaker"
says err 'bad.yaml:4:1: error: .*mapped already: greet' "a label twice"
says err 'bad.yaml:4:50: error: .*second time: hello' "a cue twice"
says err 'bad.yaml:5:31: error: the cue is for another speaker: trouble' "a cue of another speaker"
says err 'bad.yaml:6:7: error: a label is mapped by' "no mapping"

# ratings
run rules validate "$here/pack" --ratings ratings.ndjson --events events.ndjson --json
exits 0 "ratings"
cp out ratings.json
run score events.ndjson --pack "$here/pack" --out scores.ndjson
python3 "$oracle" ratings ratings.ndjson scores.ndjson ratings.json || fail "the correlations differ from the oracle's"
run rules validate "$here/pack" --ratings ratings.ndjson --events events.ndjson --threads 1 --json
same out ratings.json "threads have no say"
run rules validate "$here/pack" --labels turns.ndjson --map map.yaml --ratings ratings.ndjson --events events.ndjson --html page.html
exits 0 "both together"
says out '^care +[0-9]+ +-?0\.' "the table of ratings"
says out 'where readers and score are furthest apart' "who lies apart"
says page.html 'Spearman' "ratings on the page"
echo '{"interaction_id":"nobody","care":50}' >more.ndjson
run rules validate "$here/pack" --ratings ratings.ndjson --ratings more.ndjson --events events.ndjson
says out '40 rated conversations found in the events, 1 not' "a rating without events"
run rules validate "$here/pack" --ratings more.ndjson --events events.ndjson
exits 2 "no rating has events"
printf '%s\n' '{"care":5}' '{"interaction_id":"c1","care":101}' '{"interaction_id":"c1","care":"5"}' '{"interaction_id":"c1"}' 'x' >bad.ndjson
run rules validate "$here/pack" --ratings bad.ndjson --events events.ndjson
exits 2 "bad ratings"
says err 'bad.ndjson:1:1: error: .*interaction_id' "no id"
says err 'bad.ndjson:2:31: error: "care" is no number' "out of range"
says err 'bad.ndjson:5:1: error: this is no JSON' "no JSON"
cat ratings.ndjson ratings.ndjson >twice.ndjson
run rules validate "$here/pack" --ratings twice.ndjson --events events.ndjson
says err 'c1 is rated twice' "twice"

# usage
for arguments in "" "$here/pack" "$here/pack --labels turns.ndjson" "$here/pack --map map.yaml" "$here/pack --ratings ratings.ndjson" \
    "$here/pack more" "$here/pack --labels a --map m --ratings r --events e x"; do
    # shellcheck disable=SC2086
    run rules validate $arguments
    exits 2 "usage: $arguments"
done
run rules validate --help
exits 0 help
finish

#!/bin/bash
# rules profile: counts that agree with grep's, a slow rule found, faults, samples, the ways it is shown.
. "$(dirname "$0")/lib.sh"
demo="$root/demo/conversations"

# every turn timed: what a cue hit is what grep finds
grep -hv '"type": *"edit"' "$demo"/*.ndjson >messages.ndjson # edits are scanned, and no turns for grep
run rules profile customer-care messages.ndjson --every 1 --top 0 --json --threads 2
exits 0 "profile of the demo"
cp out profile.json
run grep --pack customer-care messages.ndjson --count --json
cp out counts.json
run rules list customer-care --cues --json
cp out list.json
python3 - <<'P' || fail "counts of profile and grep"
import json
profile = json.load(open("profile.json"))
counts = {r["cue"]: r["turns"] for r in map(json.loads, open("counts.json"))}
kinds = {r["cue"]: r["kind"] for r in map(json.loads, open("list.json"))}
cues = {c["cue"]: c for c in profile["cues"]}
assert profile["exact"] and profile["timed_turns"] == profile["turns"] > 100, profile["turns"]
assert set(cues) == set(kinds), set(cues) ^ set(kinds)
compared = hits = 0
for id, cue in cues.items():
    assert cue["judged"] == (kinds[id] not in ("phrases", "weights")), cue
    if id in counts and not cue["judged"]:
        assert cue["turns_hit"] == counts[id], (id, cue, counts[id])
        assert cue["hits"] >= cue["turns_hit"] and (cue["hits"] == 0 or cue["candidates"] > 0), cue
        compared += 1
        hits += cue["turns_hit"]
    if cue["verifications"]:
        assert cue["ns"] > 0 and (cue["ns_hit"] is not None or cue["ns_no_hit"] is not None), cue
assert compared > 50 and hits > 100, (compared, hits)
share = sum(c["share"] for c in profile["cues"]) + sum(s["share"] for s in profile["shared"])
assert abs(share - 1) < 1e-3, share
assert profile["cues"] == sorted(profile["cues"], key=lambda c: -c["ns"])
composed = [c for c in profile["cues"] if c["judged"]]
assert any(c["turns_hit"] for c in composed), "combinations and echoes are timed where they are judged"
P

# a slow expression, and one that gives up, among ordinary rules
cp -r "$here/pack" slow
cat >slow/slow.yaml <<'Y'
cues:
  - {id: planted.slow, speaker: customer, why: Slow, regex: ['(\w+\s+){3,9}zebra'], hit: ["one two three zebra"], miss: ["zebra"]}
  - {id: planted.fault, speaker: agent, why: Gives up, regex: ['((z+)*)*[qj]'], hit: ["zzq"], miss: ["x"]}
Y
for i in $(seq 40); do
    event "c$i" 1 customer "my parcel is late and broken and this is the third time that I ask where on earth a zebra is by now"
    event "c$i" 2 agent "Hello, I am so sorry about that."
done >slow.ndjson
event f 1 agent zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz >>slow.ndjson
run rules profile slow slow.ndjson --json
exits 0 "a pack with slow rules"
python3 - <<'P' || fail "the slow rule comes first, faults are counted"
import json
profile = json.load(open("out"))
cues = {c["cue"]: c for c in profile["cues"]}
assert profile["every"] == 1, "a small archive is timed whole"
assert profile["cues"][0]["cue"] == "planted.slow", [c["cue"] for c in profile["cues"]]
assert cues["planted.slow"]["turns_hit"] == 40 and cues["planted.fault"]["faults"] == 1 and cues["planted.fault"]["turns_hit"] == 0
assert cues["trouble"]["turns_hit"] == 40 and cues["hello"]["turns_hit"] == 40
P
run rules profile slow slow.ndjson --sort faults --top 1
exits 0 "by faults"
says out '^planted\.fault +[0-9]+ +[0-9]+ +- +- +1 ' "the rule that gives up"
says out '^and [0-9]+ more: --top 0' "how many there are besides"
says out '^Every turn was timed: counts are exact' "that it is exact"

# a table of 80 columns, whatever is in it
for options in "" "--top 0" "--every 3" "--sort hit-ns"; do
    # shellcheck disable=SC2086
    run rules profile customer-care "$demo" $options
    exits 0 "profile $options"
    [ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail "profile $options: wider than 80 columns"
    says out '^  fold: .* [0-9.]+$' "shared work"
    says out '100\.0$' "all of it"
done
run rules profile customer-care "$demo" --every 3
says out 'about one turn in 3;' "that it is a sample"
run rules profile customer-care "$demo" --every 1000000
exits 0 "hardly a turn timed"

run rules profile customer-care "$demo" --html page.html
exits 0 "--html"
says page.html '<table' "a page"
says page.html 'What rules cost' "a page"
cp "$demo"/*.ndjson .
archive=$(ls ./*.ndjson | head -1)
cp "$archive" before
run rules profile customer-care "$archive" --html "$archive"
exits 2 "a page under the archive's name"
same "$archive" before "the archive is still there"
run rules profile customer-care "$demo" --html /nope/page.html
exits 3 "a page that cannot be written"
run rules profile customer-care
exits 2 "no archive"
run rules profile nope "$demo"
exits 2 "no such pack"
run rules profile customer-care /nope
exits 3 "no such archive"
run rules profile customer-care "$demo" --sort tme
exits 2 "an order that is none"

# a cue that sums up others: its phrases where they are scanned, the sum where it is judged
cp -r "$here/pack" summed
cat >summed/summed.yaml <<'Y'
cues:
  - id: summed
    speaker: agent
    why: Sorry, and does something
    weights: [{phrase: "will check", weight: 1}, {cue: sorry, weight: 1}]
    threshold: 2
    hit: ["I am so sorry about that. I will check"]
    miss: ["I will check"]
Y
{ conversation a; conversation b; event b 4 agent "I will check"; } >summed.ndjson
run rules profile summed summed.ndjson --json
python3 - <<'P' || fail "a sum"
import json
cues = {c["cue"]: c for c in json.load(open("out"))["cues"]}
assert cues["summed"]["judged"] and cues["summed"]["turns_hit"] == 2 and cues["summed"]["candidates"] == 3 + 2, cues["summed"]
P
run rules list summed --json
says out '"cue":"summed".*"kind":"sum"' "the kind of a sum"

# with scorecards, which are the same
for i in $(seq 30); do sed "s/\"interaction_id\":\"/&$i-/" slow.ndjson; done >long.ndjson
run score long.ndjson --pack slow --pack team-care --out plain.ndjson -q
run score long.ndjson --pack slow --pack team-care --out profiled.ndjson -q --profile costs.json
exits 0 "score --profile"
same plain.ndjson profiled.ndjson "scorecards, profiled or not"
python3 - <<'P' || fail "score --profile"
import json
small, team = map(json.loads, open("costs.json"))
assert small["pack"]["name"] == "small" and team["pack"]["name"] == "team-care"
assert small["every"] == 64 and small["turns"] == 30 * 81 and 0 < small["timed_turns"] < 300, small
assert small["timed_turns"] == team["timed_turns"], "packs are timed on the same turns"
assert next(s for s in small["shared"] if s["work"] == "fold")["ns"] > 0
P
run score long.ndjson --pack slow --profile long.ndjson -q
exits 2 "a profile over what is read"
run score long.ndjson --pack slow --profile /nope/costs.json -q
exits 3 "a profile that cannot be written"

# packs and archives without anything in them
printf 'not json\n' >bad.ndjson
run rules profile "$here/pack" bad.ndjson
exits 0 "an archive without events"
says err 'no ' "what is wrong with it"
run rules profile "$here/pack" bad.ndjson --json
python3 -c 'import json; p = json.load(open("out")); assert p["turns"] == 0 and p["ns"] == 0, p' || fail "JSON of nothing"
finish

#!/bin/bash
# sample: turns that people label, and the way back through rules validate.
. "$(dirname "$0")/lib.sh"
demo=$root/demo/conversations
map=$root/rules/customer-care/validity/care_gold.yaml

run sample "$demo" --turns 90 --by label --map "$map" --speaker both --out drawn.csv --json
exits 0 "a sample"
cp out strata.json

cat >check.py <<'PYTHON'
# The sample against the archive and the strata that are told.
import collections, csv, json
rows = list(csv.DictReader(open("drawn.csv", newline="", encoding="utf-8"), strict=True))
told = json.load(open("strata.json"))
assert list(rows[0]) == "id speaker channel before text machine human stratum weight".split(), list(rows[0])
assert len(rows) == 90 == told["drawn"], (len(rows), told["drawn"])
ids = [r["id"] for r in rows]
assert len(set(ids)) == 90, "a turn stands once"
assert all(r["human"] == "" for r in rows)
assert {r["speaker"] for r in rows} <= {"agent", "customer", "lead"}
before = [sum(l.split(": ")[0] in ("agent", "lead", "customer", "bot", "system") for l in r["before"].split("\n")) for r in rows]
assert max(before) == 3, before
strata = {s["stratum"]: s for s in told["strata"]}
drawn = collections.Counter(s for r in rows for s in r["stratum"].split())
for name, stratum in strata.items():
    assert drawn[name] == stratum["drawn"] <= stratum["turns"], (name, stratum, drawn[name])
assert strata["random"]["turns"] == told["turns"] and strata["random"]["drawn"] >= 9
counts = [s["drawn"] for n, s in strata.items() if s["turns"] >= 10 and n != "random"]
assert max(counts) - min(counts) <= 1, "equal shares"
# Every stratum but random that a turn is of is a label of its machine column, or "nothing".
for r in rows:
    of = [f"{'customer' if r['speaker'] == 'customer' else 'agent'}.{l}" for l in r["machine"].split()] or ["nothing"]
    assert set(r["stratum"].split()) - {"random"} <= set(of), r
    missed = 1
    for name in of + ["random"]:
        missed *= 1 - strata[name]["drawn"] / strata[name]["turns"]
    assert abs(float(r["weight"]) - 1 / (1 - missed)) < .001, (r, 1 / (1 - missed))
PYTHON
python3 check.py || fail "the sample is what it says"

# The same bytes whatever the threads and the order of files; another seed, another sample.
run sample "$demo" --turns 90 --by label --map "$map" --speaker both --out again.csv --threads 1
same drawn.csv again.csv "one thread"
files=$(printf '%s\n' "$demo"/* | sort -r)
# shellcheck disable=SC2086
run sample $files --turns 90 --by label --map "$map" --speaker both --threads 3
same drawn.csv out "files in another order, to standard output"
says err '^90 turns drawn of [0-9]+, from' "a line on what was drawn"
run sample "$demo" --turns 90 --by label --map "$map" --speaker both --seed 5
cmp -s drawn.csv out && fail "another seed draws the same"
run sample "$demo" --turns 20 --speaker customer --out cues.csv
exits 0 "by cue"
says out '^random +[0-9]+ +2$' "the table of strata"
says cues.csv 'customer\.[a-z_]+.*customer\.' "cues in the machine's column"
[ "$(awk '{ gsub(/[\x80-\xBF]/, ""); if (length > 80) print }' out | wc -l)" -eq 0 ] || fail "80 columns"
for by in queue channel none; do
    run sample "$demo" --turns 20 --by $by --before 0 --out by.csv --quiet
    exits 0 "by $by"
    [ ! -s out ] || fail "quiet says something"
    python3 -c 'import csv; rows = list(csv.DictReader(open("by.csv", newline=""))); assert len(rows) == 20 and not any(r["before"] for r in rows)' ||
        fail "by $by"
done
run sample "$demo" --turns 30 --by label --map "$map" --labels apology,thanks --out two.csv --json
python3 - <<'PYTHON' || fail "two labels alone"
import csv, json
told = {s["stratum"] for s in json.load(open("out"))["strata"]}
assert told == {"random", "nothing", "agent.apology", "agent.thanks"}, told
assert {l for r in csv.DictReader(open("two.csv", newline="")) for l in r["machine"].split()} == {"apology", "thanks"}
PYTHON

# People label: one row in three they change, one is left for later.
cat >label.py <<'PYTHON'
import collections, csv, json, sys
rows = list(csv.DictReader(open("drawn.csv", newline="", encoding="utf-8")))
counts = collections.defaultdict(collections.Counter)
changed = labelled = 0
for i, r in enumerate(rows):
    machine, human = set(r["machine"].split()), set(r["machine"].split())
    if i % 3 == 0:
        human ^= {"thanks"}
    if i == 1:
        continue
    r["human"] = " ".join(sorted(human)) or "-"
    labelled += 1
    changed += machine != human
    who = "customer" if r["speaker"] == "customer" else "agent"
    for label in machine | human:
        counts[who, label]["kept" if label in machine & human else "removed" if label in machine else "added"] += 1
# as spreadsheets write: a byte order mark, CRLF, other columns beside
with open("back.csv", "w", newline="", encoding="utf-8-sig") as out:
    writer = csv.DictWriter(out, list(rows[0]) + ["note"])
    writer.writeheader()
    for r in rows:
        writer.writerow({**r, "note": "=SUM(A1)"})
json.dump([labelled, changed, [[*k, v] for k, v in sorted(counts.items())]], open("truth.json", "w"))
PYTHON
python3 label.py || fail "labelling"
run rules validate customer-care --labels back.csv --map "$map" --json
exits 0 "validate reads it back"
python3 - <<'PYTHON' || fail "what people changed"
import json
labelled, changed, counts = json.load(open("truth.json"))
report = json.load(open("out"))
told = report["overrides"]
assert report["turns"] == told["turns"] == labelled and told["changed"] == changed > 10, (report["turns"], told["turns"], labelled, changed)
rows = {(r["speaker"], r["label"]): r for r in told["labels"]}
for speaker, label, row in counts:
    got = rows.pop((speaker, label))
    for key in ("kept", "added", "removed"):
        assert got[key] == row.get(key, 0), (speaker, label, key, got, row)
    assert got["machine"] == got["kept"] + got["removed"]
    truth = report["labels"][speaker][label]
    assert truth["n"] == got["kept"] + got["added"], (truth, got)
assert all(r["kept"] == r["added"] == r["removed"] == 0 for r in rows.values())
PYTHON
run rules validate customer-care --labels back.csv --map "$map" --label thanks
says out 'Overridden by people' "the table"
says out '^agent\.thanks +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+$' "a row of it"
silent out '^agent\.greet +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+$' "other labels"

# The machine's column by cues is as good: the map says what they mean.
python3 - <<'PYTHON'
import csv
rows = list(csv.DictReader(open("cues.csv", newline="", encoding="utf-8")))
with open("cues-back.csv", "w", newline="", encoding="utf-8") as out:
    writer = csv.DictWriter(out, list(rows[0])); writer.writeheader()
    for r in rows:
        r["human"] = "question" if r["text"].endswith("?") else "-"
        writer.writerow(r)
PYTHON
run rules validate customer-care --labels cues-back.csv --map "$map" --json
python3 -c '
import json
rows = {(r["speaker"], r["label"]): r for r in json.load(open("out"))["overrides"]["labels"]}
assert any(r["machine"] > 0 for r in rows.values()) and all(k[0] == "customer" for k, r in rows.items() if r["machine"]), rows' ||
    fail "cues in the machine's column"
sed 's/,machine,/,other,/' back.csv >alone.csv
run rules validate customer-care --labels alone.csv --map "$map" --json
silent out overrides "labels without a machine beside them"

# Counted by hand: cue ids, a label's own name, a dispute, a row that nobody labelled, another speaker.
cat >few.csv <<'END'
id,speaker,text,machine,human,disputed
a:1,agent,Hello there,hello,greet,
a:2,agent,Hello there,greet hello,-,
a:3,agent,Yes,,greet empathy,
a:4,agent,Hello there,hello,empathy,greet
a:5,agent,Hello there,hello,,
a:6,agent,So sorry about it,unheard,empathy,true
a:7,customer,hello,hello,-,
END
printf 'greet: {speaker: agent, any: [hello]}\nempathy: {speaker: agent, any: [sorry]}\n' >few.yaml
run rules validate "$here/pack" --labels few.csv --map few.yaml --json
python3 -c '
import json
told = json.load(open("out"))["overrides"]
assert (told["turns"], told["changed"]) == (5, 3), told
rows = [(r["label"], r["machine"], r["kept"], r["removed"], r["added"]) for r in told["labels"]]
assert rows == [("greet", 2, 1, 1, 1), ("empathy", 0, 0, 0, 2)], rows' || fail "overrides counted by hand"

# What would be a formula, and what identifies people.
{
    printf '{"interaction_id":"@x","seq":1,"speaker":"customer","customer_name":"Rosalind Tanner","text":"%s"}\n' "=cmd|' /C calc'!A0"
    printf '{"interaction_id":"@x","seq":2,"speaker":"customer","text":"%s"}\n' "it is Rosalind, 4111 1111 1111 1111"
    printf '{"interaction_id":"@x","seq":3,"speaker":"customer","text":"%s"}\n' "'twas"
    printf '{"interaction_id":"@x","seq":4,"speaker":"customer","text":"%s"}\n' "''=1"
} >formula.ndjson
run sample formula.ndjson --speaker customer --pack "$here/pack"
exits 0 formulas
python3 -c '
import csv
rows = list(csv.DictReader(open("out", newline="")))
assert len(rows) == 4 and not any(v[:1] in tuple("=+-@\t") for r in rows for v in r.values() if v), rows
assert rows[2]["text"] == chr(39) + "twas", rows[2]' || fail "no cell is a formula"
silent out 'Rosalind|4111' "redacted"
run sample formula.ndjson --speaker customer --pack "$here/pack" --verbatim
says out 'Rosalind, 4111 1111 1111 1111' "verbatim"
python3 - <<'PYTHON' || fail "labels on guarded cells"
import csv
rows = list(csv.DictReader(open("out", newline="")))
with open("verbatim.csv", "w", newline="") as out:
    writer = csv.DictWriter(out, list(rows[0])); writer.writeheader()
    for r in rows:
        writer.writerow({**r, "human": "trouble"})
PYTHON
echo 'trouble: {speaker: customer, any: [trouble]}' >trouble.yaml
run rules validate "$here/pack" --labels verbatim.csv --map trouble.yaml --json
python3 -c '
import json
report = json.load(open("out"))
assert sorted((w["id"], w["text"]) for w in report["worst"])[0][0].startswith("@x:"), report["worst"]
assert report["conversations"] == 1' || fail "ids come back without the guard"

# Nothing to draw from, and less than what is asked for.
: >empty.ndjson
run sample empty.ndjson
exits 0 "an empty archive"
[ "$(cat out)" = "id,speaker,channel,before,text,machine,human,stratum,weight" ] || fail "the header alone"
conversation a >one.ndjson
run sample one.ndjson --speaker both --turns 50
says err '^3 turns drawn of 3,' "all there are"
event b 1 bot "hello" >bot.ndjson
run sample bot.ndjson
exits 0 "no turn of an agent"
says err 'nothing to draw from' "which is said"

# Wrong usage.
printf 'two words: {speaker: agent, any: [hello]}\n' >words.yaml
cp one.ndjson one.csv
while read -r wanted arguments; do
    # shellcheck disable=SC2086
    run sample $arguments
    exits "$wanted" "sample $arguments"
    [ -s err ] || fail "sample $arguments: says nothing"
done <<END
2
2 one.ndjson --turns 0
2 one.ndjson --turns 10001
2 one.ndjson --by agent
2 one.ndjson --by label
2 one.ndjson --labels thanks
2 one.ndjson --map $map --labels nonsense
2 one.ndjson --map $map --labels request
2 one.ndjson --pack $here/pack --map words.yaml
2 one.ndjson --pack $here/pack --map $map
2 one.ndjson --pack $here/pack --pack customer-care
2 one.ndjson --out sample.ndjson
2 one.ndjson --json
2 one.csv --out one.csv
2 -
3 nowhere.ndjson
3 one.ndjson --map nowhere.yaml
3 one.ndjson --out nowhere/sample.csv
END
same one.csv one.ndjson "an input that was named as output"
# what people have labelled is not drawn over; what nobody has, is
run sample one.ndjson --out again.csv
exits 0 "a sample"
run sample one.ndjson --out again.csv --seed 2
exits 0 "another one in its place"
printf 'id,speaker,text,human\nc:1,agent,hello,greet\n' >done.csv
cp done.csv kept.csv
run sample one.ndjson --out done.csv
exits 2 "a sample over labels"
says err 'done.csv: people have labelled rows of it .1.' "whose labels"
same done.csv kept.csv "the labels are still there"
run sample --help
exits 0 help
says out 'random" is for rates' "what random is for"
[ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail "the help is too wide"
finish

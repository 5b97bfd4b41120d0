#!/bin/bash
# rules fit: what it prints is a cue that a pack takes, and that is worth what it says.
. "$(dirname "$0")/lib.sh"

# Labels that an expression can tell and no cue of the pack means: whoever says what he does, or is about to do.
cat >label.py <<'PYTHON'
import glob, json, re, sys
with open("turns.ndjson", "w", encoding="utf-8") as out:
    for name in sorted(glob.glob(sys.argv[1] + "/*")):
        for line in open(name, encoding="utf-8"):
            event = json.loads(line)
            if event.get("speaker") == "agent" and event.get("text") and event.get("type", "message") == "message":
                event["labels"] = ["deed"] if re.search("\\b(i['\u2019]ll|i will|going to|i['\u2019]ve)\\b", event["text"].lower()) else []
            out.write(json.dumps(event) + "\n")
PYTHON
python3 label.py "$root/demo/conversations" || fail "labelling"
echo 'deed: {speaker: agent, any: [my.deed]}' >map.yaml

# The printed cue, with examples, in a pack of its own.
pack() { # FOLDER
    mkdir -p "$1"
    { printf 'pack: fitted\nversion: 1.0.0\nextends: customer-care\n---\n' && cat "$1.yaml" &&
        printf '    hit: ["I will look into it now and I will call you back"]\n    miss: ["Hello there"]\n'; } >"$1/pack.yaml"
    run rules check "$1"
    exits 0 "rules check $1"
    silent err error "rules check $1"
    run rules test "$1"
    exits 0 "rules test $1"
    says out '0 failed' "rules test $1"
}

# What fit says of the turns that it was learnt from is what validate measures on them.
worth() { # FOLDER HALF
    run rules validate "$1" --labels turns.ndjson --map map.yaml --json --half "$2"
    exits 0 "validate $1"
    FIT=$1.json python3 - <<'PYTHON' || fail "$1 is worth what fit says"
import json, os
fit = json.load(open(os.environ["FIT"]))
deed = json.load(open("out"))["labels"]["agent"]["deed"]
assert deed["n"] == fit["labelled"] >= 10 and deed["evaluated"] == fit["turns"], (deed, fit)
for figure in ("precision", "recall", "f1", "kappa"):
    assert abs(deed[figure] - fit["learnt"][figure]) < .001, (figure, deed[figure], fit["learnt"])
assert .5 < fit["learnt"]["f1"] < 1 and fit["nested"]["f1"] < fit["learnt"]["f1"], fit
PYTHON
}

for kind in both written no-cues; do
    half=both
    more=()
    [ $kind = written ] && half=written && more=(--half written --least 3)
    [ $kind = no-cues ] && more=(--no-cues --phrases 12 --share 25)
    run rules fit --labels turns.ndjson --label deed --id my.deed "${more[@]}"
    exits 0 "fit $kind"
    cp out $kind.yaml
    says $kind.yaml '^# my\.deed: learnt .* from [0-9]+ turns of [0-9]+ conversations, [0-9]+ of them "deed"\.$' "what it was learnt from"
    says $kind.yaml 'had not seen .*F1 0\.[0-9]+' "what it is worth elsewhere"
    says $kind.yaml '^    threshold: [0-9]+\.[0-9]+$' "a threshold"
    run rules fit --labels turns.ndjson --label deed --id my.deed "${more[@]}"
    same out $kind.yaml "a second run, $kind"
    tac turns.ndjson >backwards.ndjson
    run rules fit --labels backwards.ndjson --label deed --id my.deed "${more[@]}"
    same out $kind.yaml "the order of lines, $kind"
    run rules fit --labels turns.ndjson --label deed --id my.deed "${more[@]}" --json
    exits 0 "fit $kind --json"
    cp out $kind.json
    python3 - $kind <<'PYTHON' || fail "YAML and JSON say the same of $kind"
import json, re, sys
fit, text = json.load(open(sys.argv[1] + ".json")), open(sys.argv[1] + ".yaml", encoding="utf-8").read()
rows = re.findall(r'- \{(phrase|cue): "?([^"},]+)"?, weight: (-?[0-9.]+)\} *# (\d+), (\d+)', text)
told = [(k, w[k], f'{w["weight"]:.2f}', str(w["turns"]), str(w["labels"])) for w in fit["weights"] for k in ("phrase", "cue") if k in w]
assert rows == told and rows, (rows, told)
assert f'threshold: {fit["threshold"]:.2f}' in text
PYTHON
    pack $kind
    worth $kind $half
done
silent no-cues.yaml '\{cue:' "phrases alone"
[ "$(grep -c '{phrase:' no-cues.yaml)" -le 12 ] || fail "more phrases than were asked for"
run rules fit --labels turns.ndjson --label deed --id my.deed --seed 3
cmp -s out both.yaml && fail "another seed, the same folds"

# A cue that the pack has keeps its examples, and is not summed up in itself.
run rules fit --pack both --labels turns.ndjson --label deed --id my.deed
exits 0 "once more"
says out '^      - "I will look into it now and I will call you back"$' "the examples are kept"
silent out '\{cue: my\.deed' "a cue that goes by itself"
cp out again.yaml
diff both.yaml again.yaml | grep -q 'weight:' && fail "the same turns and cues, other weights"

# A CSV of labels does as well.
python3 - <<'PYTHON'
import csv, json
with open("turns.csv", "w", newline="", encoding="utf-8") as out:
    writer = csv.writer(out)
    writer.writerow(["id", "speaker", "text", "machine", "human"])
    for event in map(json.loads, open("turns.ndjson", encoding="utf-8")):
        if "labels" in event:
            writer.writerow([f'{event["interaction_id"]}:{event["seq"]}', "agent", event["text"], "", " ".join(event["labels"]) or "-"])
PYTHON
run rules fit --labels turns.csv --label deed --no-cues --phrases 12 --share 25 --id my.deed
exits 0 "labels as CSV"
same out no-cues.yaml "the CSV's cue"

# What cannot be learnt.
refused() { # TEXT ARGUMENT...
    local text=$1
    shift
    run rules fit "$@"
    exits 2 "fit $*"
    says err "$text" "fit $*"
    [ ! -s out ] || fail "fit $*: prints a cue all the same"
}
head -n 60 turns.ndjson >few.ndjson
refused '[0-9] of [0-9]+ turns of this speaker carry the label "deed": at least 10 must, and as many must not' \
    --labels few.ndjson --label deed
refused '0 of [0-9]+ turns of this speaker carry the label "other"' --labels turns.ndjson --label other
refused '0 of 0 turns of this speaker' --labels turns.ndjson --label deed --speaker customer
for i in $(seq 40); do
    printf '{"id":"c%s:1","speaker":"agent","text":"Indeed","labels":[%s]}\n' "$i" "$([ $((i % 2)) = 0 ] && echo '"x"')"
done >same.ndjson
refused 'nothing tells "x" from other turns' --labels same.ndjson --label x
echo '{"text":"hi","speaker":"agent"}' >bad.ndjson
refused 'bad.ndjson:1:1: error: the line has no "labels"' --labels bad.ndjson --label x
refused label --labels turns.ndjson
refused labels --label deed
refused operand --labels turns.ndjson --label deed more
refused folds --labels turns.ndjson --label deed --folds 1
run rules fit --labels nowhere.ndjson --label deed
exits 3 "labels that are not there"
run rules fit --help
exits 0 help
finish

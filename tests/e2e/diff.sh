#!/bin/bash
# rules diff: against what score and grep say of each pack by itself, and as a page.
. "$(dirname "$0")/lib.sh"
demo=$root/demo/conversations

mkdir our-care
cat >our-care/pack.yaml <<'YAML'
pack: our-care
version: 2.0.0
extends: customer-care
disable: [celebrate.glad]
set: {respond.empathy: {weight: 9}}
add:
  thanks.patience: {phrases: ["bear with me"]}
YAML
run rules check our-care
exits 0 "the new pack"

run rules diff customer-care our-care "$demo" --json --samples 5 --all --html page.html
exits 0 diff
cp out diff.json
for pack in customer-care our-care; do
    run score "$demo" --pack "$pack" --out "$pack.ndjson" --full --quiet
    exits 0 "score by $pack"
done
for cue in celebrate.glad thanks.patience; do
    run grep --pack customer-care --cue $cue --json "$demo"
    cp out "old-$cue"
done
run grep --pack our-care --cue thanks.patience --json "$demo"
cp out new-thanks.patience

cat >oracle.py <<'PYTHON'
# The same figures from scorecards of either pack, the long way round.
import collections, json, math, sys
diff = json.load(open("diff.json"))
texts = {}
for name in sys.argv[1:]:
    for e in map(json.loads, open(name, encoding="utf-8")):
        texts[e["interaction_id"], e.get("seq")] = e.get("text") or ""
cards = [{c["interaction_id"]: c for c in map(json.loads, open(p + ".ndjson"))} for p in ("customer-care", "our-care")]
assert cards[0].keys() == cards[1].keys() and len(cards[0]) == diff["interactions"] > 10

def turns(name):
    return {(h["interaction_id"], h["seq"]) for h in map(json.loads, open(name))}
cues = {c["cue"]: c for c in diff["cues"]}
glad, patience = cues["celebrate.glad"], cues["thanks.patience"]
old, new = turns("old-thanks.patience"), turns("new-thanks.patience")
assert glad["change"] == "removed" and patience["change"] == "changed", (glad, patience)
assert glad["lost"] == glad["before"] == len(turns("old-celebrate.glad")) > 0 == glad["after"], glad
assert (patience["before"], patience["after"]) == (len(old), len(new)), patience
assert patience["gained"] == len(new - old) > 0 and patience["lost"] == len(old - new) == 0, patience
for sample in patience["samples"]["gained"]:
    assert (sample["interaction_id"], sample["seq"]) in new - old, sample
    assert "bear with me" in sample["quote"].lower(), sample
    around = sample["text_before"].split(" ", 1)[-1] if sample["text_before"][:3] == "\u2026" else sample["text_before"]
    assert around + sample["quote"] in texts[sample["interaction_id"], sample["seq"]], sample
assert len(patience["samples"]["gained"]) == min(5, patience["gained"])

moves = collections.Counter()
for id in cards[0]:
    outcomes = [{(b["id"], b["agent_id"]): b["outcome"] for b in side[id]["behaviours"]} for side in cards]
    for key in outcomes[0].keys() | outcomes[1].keys():
        states = tuple(o.get(key, "no_opportunity") for o in outcomes)
        if states[0] != states[1]:
            moves[(key[0],) + states] += 1
told = collections.Counter({(b["behaviour"], m["from"], m["to"]): m["count"] for b in diff["behaviours"] for m in b["moves"]})
assert told == moves, (told, moves)
assert diff["moved_outcomes"] == sum(moves.values())

for score in diff["scores"]:
    name = "score" if score["score"] == "CARE" else score["score"]
    pairs = [(cards[0][id]["care"][name], cards[1][id]["care"][name]) for id in cards[0]]
    pairs = [(float(a), float(b)) for a, b in pairs if a is not None and b is not None]
    changes = [b - a for a, b in pairs]
    n, mean = len(pairs), sum(changes) / len(pairs)
    assert score["pairs"] == n and score["moved"] == sum(abs(c) > .001 for c in changes), (score, n)
    assert abs(score["change"] - mean) < 1e-3 and abs(score["before"] - sum(a for a, _ in pairs) / n) < 1e-3, (score, mean)
    spread = math.sqrt(sum((c - mean) ** 2 for c in changes) / (n - 1))
    assert abs(score["margin"] - 1.96 * spread / math.sqrt(n)) < .06 * score["margin"] + 1e-3, (score, spread)
    assert score["clear"] == (abs(mean) > score["margin"]), score
    if score["largest_down"]:
        assert abs(score["largest_down"][0]["after"] - score["largest_down"][0]["before"] - min(changes)) < .001, score

names = [a["agent_id"] for a in diff["agents"] if a["agent_id"] is not None]
assert names == sorted(names, key=str.encode) and len(names) > 3, names
means = collections.defaultdict(list)
for id in cards[0]:
    for a, b in zip(cards[0][id]["agents"], cards[1][id]["agents"]):
        if a["care"]["score"] is not None and b["care"]["score"] is not None:
            means[a["agent_id"]].append((float(a["care"]["score"]), float(b["care"]["score"])))
for agent in diff["agents"]:
    pairs = means[agent["agent_id"]]
    assert agent["pairs"] == len(pairs), agent
    if pairs:
        assert abs(agent["change"] - sum(b - a for a, b in pairs) / len(pairs)) < 1e-3, agent
assert any(s["moved"] for s in diff["scores"]), "the weight moves something"
PYTHON
python3 oracle.py "$demo"/* >out 2>err || fail "the figures are those of the scorecards"

cat >page.py <<'PYTHON'
# Every element closed, in order; nothing fetched; tables with captions and scopes.
import html.parser, sys
void = {"meta", "br", "link", "img"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(); self.open = []; self.tables = self.captions = self.scopes = self.heads = 0
    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "link", "img", "iframe"), tag
        assert not any(k in ("src", "href", "onclick") for k, _ in attrs), attrs
        self.tables += tag == "table"; self.captions += tag == "caption"; self.heads += tag == "th"
        self.scopes += any(k == "scope" for k, _ in attrs)
        if tag not in void: self.open.append(tag)
    def handle_startendtag(self, tag, attrs): pass
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open, self.getpos()); self.open.pop()
text = open(sys.argv[1], encoding="utf-8").read()
page = Page(); page.feed(text); page.close()
assert not page.open, page.open
assert page.tables == page.captions > 0 and page.scopes == page.heads, (page.tables, page.captions, page.scopes, page.heads)
import xml.dom.minidom
xml.dom.minidom.parseString(text.replace("<!DOCTYPE html>", "").encode())
PYTHON
python3 page.py page.html >out 2>err || fail "the page is well-formed"
says page.html 'thanks.patience' "the page names the cue"
says page.html 'bear with me</mark>' "and shows its words"

# The same bytes whatever the threads, and whatever the order of files.
run rules diff customer-care our-care "$demo" --json --samples 5 --all --html again.html --threads 1
same out diff.json "one thread"
same page.html again.html "one thread, the page"
run rules diff customer-care our-care "$demo" --json --samples 5 --all --threads 3
same out diff.json "three threads"
files=$(printf '%s\n' "$demo"/* | sort -r)
# shellcheck disable=SC2086
run rules diff customer-care our-care $files --json --samples 5 --all
same out diff.json "files in another order"

# The table.
run rules diff customer-care our-care "$demo"
exits 0 "the table"
says out '^cues .*gained +lost$' "cues"
says out '^  celebrate.glad +removed' "a cue that went"
says out '^    \+ .*agent: ' "a sample"
says out '»[Bb]ear with me«' "its words"
[ "$(awk '{ gsub(/[\x80-\xBF]/, ""); if (length > 80) print }' out | wc -l)" -eq 0 ] || fail "80 columns"
run rules diff customer-care our-care "$demo" --samples 0
silent out '«' "no samples"
run rules diff customer-care our-care "$demo" --quiet
exits 0 quiet
[ ! -s out ] || fail "quiet says something"
run rules diff customer-care our-care "$demo" --html -
says out '^<!DOCTYPE html>' "a page on standard output"
silent out '^cues ' "and no table with it"

# CI: an outcome that moves, none that moves, and packs that are the same.
{ event a 1 customer "my parcel is lost" && event a 2 agent "Greetings. I will check."; } >moves.ndjson
run rules diff "$here/pack" "$here/pack_next" moves.ndjson --fail-on-change
exits 1 "an outcome moved"
says out '^ +1  missed to delivered: a \(amy\)$' "which one"
says out '^1 outcome moves, in 1 of 1 interaction\.' "the sentence"
conversation b >stays.ndjson
run rules diff "$here/pack" "$here/pack_next" stays.ndjson --fail-on-change
exits 0 "no outcome moved"
says out 'No outcome moves' "and it is said"
run rules diff "$here/pack" "$here/pack" /dev/null --fail-on-change
exits 0 "the same pack"
says out 'The packs are the same' "and it is said"
run rules diff "$here/pack" "$here/pack" moves.ndjson --json
python3 -c 'import json; r = json.load(open("out")); assert r["identical"] is True and "cues" not in r' || fail "the same as JSON"

# Words of people in a page and in a table.
printf '{"interaction_id":"<b>\\u001b[31m","seq":1,"speaker":"customer","text":"lost"}\n{"interaction_id":"<b>\\u001b[31m","seq":2,"speaker":"agent","agent_id":"\\"><script>","text":"Greetings <i>you</i>"}\n' >bad.ndjson
run rules diff "$here/pack" "$here/pack_next" bad.ndjson --html bad.html
exits 0 "ids that are markup"
python3 page.py bad.html >page.out 2>&1 || { cat page.out; fail "they stay text"; }
silent bad.html '<script|<b>' "no markup from data"
silent out $'\033' "nothing that steers a terminal"
python3 -c 'import sys; sys.exit(b"\x1b" in open("bad.html", "rb").read())' || fail "no control characters"

# What stands around the words is redacted as they are; a pipe is not read twice.
printf '%s\n' '{"interaction_id":"r","seq":1,"speaker":"customer","customer_name":"Rosalind Tanner","text":"lost"}' \
    '{"interaction_id":"r","seq":2,"speaker":"agent","text":"Greetings Rosalind, write to anna@example.com, my dear"}' >named.ndjson
run rules diff "$here/pack" "$here/pack_next" named.ndjson --html named.html
says out '»Greetings« .*, write to' "the words around"
says out ', my dear' "on both sides"
run rules diff "$here/pack" "$here/pack_next" named.ndjson --json
for file in named.html out; do
    says $file 'Greetings' "the hit in $file"
    silent $file 'Rosalind|anna@' "redacted in $file"
done
"$program" rules diff "$here/pack" "$here/pack_next" - <named.ndjson >out 2>err || fail "from a pipe"
says out '»Greetings«$' "the words alone"

# Wrong usage.
run rules diff "$here/pack" moves.ndjson
exits 2 "one pack"
says err 'give two packs' "which is said"
run rules diff "$here/pack" nowhere moves.ndjson
exits 2 "a pack that is not there"
run rules diff "$here/pack" "$here/pack_next" gone.ndjson
exits 3 "an archive that is not there"
run rules diff "$here/pack" "$here/pack_next" moves.ndjson --html moves.ndjson
exits 2 "a page in the place of an archive"
run rules diff "$here/pack" "$here/pack_next" moves.ndjson --json --html -
exits 2 "two reports on standard output"
run rules diff "$here/pack" "$here/pack_next" moves.ndjson --html /nowhere/page.html
exits 3 "a page that cannot be written"
finish

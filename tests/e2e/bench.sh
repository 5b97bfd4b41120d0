#!/bin/bash
# bench: its figures agree with each other and with score's counts, whatever is measured; what it does where there is nothing to measure.
# How fast it was is nobody's business here.
. "$(dirname "$0")/lib.sh"
small="$here/pack"
few="--runs 1 --size 64K"

# JSON: as its schema says, and it adds up
run bench --pack "$small" --runs 2 --size 512K --threads 3 --json --top 0 --html page.html
exits 0 "the demo"
[ ! -s err ] || fail "nothing to say"
cp out bench.json
python3 - "$root/docs/bench.schema.json" <<'P' || fail "JSON as docs/bench.schema.json has it"
import json, sys
bench = json.load(open("bench.json"))
try:
    import jsonschema
except ImportError:
    print("skipped: the schema of bench, python3-jsonschema is not installed")
else:
    jsonschema.validate(bench, json.load(open(sys.argv[1])))
P
python3 - <<'P' || fail "figures that agree"
import json
b = json.load(open("bench.json"))
archive, stages, cores, rules = b["archive"], b["stages"], b["cores"], b["rules"]
assert archive["demo"] and archive["kind"] == "repeated" and archive["copies"] > 1 and archive["dead_letters"] == {}
assert 256 << 10 <= archive["bytes"] < 512 << 10, archive
assert archive["lines"] == archive["events"] > archive["turns"] > 0
whole = stages["whole_seconds"]["median"]
shares = sum(s["share"] for s in stages["stages"]) + stages["rest_seconds"] / whole
assert abs(shares - 1) < 1e-4, shares
match = next(s for s in stages["stages"] if s["stage"] == "match")
parts = sum(p["share"] for p in match["parts"])
assert abs(parts - max(match["share"], 0)) < 1e-4 and len(match["parts"]) == 7, (parts, match["share"])
assert all(not s["parts"] for s in stages["stages"] if s is not match)
assert [c["threads"] for c in cores] == [1, 2, 3] and len({c["scorecards_hash"] for c in cores}) == 1, cores
assert cores[0]["speed_up"] == cores[0]["efficiency"] == 1
assert cores[-1]["wall_seconds"] == b["throughput"]["wall_seconds"] and cores[0]["processor_seconds"] == stages["whole_seconds"]
assert [r["factor"] for r in rules] == [0.125, 0.25, 0.5, 1, 2, 4, 8]
sizes = [r["phrases"] + r["expressions"] for r in rules]
assert sizes == sorted(sizes)
pack = b["packs"][0]
assert (rules[3]["phrases"], rules[3]["expressions"]) == (pack["phrases"], pack["expressions"]) and rules[6]["phrases"] == 8 * pack["phrases"]
assert len(b["cues"]) == pack["cues"] and [c["ns_per_turn"] for c in b["cues"]] == sorted((c["ns_per_turn"] for c in b["cues"]), reverse=True)
rate, wall = b["throughput"]["events_per_second"], b["throughput"]["wall_seconds"]
assert abs(rate["median"] * wall["median"] / archive["events"] - 1) < 1e-2 and rate["least"] <= rate["median"] <= rate["most"]
P

# counts are the same in another process, and are score's
run bench --pack "$small" --runs 1 --size 512K --threads 1 --json
exits 0 "once more"
python3 - <<'P' || fail "the same counts in every process"
import json
a, b = json.load(open("bench.json")), json.load(open("out"))
assert a["archive"] == b["archive"] and a["cores"][0]["scorecards_hash"] == b["cores"][0]["scorecards_hash"]
assert [r["hits"] for r in a["rules"]] == [r["hits"] for r in b["rules"]]
assert len(b["cues"]) == 10 or len(b["cues"]) == b["packs"][0]["cues"]
P
for i in $(seq 300); do conversation "c$i"; done >chats.ndjson
gzip -c chats.ndjson >chats.ndjson.gz
run score --pack "$small" --pack team-care chats.ndjson --evidence refs --out cards.ndjson --quiet
run bench --pack "$small" --pack team-care chats.ndjson --runs 1 --size 100K --json
exits 0 "two packs, an archive of the right size"
python3 - "$(wc -c <cards.ndjson)" "$(wc -c <chats.ndjson)" <<'P' || fail "what score writes"
import json, sys
b = json.load(open("out"))
assert b["archive"]["kind"] == "files" and b["archive"]["copies"] == 1 and not b["archive"]["demo"]
assert (b["archive"]["interactions"], b["archive"]["events"], b["archive"]["bytes"]) == (300, 900, int(sys.argv[2]))
assert b["throughput"]["scorecards"] == 600 and b["throughput"]["scorecard_bytes"] == int(sys.argv[1]), b["throughput"]
assert {c["pack"] for c in b["cues"]} == {"small", "team-care"}
P

# where the events come from
run bench --pack "$small" chats.ndjson.gz --runs 1 --size 64K --json
exits 0 "a compressed archive, of which the beginning is taken"
says out '"kind":"part","copies":1' "its beginning"
"$program" bench --pack "$small" - --runs 1 --size 100K --json <chats.ndjson >out 2>err || fail "standard input from a file"
says out '"kind":"memory"' "standard input is kept"
conversation a | "$program" bench --pack "$small" - --runs 1 --size 64K --json >out 2>err || fail "a pipe"
says out '"kind":"repeated"' "a small pipe is repeated"
{ echo 'not json'; cat chats.ndjson; echo '{"interaction_id":"x","type":"message"}'; } >mixed.ndjson
run bench --pack "$small" mixed.ndjson --runs 1 --size 100K --json
exits 0 "lines that are no events"
says err '2 of 902 lines are no events \(not_json 1, no_speaker 1\)' "how many lines were no events"
says out '"dead_letters":\{"not_json":1,"no_speaker":1\}' "which were none"

# the text, of 80 columns
for options in "--threads 2" "--threads 300" "--top 0 --pack team-care" "--quick --runs 1 --size 64K"; do
    case $options in *300*) wanted=2 ;; *) wanted=0 ;; esac
    # shellcheck disable=SC2086
    run bench --pack "$small" $few $options
    exits $wanted "bench $options"
    [ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail "bench $options: wider than 80 columns"
done
run bench --runs 1 --size 512K --threads 2
exits 0 "the default pack"
[ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail "wider than 80 columns"
says out '^How fast: events to scorecards, 2 threads' "throughput"
says out '^  what no stage explains +-?[0-9.,]+ ' "the rest"
says out '^  the whole run +[0-9.,]+ +100\.0$' "all of it"
says out '^  as it is +[0-9]+ +[0-9]+ .* 1\.00x' "its own number of rules"
says out '^  2 +[0-9,.]+ +[0-9.]+x +[0-9]+ %' "two threads"
says out 'it is repeated in memory [0-9]+ times' "what was measured"
says out 'of 311: about one turn in 16 timed' "the dearest cues"

# the page
says page.html '<svg viewBox' "plots"
says page.html 'By the wall, with all threads' "a page"
silent page.html '<script|https?:|url\(|nan' "it stands alone"
python3 - <<'P' || fail "every figure of the page's tables beneath its title"
import html, json, re
b, page = json.load(open("bench.json")), open("page.html", encoding="utf-8").read()
def plain(cell):
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r'<span class="interval">.*?</span>', "", cell))).strip().replace(",", "").replace("\u2212", "-")
def table(caption):
    rows = re.search(f"<caption>{caption}.*?</table>", page, re.S).group(0)
    rows = [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in re.findall(r"<tr>(.*?)</tr>", rows, re.S)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
for row, size in zip(table("Speed by number of rules"), b["rules"], strict=True):
    assert (int(row["Phrases"]), int(row["Expressions"])) == (size["phrases"], size["expressions"]), (row, size)
    assert abs(int(row["Turns a second"]) - size["turns_per_second"]["median"]) <= 1, (row, size)
for row, cue in zip(table("Dearest cues"), b["cues"], strict=True):
    assert (row["Cue"], int(row["Candidates"]), int(row["Hits"])) == (cue["cue"], cue["candidates"], cue["hits"]), (row, cue)
stages = {row["Stage"].split(":")[0]: row for row in table("Stages of a run")}
assert all(abs(float(stages[s["stage"]]["Share %"]) - 100 * s["share"]) < 0.06 for s in b["stages"]["stages"] if s["stage"] in stages), stages
assert stages["the whole run"]["Share %"] == "100.0"
P
cp chats.ndjson before
run bench --pack "$small" chats.ndjson --html chats.ndjson
exits 2 "a page under the archive's name"
same chats.ndjson before "the archive is still there"
cp chats.ndjson chats.html
run bench --pack "$small" chats.html --html chats.html
exits 2 "a page over what is read"
same chats.html before "the archive is still there"
# shellcheck disable=SC2086
run bench --pack "$small" $few --html /nope/page.html
exits 3 "a page that cannot be written"
says err '/nope/page.html' "which page"
[ ! -s out ] || fail "a page that cannot be written is told before anything is measured"
printf '[\n{"interaction_id":"a"}\n]\n' >none.ndjson
run bench --pack "$small" none.ndjson --html none.html
exits 3 "nothing to measure, and a page"
[ -z "$(find . -name '*none.html*')" ] || fail "nothing was measured, and there is a page"

# what cannot be measured
run bench --pack nope
exits 2 "no such pack"
says err 'there is no pack nope' "no such pack"
run bench /nope
exits 3 "no such archive"
: >empty.ndjson
run bench --pack "$small" empty.ndjson
exits 3 "an empty archive"
says err 'no events: the input is empty' "an empty archive"
printf '[\n{"interaction_id":"a"}\n]\n' >array.ndjson
run bench --pack "$small" array.ndjson
exits 3 "nothing is an event"
says err 'this is a JSON array' "what it is instead"
head -c 900 chats.ndjson.gz >short.ndjson.gz
# shellcheck disable=SC2086
run bench --pack "$small" short.ndjson.gz $few --json
exits 3 "a file that ends too early is measured as far as it goes"
says out '"kind":"repeated"' "as far as it goes"
[ "$(grep -c 'ends too early' err)" -eq 1 ] || fail "told once, not once a run"
event "$(printf '%0256d' 1)" 1 agent hello >long.ndjson
run bench --pack "$small" long.ndjson
exits 3 "ids without room for a number"
says err 'its ids are too long' "ids without room for a number"
for wrong in '--runs 0' '--runs 1001' '--threads 0' '--size 12' '--size 900T' '--size x' '--top x' '--html page.txt' '--jsno'; do
    # shellcheck disable=SC2086
    run bench $wrong
    exits 2 "bench $wrong"
done
run bench --help
exits 0 "--help"
says out 'docs/bench.md' "where more is told"
mkdir archive && cp chats.ndjson archive/ && cp chats.ndjson chats.ndjson.zst && cp -r "$small" my-care
grep -E '^  caremeter bench' out | sed 's/^  caremeter //' >examples
[ "$(wc -l <examples)" -eq 3 ] || fail "examples in --help"
while read -r line; do
    # shellcheck disable=SC2086
    run $line $few
    exits 0 "example: $line"
done <examples
says bench.html '<svg' "the page of the example"

# Ctrl-C: once something was measured, and while it waits for a pipe
mkfifo pipe
"$program" bench --pack "$small" pipe >out 2>err &
pid=$!
exec 3>pipe
kill -TERM "$pid"
wait "$pid"
code=$?
exec 3>&-
exits 130 "stopped at a pipe"
"$program" bench --pack "$small" --runs 1000 >out 2>err &
pid=$!
until [ -e "/proc/$pid/status" ] && [ "$(awk '/^SigCgt/ {print $2}' "/proc/$pid/status" 2>/dev/null | tail -c 2 | head -c 1)" != 0 ]; do
    kill -0 "$pid" 2>/dev/null || break
done
kill -INT "$pid" 2>/dev/null
wait "$pid"
code=$?
exits 130 "stopped while it measured"
says err 'stopped' "stopped while it measured"
[ ! -s out ] || fail "nothing is told of what was not measured to its end"
finish

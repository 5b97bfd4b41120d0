#!/bin/bash
# A rule that reaches its limit is neither a hit nor a miss: every command names it.
. "$(dirname "$0")/lib.sh"

mkdir bomb
echo 'pack: bomb
version: 1.0.0
dimensions: {communicate: {weight: 1}, unused: {weight: 1}}' >bomb/pack.yaml
echo 'cues:
  - id: c.bomb
    speaker: agent
    why: what it costs grows with every letter
    regex: ["^(?:(?:a|aa)+)+$"]
    hit: ["aaa"]
    miss: ["b"]
behaviours:
  - id: b.bomb
    title: Says nothing but a
    dimension: communicate
    kind: expected
    met_by: [c.bomb]' >bomb/cues.yaml
aaa=$(printf 'a%.0s' $(seq 60))
for i in 1 2 3; do event "$i" 1 customer "hello"; event "$i" 2 agent "$aaa!"; done >bad.ndjson
{ cat bad.ndjson; event 4 1 agent aaa; } >some.ndjson

run grep -p ./bomb bad.ndjson --count
exits 3 "no hits, and faults: nobody knows"
[ "$(wc -l <err)" -eq 1 ] || fail "one line about it, and none about what was not told"
says err '^caremeter: c.bomb could not be decided in 3 turns \(a rule reached its limit\)$' "which rule, and how often"
run grep -p ./bomb bad.ndjson --count --json
says out '"cue":"c.bomb","turns":0,"faults":3' "counts as JSON"
run grep -p ./bomb bad.ndjson --json
exits 3 "JSON"
[ "$(cat out)" = '{"cue":"c.bomb","fault":true,"turns":3}' ] || fail "a line about the faults"
run grep -p ./bomb some.ndjson
exits 0 "hits, and faults"
says err 'c.bomb could not be decided in 3 turns' "told all the same"
run grep -e '^(?:(?:a|aa)+)+$' bad.ndjson
exits 3 "an expression of the command line"
run score -p ./bomb bad.ndjson
exits 0 score
says out '^rules at their limit: c.bomb in 3 turns$' "the summary"
run score -p ./bomb bad.ndjson -q
says err 'c.bomb in 3 turns' "a quiet run is not silent about it"
run score -p ./bomb bad.ndjson --json
python3 -c 'import json; assert json.load(open("out"))["packs"][0]["faults"] == {"c.bomb": 3}' || fail "the summary as JSON"
run rules explain -p ./bomb "$aaa!"
says out '^could not be decided' explain
says out '^  c.bomb \(agent\)$' "explain names it"
run rules explain -p ./bomb --json "$aaa!"
says out '"faults":\["c.bomb"\]' "explain as JSON"

# what PCRE2 or its JIT compiler do not take is no lack of memory
run grep -e '\C' bad.ndjson
exits 2 'half a character'
says err 'regex-syntax' 'half a character'
silent err 'out of memory' 'half a character'
run grep -e '(?(?C9)(?=h)h|x)' bad.ndjson
exits 0 "an expression without machine code"
says err 'regex-no-jit' "it is told"
silent err 'out of memory' "an expression without machine code"
finish

#!/bin/bash
# README.md shows what the program really prints: the explained interaction, and the outcome at the end of "One event, end to end".
. "$(dirname "$0")/lib.sh"

run score "$root/demo/conversations" --out scores.ndjson --quiet
exits 0 "score the demo"
run show chat-trundle-nobody-called scores.ndjson --events "$root/demo/conversations"
exits 0 "show"
sed -n '/^\$ caremeter show/,/^```$/p' "$root/README.md" | sed -e '1d' -e '/^```$/d' -e '/^ *…$/d' >shown
lines=$(wc -l <shown)
[ "$lines" -ge 15 ] || fail "README.md shows only $lines lines of an interaction"
head -n "$lines" out >really
same shown really "the interaction in README.md"

sed -n '/^## One event/,/^1\. /p' "$root/README.md" | grep '^{"interaction_id"' >events.ndjson
[ "$(wc -l <events.ndjson)" -eq 3 ] || fail "README.md does not have three events"
run score events.ndjson --out card.ndjson --evidence quotes --quiet
exits 0 "score the three events"
sed -n '/^6\. /,/^## /p' "$root/README.md" | sed -n '/^```json/,/^```$/p' | sed '/^```/d' >outcome.json
python3 - outcome.json card.ndjson >difference 2>&1 <<'END' || fail "README.md shows another outcome than score gives: $(cat difference)"
import json
import sys

shown = json.load(open(sys.argv[1], encoding="utf-8"))
card = json.loads(open(sys.argv[2], encoding="utf-8").readline())
really = next((b for b in card["behaviours"] if b["id"] == shown["id"]), {})
sys.exit("\n".join(f"{key}: shown {value}, really {really.get(key)}" for key, value in shown.items() if really.get(key) != value) or 0)
END
finish

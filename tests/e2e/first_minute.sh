#!/bin/bash
# What a newcomer sees in the first minute of `caremeter demo` (demo/README.md): each of these, in a minute, at its own speed.
. "$(dirname "$0")/lib.sh"

board() {
    curl -sS --noproxy '*' --max-time 10 "$base/api/board" 2>>curl.err
}

"$program" demo --listen 127.0.0.1:0 >out 2>err &
pid=$!
for _ in $(seq 600); do
    grep -q 'the wallboard: http' out && break
    read -rt 0.05 <> <(:) || true
done
base=$(grep 'the wallboard: http' out | sed 's|.*\(http://[^/]*\)/.*|\1|')
says out '\(20 times as fast; Ctrl-C ends\)' "how fast it is"

# Facts are noted as they are seen; those of one conversation come in this order.
cat >facts.jq <<'E2'
def concern($id): .concerns.list[] | select(.interaction_id == $id);
(if .care.n >= 10 and .care.score != null and .care.target == 70 then "care of the hour before" else empty end),
(if .care.unscored.n > 0 and all(.care.unscored.reasons[]; .n > 0 and .title != "") then "not scored, and why" else empty end),
(if any(.letters.list[]; .n >= 3) then "the same letter to three" else empty end),
(if .promises.due >= 1 then "a promise is due" else empty end),
(concern("chat-brightwold-bot-bad") | select(.state == "unmet" and .words != null) | "somebody waits since \(.since)"),
(concern("chat-pebble-refund-where") | select(.state == "half") | "an apology leaves it half met"),
(concern("chat-pebble-birthday-dress") | select(.state == "half") | "words, no deed yet"),
(if any(.moments.list[]; .interaction_id == "chat-pebble-birthday-dress") and
    (any(.concerns.list[]; .interaction_id == "chat-pebble-birthday-dress") | not) then "a deed clears it" else empty end),
(.promises.list[] | select(.state == "broken" and .interaction_id == "chat-trundle-lost-parcel" and
    .broken_by.interaction_id == "chat-trundle-nobody-called") | "nobody called"),
(if any(.moments.list[]; .kind == "praise") then "praise" else empty end)
E2
started=$SECONDS
while [ $((SECONDS - started)) -lt 60 ]; do
    board | jq -r -f facts.jq >>seen 2>>jq.err
    [ -s scores ] || {
        for id in chat-pebble-refund-where chat-pebble-birthday-dress; do
            curl -sS --noproxy '*' "$base/api/interactions/$id" 2>/dev/null |
                jq -r 'select(.status == "final") | .cards[0].care.score' 2>/dev/null
        done >scores.new
        [ "$(wc -l <scores.new)" -eq 2 ] && mv scores.new scores
    }
    awk '!known[$0]++' seen >facts
    [ -s scores ] && [ "$(wc -l <facts)" -ge 10 ] && break
    read -rt 0.1 <> <(:) || true
done
for fact in "care of the hour before" "not scored, and why" "the same letter to three" "a promise is due" "somebody waits since" \
    "an apology leaves it half met" "words, no deed yet" "a deed clears it" "nobody called" praise; do
    says facts "^$fact" "the first minute"
done
[ "$(grep -c 'somebody waits since' facts)" -eq 1 ] || fail "the wait of one concern begins once"
[ -s scores ] && [ "$(head -n 1 scores | cut -d. -f1)" -lt $(($(tail -n 1 scores | cut -d. -f1) - 20)) ] ||
    fail "two who are as polite, and one who does something: $(tr '\n' ' ' <scores)"
kill -TERM "$pid"
wait "$pid"
code=$?
sanitized
exits 0 "Ctrl-C"

finish

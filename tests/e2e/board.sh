#!/bin/bash
# The wallboard of a run without a broker, and the demo: what is shown is what was scored.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || { echo "FAIL: curl is needed"; exit 1; }

# Wait until a command succeeds: a fact, not a time.
until_true() { # WHAT COMMAND...
    local what=$1
    shift
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return 0
        read -rt 0.05 <> <(:) || true
    done
    fail "$what: not within 30 s"
    return 1
}

get() { # PATH
    curl -sS --noproxy '*' --max-time 10 "$base$1"
}

board_says() { # CONDITION
    get /api/board | jq -e "$1"
}

interaction_says() { # ID CONDITION
    get "/api/interactions/$1" | jq -e "$2"
}

start() { # ARGUMENTS...: err says where it is, and not where the one before was
    : >out
    : >err
    "$program" "$@" <&0 >out 2>err 7>&- &
    pid=$!
    until_true "the address of $*" grep -qh 'the wallboard: http' out err || return 1
    base=$(grep -h 'the wallboard: http' out err | sed 's|.*\(http://[^/]*\)/.*|\1|')
}

stop() { # WHAT
    kill -TERM "$pid"
    wait "$pid"
    code=$?
    sanitized
    exits 0 "$1"
}

# 1. Standard input: a concern appears, waits, is met; the interaction is scored; all is said on /metrics, too.
mkfifo lines
exec 7<>lines
start serve --source - --sink cards.ndjson --listen 127.0.0.1:0 --set tick=20ms --set board.texts=true --set board.agents=true --set 'board.targets={respond: 70}' <lines
until_true "ready" curl -sf --noproxy '*' "$base/readyz"
event wait 1 customer "this is ridiculous, nobody called me back" >&7
until_true "a concern" board_says '.concerns.count == 1 and .concerns.list[0].interaction_id == "wait" and .concerns.list[0].state == "unmet"'
board_says '.version == 1 and .clock.rate == 1 and .source.state == "live" and .source.partitions == null and .care.n == 0' >out ||
    fail "the board of an open interaction"
interaction_says wait '.status == "open" and .text == "kept" and .turns[0].text == "this is ridiculous, nobody called me back"' >out ||
    fail "its page"
event wait 2 agent "I am so sorry. I have sent a new one today, it will be with you on Friday." >&7
event wait 3 customer "oh, thank you, that is a relief" >&7
event wait 4 agent "You are welcome, and I will write to you on Friday to see that it is there." >&7
printf '{"interaction_id":"wait","seq":5,"type":"end"}\n' >&7
until_true "the end of it" board_says '.concerns.count == 0 and .care.n == 1 and .care.score != null and .source.interactions.final == 1'
interaction_says wait '.status == "final" and .cards[0].care.score != null' >out || fail "its final page"
jq -c 'select(.status == "final")' cards.ndjson >final
interaction_says wait '.cards[0]' | jq -c . >shown
jq -c . final >wanted
same wanted shown "the scorecard that was written, and the one that is shown"
get /metrics >metrics
says metrics '^caremeter_events_total 5$' "metrics of the run"
says metrics '^caremeter_closed_total 1$' "metrics of the run"
says metrics '^caremeter_board_' "metrics of the board"
says metrics '^caremeter_web_' "metrics of the server"
says metrics '^caremeter_card_seconds_count [1-9]' "how long a scorecard takes"
silent metrics '_ms_total' "seconds, not milliseconds"
if command -v promtool >/dev/null; then
    promtool check metrics <metrics >out 2>err.promtool || fail "promtool: $(head -n 3 err.promtool)"
fi
[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$base/api/interactions/nobody")" = 404 ] || fail "an interaction that is not there"
exec 7>&-
until_true "the end of the input" grep -q drained err
wait "$pid"
code=$?
sanitized
exits 0 "the end of standard input"
rm -f cards.ndjson

# 2. A file that grows, no texts, ended by a signal.
conversation grow >grow.ndjson
start serve --source grow.ndjson --sink null: --listen '[::1]:0' --set tick=20ms
until_true "an open interaction" board_says '.source.interactions.open == 1'
interaction_says grow '.text == "not kept" and (.turns | length) == 0' >out || fail "no texts are kept"
stop "SIGTERM"

# A burst that the inbox does not hold: in the end the board has all of it, the interactions that are over, too, and does not say that it lacks
# any. How large it must be is the machine's to say.
for n in 4000 16000 64000; do
    seq "$n" | awk '{
        printf "{\"interaction_id\":\"burst-%d\",\"seq\":1,\"speaker\":\"customer\",\"text\":\"this is ridiculous, nobody called me back\"}\n", $1
        if ($1 % 2) printf "{\"interaction_id\":\"burst-%d\",\"seq\":2,\"type\":\"end\"}\n", $1
    }' >burst.ndjson
    rm -f burst-cards.ndjson
    start serve --source burst.ndjson --sink burst-cards.ndjson --listen 127.0.0.1:0 --set tick=20ms --set board.inbox=1M
    until_true "all of a burst of $n" board_says ".source.interactions.open == $n / 2 and .source.interactions.final == $n / 2"
    until_true "the notice to go" board_says '.source.lost_cards == 0'
    get /metrics >metrics
    stop "the burst"
    [ -z "$(sort burst-cards.ndjson | uniq -d)" ] || fail "what the board lacked was written twice"
    grep -q '^caremeter_web_inbox_dropped_total{kind="card"} [1-9]' metrics && break
done
says metrics '^caremeter_web_inbox_dropped_total{kind="card"} [1-9]' "no burst was too large"

# 3. What cannot be opened ends the start, before anything is read.
start serve --source grow.ndjson --sink null: --listen 127.0.0.1:0
taken=${base#http://}
run serve --source grow.ndjson --sink null: --listen "$taken"
exits 3 "a port that is taken"
says err 'Address already in use' "a port that is taken"
stop "the one that has it"
run serve --source grow.ndjson --sink null: --listen 0.0.0.0:0
exits 2 "an address that is not loopback, without a token"
says err 'token' "what is missing"
run serve --source grow.ndjson --sink null: --listen nowhere
exits 2 "no address"
run serve --source grow.ndjson --sink null: --listen 127.0.0.1:0 --set listen_token=nothing
exits 2 "a token that is not there"
run serve --source grow.ndjson --sink null: --listen 127.0.0.1:0 --set 'board.targets={respnod: 70}'
exits 2 "a target of nothing"
says err 'did you mean respond' "which is meant"
run serve --board --source grow.ndjson
exits 2 "a wallboard alone needs a topic"
run serve --board --check-config --source kafka://localhost:1/cards
exits 0 "a wallboard alone"

# The same faults are told by who only looks.
check() { # ARGUMENTS...
    run serve --source grow.ndjson --sink null: --check-config "$@"
}
check --listen nowhere
exits 2 "checked: no address"
says err 'no address and port' "checked: no address"
check --listen 0.0.0.0:0
exits 2 "checked: an address that is not loopback, without a token"
check --listen 127.0.0.1:0 --set listen_token=nothing
exits 2 "checked: a token that is not there"
check --listen 127.0.0.1:0 --set 'board.targets={respnod: 70}'
exits 2 "checked: a target of nothing"
says err 'did you mean respond' "checked: which is meant"
silent err 'no faults' "checked: a target of nothing"
check --listen 127.0.0.1:0 --set 'board.targets={respond: 70}'
exits 0 "checked: all is well"

# 4. A token opens every address.
echo correct-horse-battery >token
start serve --source grow.ndjson --sink null: --listen 0.0.0.0:0 --set listen_token=token --set tick=20ms
base=http://127.0.0.1:${base##*:}
[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$base/api/board")" = 401 ] || fail "nobody is asked for the token"
[ "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer correct-horse-battery' "$base/api/board")" = 200 ] ||
    fail "the token is not taken"
stop "with a token"

# 5. The demo, all at once: every conversation has the scorecard of the archive.
run score "$root/demo/conversations" --out archive.ndjson --quiet
exits 0 "the archive"
start demo --listen 127.0.0.1:0 --speed max
until_true "all is played" board_says '.source.state == "ended" and .source.interactions.open == 0'
judged='del(.. | .agent_id?) | {interaction_id, care, coverage, behaviours, timing, customer, turns, flags}' # who it was is not shown
jq -r .interaction_id archive.ndjson | while read -r id; do
    get "/api/interactions/$id" | jq -c ".cards[0] | $judged"
done >shown
jq -c "$judged" archive.ndjson >wanted
same wanted shown "the demo's scorecards and the archive's"
board_says '.care.n > 20 and .care.target == 70 and (.care.unscored.n > 0) and (.moments.list | length) > 0' >out || fail "the demo's board"
board_says 'any(.letters.list[]; .n >= 3)' >out || fail "the letter that many have got"
stop "the demo"

# 6. The demo, a thousand times as fast: it begins again and again, and ends when asked to.
start demo --listen 127.0.0.1:0 --speed 1000
until_true "the promise that was not kept" board_says '.promises.broken >= 1'
until_true "the second round" interaction_says chat-pebble-refund-where~2 '.status == "final"'
board_says '.clock.rate == 1000 and .source.state == "live"' >out || fail "the demo's clock"
stop "the demo, as fast as it can be"
silent err 'warning|error' "the demo has nothing to say"

# 7. Nobody watches: it only scores, and ends.
run demo
exits 0 "the demo without a terminal"
silent out 'wallboard: http' "the demo without a terminal"
run demo --speed fast
exits 2 "no speed"
run demo --listen 127.0.0.1:0 --score-only
exits 0 "only the scores"
silent out 'wallboard: http' "only the scores"

finish

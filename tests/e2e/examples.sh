#!/bin/bash
# Every example that --help and the READMEs show can be typed as it stands.
. "$(dirname "$0")/lib.sh"

# what the examples name, as somebody would have it who has an archive and a pack
mkdir bin archive
ln -s "$program" bin/caremeter
# readers that may not be here: jq and less pass on what they get
for tool in jq less; do
    command -v $tool >/dev/null || { printf '#!/bin/sh\nexec cat\n' >bin/$tool && chmod +x bin/$tool; }
done
export PATH=$work/bin:$PATH CAREMETER_RULES=$root/rules
conversation chat-0042 >archive/chats.ndjson
event c 1 agent "I am sorry to hear that. Somebody will call you back tomorrow, I will call you." >>archive/chats.ndjson
event c 3 agent "So sorry about the wait!" >>archive/chats.ndjson
event c 2 customer "sorry about that? no one will help me. Nobody has called, thank you" >>archive/chats.ndjson
cat "$root"/demo/conversations/*.ndjson >>archive/chats.ndjson
cp archive/chats.ndjson day.ndjson
gzip -c day.ndjson >day.gz
if command -v zstd >/dev/null; then zstd -q day.ndjson -o chats.ndjson.zst; else cp day.ndjson chats.ndjson.zst; fi
cp -r archive my-archive
cp -r archive your-archive
cp day.ndjson golden.ndjson
cp chats.ndjson.zst day.ndjson.zst
mkdir main
for pack in my-care my-pack care main/care old new; do
    mkdir $pack
    printf 'pack: %s\nversion: 1.0.0\nextends: customer-care\n' "${pack##*/}" >$pack/pack.yaml
    printf 'cues:\n  - id: my.sorry\n    speaker: agent\n    why: Regret\n    phrases: ["so sorry"]\n    hit: ["so sorry"]\n    miss: ["sorry"]\n' >$pack/mine.yaml
done
cat >turns.ndjson <<'END'
{"id": "chat-17:4", "speaker": "agent", "before": ["customer: it broke again"], "text": "I'm so sorry about that", "labels": ["apology"]}
{"id": "chat-17:6", "speaker": "agent", "text": "Hello, this is Anna", "labels": ["greet"]}
{"id": "chat-18:2", "speaker": "agent", "text": "So sorry about the wait!", "labels": ["apology"]}
{"id": "chat-18:3", "speaker": "agent", "text": "It leaves on Monday", "labels": []}
END
for number in 1 2 3 4 5 6 7 8 9 10 11 12; do # enough to learn from
    echo '{"id": "chat-'$number':1", "speaker": "agent", "text": "Right, I have that now", "labels": ["ack"]}'
    echo '{"id": "chat-'$number':2", "speaker": "agent", "text": "The parcel leaves on Monday", "labels": []}'
done >>turns.ndjson
echo 'greet: {speaker: agent, any: [greet.hello]}' >map.yaml
cp map.yaml my-map.yaml
printf 'id,speaker,text,machine,human\nchat-17:4,agent,Hello there,greet.hello,greet\n' >labelled.csv
echo '{"interaction_id": "chat-0042", "care": 40}' >rated.ndjson
cp rated.ndjson ratings.ndjson
caremeter score archive --out scores.ndjson >/dev/null 2>&1 || fail "scores for the examples"
caremeter score archive --out scores.db >/dev/null 2>&1 || fail "a database for the examples"

count=0
example() { # LINE WHERE
    local line=$1
    case $line in # without a broker (tests/live and tests/ops have one): what is configured is looked at, what would be sent is left
    'caremeter serve '*) run ${line#caremeter } --check-config; exits 0 "$2: $1"; return ;;
    'caremeter replay '*) return ;;
    esac
    bash -o pipefail -c "$line" >out 2>err </dev/null
    code=$?
    count=$((count + 1))
    exits 0 "$2: $1"
    silent err 'caremeter[a-z ]*: ' "$2: $1"
    sanitized
}

for command in score grep show sample demo 'rules check' 'rules test' 'rules list' 'rules explain' 'rules validate' 'rules fit' 'rules diff' \
    'rules profile' version; do
    # shellcheck disable=SC2086
    caremeter $command --help | grep -E '^  ([a-z]+ [^|]*\| )?caremeter ' >examples
    while read -r line; do example "$line" "$command --help"; done <examples
done
[ "$count" -ge 9 ] || fail "only $count examples in --help"
rm -r my-care # the pages write it themselves, and are held to what they write
for page in README.md rules/README.md; do
    [ -e "$root/$page" ] || continue
    # the files that the page says to write: blocks that begin with "# folder/name", or "# name.yaml: what it is"
    awk '/^```/ { inside = !inside; file = ""; fresh = inside; next }
         inside && fresh && /^# [a-z][a-z.-]*\/[a-z.]+$/ { file = $2; split(file, part, "/"); system("mkdir -p " part[1]); printf "" >file }
         inside && fresh && /^# [a-z]+[.]yaml: / { file = $2; sub(/:$/, "", file); printf "" >file }
         inside { fresh = 0; if (file) print >>file }' "$root/$page"
    awk '/^```/ { inside = !inside; next } inside && /^([^ ]*\/)?caremeter / { sub(/ +#.*/, ""); sub(/^[^ ]*\//, ""); print }' "$root/$page" >examples
    while read -r line; do example "$line" "$page"; done <examples
done
finish

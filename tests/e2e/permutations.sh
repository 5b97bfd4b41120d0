#!/bin/bash
# The same bytes for any order of lines and files, any number of threads, any ceiling of memory, any vector instructions.
. "$(dirname "$0")/lib.sh"

# Demo conversations many times over, with ids that do not begin alike; all have seq or times.
copies=${CAREMETER_TEST_QUICK:+15}
copies=${copies:-60}
for i in $(seq "$copies"); do
    cat "$root"/demo/conversations/*.ndjson | sed "s/\"interaction_id\": *\"/&$((i * 7919 % 100))-$i-/"
done >all.ndjson
# no sed may have missed a line
[ "$(grep -c '"interaction_id": *"[0-9]*-[0-9]*-' all.ndjson)" -eq "$(wc -l <all.ndjson)" ] || fail "the generator"

score() { # OUT INPUT...
    local to=$1
    shift
    run score --pack "$here/pack" --pack customer-care "$@" --out "$to"
    exits 0 "score $*"
}
# What depends on source order says so, and is outside the law.
lawful() {
    grep -v '"unordered"' "$1" >"$1.lawful"
}

score base.ndjson all.ndjson --threads 1
lawful base.ndjson
[ "$(wc -l <base.ndjson.lawful)" -gt $((copies * 80)) ] || fail "too few scorecards to compare: $(wc -l <base.ndjson.lawful)"
awk -F'"interaction_id":"' '{split($2, a, "\""); print a[1]}' base.ndjson >ids
LC_ALL=C sort -c ids || fail "scorecards are in bytewise order of id"

for threads in 2 4 7; do
    score threads.ndjson all.ndjson --threads "$threads"
    same base.ndjson threads.ndjson "$threads threads"
done
for evidence in none refs quotes; do
    score one.ndjson all.ndjson --threads 1 --evidence "$evidence" --full
    score two.ndjson all.ndjson --threads 3 --evidence "$evidence" --full --max-memory 1M
    same one.ndjson two.ndjson "evidence $evidence, --full, threads and memory"
done

# a ceiling so low that records, parts of partitions and scorecards go by way of the disk
score spilled.ndjson all.ndjson --threads 2 --max-memory 1M
same base.ndjson spilled.ndjson "--max-memory 1M"
says err 'by way of the disk' "that it really spilled"
score spilled.ndjson all.ndjson --threads 1 --max-memory 1M
same base.ndjson spilled.ndjson "--max-memory 1M, one thread"

# lines in another order
for seed in 1 2; do
    shuf --random-source=<(yes $seed) all.ndjson >shuffled.ndjson
    score shuffled-cards.ndjson shuffled.ndjson --threads 2
    lawful shuffled-cards.ndjson
    same base.ndjson.lawful shuffled-cards.ndjson.lawful "shuffled lines, seed $seed"
done

# other files: split without regard to conversations, compressed, from a pipe
mkdir parts
split -n l/7 all.ndjson parts/part- --additional-suffix=.ndjson
gzip parts/part-ab.ndjson
command -v zstd >/dev/null && zstd -q --rm parts/part-ac.ndjson
score parts-cards.ndjson parts --threads 2
same base.ndjson parts-cards.ndjson "files"
"$program" score --pack "$here/pack" --pack customer-care - --out - <all.ndjson >pipe-cards.ndjson 2>err || fail "from a pipe"
same base.ndjson pipe-cards.ndjson "a pipe"

# vector instructions: beside the demo, texts of all lengths with what ends a fast path at all places; bad UTF-8 and bad lines
accent=$'\xc3\xa9' bad=$'\xff'
for length in $(seq 0 140); do
    plain=$(printf "%${length}s" '' | tr ' ' x)
    event "1-1-$length" 1 customer "My parcel is LOST $plain. ${plain:0:20}"
    event "1-1-$length" 2 agent "${plain}Sorry\\n\\u00e9${plain}\\\"caf$accent $plain"
    event "1-1-$length" 3 customer "thank${bad}you ${plain//xxxx/xyz }"
    event "1-1-$length" 4 agent "no ${plain}"$'\x01'" string"
done >lengths.ndjson
cat all.ndjson lengths.ndjson >wide.ndjson
case $(uname -m) in
x86_64) wanted='scalar sse2 avx2' ;;
aarch64) wanted='scalar neon' ;;
*) wanted=scalar ;;
esac
levels=0
for level in $wanted; do
    CAREMETER_SIMD=$level run version
    if [ "$level" = avx2 ] && [ "$code" -eq 2 ]; then
        echo "skipped: this machine has no AVX2"
        continue
    fi
    says out "; $level\\)\$" "version with $level"
    CAREMETER_SIMD=$level score "$level.ndjson" wide.ndjson --threads 1 --dead-letter "$level.dead" --quiet
    mv "$level.ndjson" level-cards && mv "$level.dead" level-dead
    [ "$levels" -gt 0 ] || { cp level-cards first-cards && cp level-dead first-dead; }
    same first-cards level-cards "scorecards with $level"
    same first-dead level-dead "dead letters with $level"
    levels=$((levels + 1))
done
[ "$levels" -gt 0 ] || fail "no vector instructions, not even none"
[ "$(wc -l <first-dead)" -eq 141 ] || fail "a line with a control character is no event: $(wc -l <first-dead)"

# dead letters do not depend on threads either
awk '{print} NR % 50 == 0 {print "bad line " NR}' all.ndjson >bad.ndjson
score one.ndjson bad.ndjson --threads 1 --dead-letter dead-1
score two.ndjson bad.ndjson --threads 4 --dead-letter dead-4
same dead-1 dead-4 "dead letters"
same base.ndjson one.ndjson "bad lines change nothing else"
finish

#!/bin/sh
# Layers, confined libraries, self-contained headers, file sizes.
#   house.sh SOURCE LAYERS
set -u
cd "$1" || exit 1
layers=$2 bad=0

complain() {
    echo "$1"
    bad=1
}

# Includes go by layer ("text/fold.h"): no way round the include roots.
found=$(grep -rnE '#include "\.\.?/' engine --include='*.c' --include='*.h') && complain "relative includes:
$found"

# Third-party headers stay where they are confined.
confined() { # header allowed-path-pattern
    found=$(grep -rlE "#include <$1>" engine --include='*.c' --include='*.h' | grep -vE "$2") && complain "<$1> outside $2:
$found"
}
confined 'pcre2\.h' '^engine/(match/|text/redact)'
confined 'yaml\.h' '^engine/ruleset/yaml\.c'
confined 'hs\.h' '^$'
confined 'xxhash\.h' '^engine/(base/hash|event/)'
confined 'zstd\.h' '^engine/io/'
confined 'zlib\.h' '^engine/io/'
confined 'librdkafka/.*' '^engine/kafka/'
confined 'rdkafka.*\.h' '^engine/kafka/'
confined 'microhttpd\.h' '^engine/web/'
confined 'curl/.*' '^engine/web/post\.c'
confined 'sqlite3\.h' '^engine/io/sink_sqlite\.c'
confined '([a-z]mmintrin|arm_neon)\.h' '^engine/base/simd'

# Only main exits, and the engine never prints.
found=$(grep -rnwE '(exit|abort|_exit|quick_exit) *\(' engine --include='*.c' | grep -v '^engine/cli/') && complain "the engine exits:
$found"
found=$(grep -rnE '\b(printf|puts|putchar|perror)\(' engine --include='*.c' | grep -vE '^engine/(cli|base)/') && complain "the engine prints:
$found"

# A header stands alone, seeing no more than the layers its library may see.
sees() {
    case $1 in
    base) echo base ;;
    text) echo base text ;;
    event) echo base text event ;;
    ruleset) echo base text event ruleset ;;
    match) echo base text event ruleset match ;;
    score) echo base text event ruleset match score ;;
    io) echo base event text io ;;
    kafka) echo base kafka ;;
    web) echo base event text board web ;;
    *) ls "$layers" ;;
    esac
}
for header in engine/*/*.h; do
    layer=${header#engine/}
    name=$layer
    layer=${layer%%/*}
    [ "$name" = base/banned.h ] && continue
    includes=
    for other in $(sees "$layer"); do includes="$includes -I$layers/$other"; done
    [ "$layer" = cli ] && includes="$includes -Iengine"
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only $includes -x c - || complain "$header does not stand alone"
done

# Files that know everything. 700 lines is where a file must say why.
for file in $(find engine -name '*.c' -o -name '*.h'); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 700 ] || complain "$file has $lines lines"
done

found=$(grep -rnIwE 'TODO|FIXME|XXX|HACK' engine tests bench rules script --exclude-dir=node_modules --exclude-dir=dist | grep -v '^tests/lint/') && complain "left for later:
$found"

# The schemas are JSON.
for schema in rules/*.json; do
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$schema" || complain "$schema is no JSON"
done

exit $bad

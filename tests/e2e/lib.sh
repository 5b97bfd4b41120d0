# For the end-to-end tests: each is `NAME.sh PROGRAM`, sources this, and ends with finish.
# shellcheck shell=bash
set -u
program=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
failures=0
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export TMPDIR=$work NO_COLOR=1

# Run the program: its exit code in $code, its output in out and err.
run() {
    "$program" "$@" >out 2>err
    code=$?
    sanitized
}

# What a sanitizer says must reach ctest, whatever file it was printed to.
sanitized() {
    grep -hE 'Sanitizer|runtime error:' out err && failures=$((failures + 1))
    return 0
}

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
    for file in out err; do
        [ -s "$file" ] && { echo "  $file:"; head -c 2000 "$file" | head -n 20 | sed 's/^/    /'; }
    done
}

exits() { # WANTED WHAT
    [ "$code" -eq "$1" ] || fail "$2: exit code $code instead of $1"
}

says() { # FILE REGEX WHAT
    grep -aqE -- "$2" "$1" || fail "$3: $1 does not say /$2/"
}

silent() { # FILE REGEX WHAT
    ! grep -aqE -- "$2" "$1" || fail "$3: $1 says /$2/"
}

same() { # FILE FILE WHAT
    cmp -s "$1" "$2" || { fail "$3: $1 and $2 differ"; diff "$1" "$2" | head -n 10; }
}

event() { # ID SEQ SPEAKER TEXT
    local agent=
    [ "$3" = agent ] && agent='"agent_id":"amy",'
    printf '{"interaction_id":"%s","seq":%s,"channel":"chat","speaker":"%s",%s"text":"%s"}\n' "$1" "$2" "$3" "$agent" "$4"
}

# A small good conversation.
conversation() { # ID
    event "$1" 1 customer "my parcel is lost"
    event "$1" 2 agent "Hello, I am so sorry about that. I will check."
    event "$1" 3 customer "thank you"
}

finish() {
    [ "$failures" -eq 0 ] && exit 0
    echo "$failures failures"
    exit 1
}

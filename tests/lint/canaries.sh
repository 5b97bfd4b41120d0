#!/bin/sh
# Code that must not compile, and the words with which it must be refused.
#   canaries.sh SOURCE LAYERS
set -u
source=$1 layers=$2 bad=0 ran=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refused() { # name layers-it-may-see expected-message; the code on stdin
    name=$1 sees=$2 expected=$3
    cat >"$work/$name.c"
    includes=
    for layer in $sees; do includes="$includes -I$layers/$layer"; done
    ran=$((ran + 1))
    if cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -c -o /dev/null -include "$source/engine/base/banned.h" $includes "$work/$name.c" 2>"$work/err"; then
        echo "canary $name compiled, and must not" && bad=1
    elif ! grep -q "$expected" "$work/err"; then
        echo "canary $name was refused for another reason:" && cat "$work/err" && bad=1
    fi
}

refused banned_call 'base' 'poisoned' <<'END'
void f(char *to, const char *from);
void f(char *to, const char *from) { strcpy(to, from); }
END
refused dropped_status 'base' 'warn_unused_result\|unused-result' <<'END'
#include "base/buffer.h"
void f(struct cm_buffer *b);
void f(struct cm_buffer *b) { cm_buffer_status(b); }
END
refused text_sees_score 'base text' 'score/judge.h: No such file' <<'END'
#include "score/judge.h"
END
refused io_sees_rules 'base event io' 'ruleset/ruleset.h: No such file' <<'END'
#include "ruleset/ruleset.h"
END
refused wrong_format 'base' 'format' <<'END'
#include "base/buffer.h"
void f(struct cm_buffer *b);
void f(struct cm_buffer *b) { cm_buffer_printf(b, "%s", 7); }
END

echo "$ran canaries"
exit $bad

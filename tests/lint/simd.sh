#!/bin/sh
# The levels of base/simd.h that no build of this machine has: its blocks without vector instructions, and NEON, which a
# cross compiler builds and an emulator runs. Skipped, and said, where those are not here.
#   simd.sh SOURCE
set -u
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

levels() { # what the program must say of itself; the compiler and its flags
    says=$1
    shift
    "$@" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -I"$source/engine" "$source"/engine/base/simd*.c \
        "$source/tests/differ/simd_levels.c" -o "$work/levels" || { echo "$says does not build" && exit 1; }
    $emulator "$work/levels" >"$work/out" || { cat "$work/out" && exit 1; }
    grep -q "^blocks: $says" "$work/out" || { echo "not $says:" && cat "$work/out" && exit 1; }
    cat "$work/out"
}

emulator=
levels 'scalar; kernels: scalar' cc -DCM_SIMD_SCALAR_BLOCKS

[ "$(uname -m)" = aarch64 ] && exit 0
for emulator in qemu-aarch64-static qemu-aarch64 ''; do
    command -v "$emulator" >/dev/null && break
done
if [ -z "$emulator" ] || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    echo 'skipped: NEON needs gcc-aarch64-linux-gnu and qemu-user-static'
    exit 0
fi
levels 'neon; kernels: scalar neon' aarch64-linux-gnu-gcc -static

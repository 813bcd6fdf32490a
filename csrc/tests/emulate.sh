#!/bin/sh
# Run the native tests on CPUs that are not here: x86-64 without AVX, with AVX2 but no AVX-512 (x86),
# and 64-bit ARM with NEON (arm). Proves that baseline code needs nothing newer, and that every set
# agrees. How many threads start is the same question on every CPU: that long test is run on this one.
#
#     emulate.sh [x86] [arm]
set -eu
cd "$(dirname "$0")/../.."
JOBS=${JOBS:-$(nproc)}
WERROR=${WERROR:-OFF}
but=how_many_threads_start

need() {
    for tool in cmake "$@"; do
        command -v "$tool" >/dev/null || { echo "make qemu needs $tool" >&2; exit 1; }
    done
}

build() { # folder, further options
    folder=$1
    shift
    cmake -S . -B "$folder" -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON -DIIQ_WERROR="$WERROR" "$@" >/dev/null
    cmake --build "$folder" -j "$JOBS" --target iiq_tests >/dev/null
}

expect() { # wanted sets, command: the tests must pass, and run on just these sets
    wanted=$1
    shift
    echo "== $*"
    log=$(mktemp)
    "$@" >"$log" 2>"$log.err" || { cat "$log"; grep -v "TCG doesn't support" "$log.err"; exit 1; }
    grep -q "^kernel sets: $wanted\$" "$log" || { head -1 "$log"; exit 1; }
    head -1 "$log"
    tail -1 "$log"
    rm "$log" "$log.err"
}

[ $# -gt 0 ] || set -- x86 arm
for cpu; do
    case $cpu in
    x86)
        [ "$(uname -m)" = x86_64 ] || continue
        need qemu-x86_64
        build build/emulated
        expect "scalar" qemu-x86_64 -cpu Nehalem build/emulated/iiq_tests --but "$but"
        expect "avx2 scalar" qemu-x86_64 -cpu Haswell build/emulated/iiq_tests --but "$but"
        ;;
    arm)
        need qemu-aarch64 aarch64-linux-gnu-g++
        build build/aarch64 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
            -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_EXE_LINKER_FLAGS=-static
        expect "neon scalar" qemu-aarch64 build/aarch64/iiq_tests --but "$but"
        ;;
    *) echo "emulate.sh [x86] [arm], not $cpu" >&2; exit 1 ;;
    esac
done

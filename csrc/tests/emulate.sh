#!/bin/sh
# Run the native tests on CPUs that are not here: x86-64 without AVX, with AVX2 but no AVX-512, and
# 64-bit ARM with NEON. Proves that baseline code needs nothing newer, and that every set agrees.
set -eu
cd "$(dirname "$0")/../.."
for tool in cmake qemu-x86_64 qemu-aarch64 aarch64-linux-gnu-g++; do
    command -v "$tool" >/dev/null || { echo "make qemu needs $tool" >&2; exit 1; }
done

build() { # folder, further options
    folder=$1
    shift
    cmake -S . -B "$folder" -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON "$@" >/dev/null
    cmake --build "$folder" -j 2 --target iiq_tests >/dev/null
}

expect() { # wanted sets, command: the tests must pass, and run on just these sets
    wanted=$1
    shift
    echo "== $*"
    "$@" >build/emulation.log 2>build/emulation.err || { cat build/emulation.log; exit 1; }
    grep -q "^kernel sets: $wanted\$" build/emulation.log || { head -1 build/emulation.log; exit 1; }
    head -1 build/emulation.log
    tail -1 build/emulation.log
}

build build/emulated
if [ "$(uname -m)" = x86_64 ]; then
    expect "scalar" qemu-x86_64 -cpu Nehalem build/emulated/iiq_tests
    expect "avx2 scalar" qemu-x86_64 -cpu Haswell build/emulated/iiq_tests
fi
build build/aarch64 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DCMAKE_EXE_LINKER_FLAGS=-static
expect "neon scalar" qemu-aarch64 build/aarch64/iiq_tests

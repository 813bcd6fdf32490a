"""Damage to files, the same for a seed: bits flipped, pieces lost, moved, taken from other files.

`ROUNDS` times as many damaged files as in a run of the tests, of another `SEED`: `make fuzz`.
"""

import contextlib
import os
import signal
import tracemalloc

import numpy as np

ROUNDS = int(os.environ.get("IIQ_DAMAGE_ROUNDS", "1"))
SEED = int(os.environ.get("IIQ_DAMAGE_SEED", "1"))
TELLING = [
    bytes(8),
    b"\xff" * 8,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0" * 7 + b"\x80",
    b"1e999",
]


def flipped(data, rng, _):
    out = bytearray(data)
    for place in rng.integers(len(out), size=rng.integers(1, 9)):
        out[place] ^= 1 << rng.integers(8)
    return bytes(out)


def cut(data, rng, _):
    return data[: rng.integers(len(data))]


def removed(data, rng, _):
    start = rng.integers(len(data))
    return data[:start] + data[start + rng.integers(1, 99) :]


def overwritten(data, rng, _):
    start = rng.integers(len(data))
    junk = (
        rng.bytes(rng.integers(1, 65))
        if rng.random() < 0.5
        else TELLING[rng.integers(len(TELLING))]
    )
    return data[:start] + junk + data[start + len(junk) :]


def put_in(data, rng, _):
    start = rng.integers(len(data))
    return data[:start] + rng.bytes(rng.integers(1, 9)) + data[start:]


def swapped(data, rng, _):
    """Two pieces change places: fields of a header, lines, rows."""
    a, b, c, d = np.sort(rng.integers(len(data), size=4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def spliced(data, rng, other):
    """The beginning of one file and the end of another."""
    return data[: rng.integers(len(data))] + other[rng.integers(len(other)) :]


def other_head(data, rng, other):
    """The header of another file."""
    size = rng.integers(1, 64)
    return other[:size] + data[size:]


KINDS = [flipped, cut, removed, overwritten, put_in, swapped, spliced, other_head]


def damaged_copies(data, n, seed=0, other=b"\0", kinds=KINDS):
    """Yield ``n`` times `ROUNDS` damaged copies of the bytes of a file, every kind in turn."""
    rng = np.random.default_rng([SEED, seed])
    for number in range(n * ROUNDS):
        copy = kinds[number % len(kinds)](data, rng, other)
        yield flipped(copy, rng, other) if copy and rng.random() < 0.1 else copy


@contextlib.contextmanager
def bounded(seconds=30, n_bytes=100_000_000):
    """Let nothing take so long, or so much of Python's and NumPy's memory."""

    def stop(*_):
        raise TimeoutError(f"{seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert peak < n_bytes

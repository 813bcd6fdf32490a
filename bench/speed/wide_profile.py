"""Where `iiq.compress` spends its time at one width, beside what the products of each part cost.

`python -m bench.speed.widths --profile` prints it. A part's products are what its arithmetic needs
at least, at the speed of this machine's BLAS (float64 for the moments, else float32), or for the
signs of the steps at that of our byte products where nothing else is done. One thread, CPU time.
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import Clock, Matrix, cpu_seconds, print_head, print_row
from iiq._support.native import core
from iiq.encoders._decoder import DECODER_ROWS, ROUNDS

Times = dict[str, float]
SAMPLE = 1024  # rows that the speed of products is taken from


def profile(X: Matrix, seed: int) -> None:
    """Print the profile of compressing vectors to as many bits as they have dimensions."""
    vectors = iiq.WordVectors([f"w{i}" for i in range(len(X))], X)
    parameters: dict[str, Any] = {"n_remove": 0, "threads": 1, "random_state": seed}
    iiq.compress(iiq.WordVectors(vectors.words[:SAMPLE], X[:SAMPLE]), n_iter=1, **parameters)
    profiler = cProfile.Profile(time.process_time)
    with Clock() as clock:
        made: Any = profiler.runcall(iiq.compress, vectors, **parameters)
    n_steps = len(made.encoder.loss_curve_)
    print(f"\n{len(X):,} x {X.shape[1]}: {clock.cpu:.1f} s, {n_steps} steps\n")
    print_head("part", "seconds", "its products", "times those")
    spent = parts(pstats.Stats(profiler))
    needed = products(X, n_steps)
    for name, seconds in spent.items():
        least = needed.get(name)
        known = (f"{least:.2f}", f"{seconds / least:.2f}") if least else ("", "")
        print_row(name, f"{seconds:.2f}", *known)
    print_row("all else", f"{clock.cpu - sum(spent.values()):.2f}", "", "")


def parts(stats: pstats.Stats) -> Times:
    """Return the seconds of each part; no part holds another."""
    rows: Any = stats.stats  # type: ignore[attr-defined]

    def within(file: str, name: str, caller: str = "") -> float:
        found = 0.0
        for (path, _, function), (_, _, _, seconds, callers) in rows.items():
            if Path(path).name == file and function == name:
                by = [times[3] for key, times in callers.items() if key[2] == caller]
                found += sum(by) if caller else seconds
        return found

    return {
        "moments": within("moments.py", "moments"),
        "rows as bytes": within("_problems.py", "_quantize"),
        "signs and sums of the steps": within("_problems.py", "cross"),
        "turns of the rotation": within("interruptible.py", "interruptible", "train_rotation"),
        "decoder: least squares": within("interruptible.py", "interruptible", "learned_with_codes"),
        "decoder: bit flips": within("_bit_flips.py", "__call__", "learned_with_codes"),
        "signs of all rows and of the decoder's": within("base.py", "_encoded", "_encoded"),
        "bit flips of all rows": within("_bit_flips.py", "__call__", "_encoded"),
        "directions (LAPACK)": within("directions.py", "principal_directions"),
    }


def products(X: Matrix, n_steps: int) -> Times:
    """Return what the products of each part cost at least."""
    n, d = X.shape
    few = min(n, DECODER_ROWS)
    rows = X[:SAMPLE]
    wide, square = rows.astype(np.float64), np.asarray(X[:d], np.float32)
    double = cpu_of(lambda: wide.T @ wide) / (len(rows) * d * d / 2)
    single = cpu_of(lambda: rows @ square.T) / (len(rows) * d * len(square))
    square_product = single * d**3
    return {
        "moments": n * d * d / 2 * double,
        "rows as bytes": n * d * d * single,
        "signs and sums of the steps": n_steps * n * seconds_of_signs(d),
        "turns of the rotation": (3 * n_steps + 8) * square_product,
        "decoder: least squares": (ROUNDS + 1) * few * 2 * d * d * single,
        "decoder: bit flips": ROUNDS * few * 2 * d * d * single,
        "signs of all rows and of the decoder's": (n + few) * d * d * single,
        "bit flips of all rows": n * 2 * d * d * single,
    }


def cpu_of(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of a call, the better of two."""
    return min(cpu_seconds(work) for _ in range(2))


def seconds_of_signs(d: int) -> float:
    """Return what the signs of a row take where no bit changes."""
    rng = np.random.default_rng(0)
    z = rng.integers(1, 128, (SAMPLE, -(-d // 16) * 16), np.uint8)
    rotation = rng.integers(-63, 64, (d, d), np.int8)
    bits = np.zeros((SAMPLE, (d + 31) // 32), np.uint32)
    sums = np.zeros((d, z.shape[1]), np.int64)
    step = partial(core().rotation_step, z, rotation, bits, sums, 1)
    step()
    return cpu_of(step) / SAMPLE

"""Fit wide vectors: ours beside NumPy's loop and faiss ITQMatrix, time, memory and loss by width.

    python -m bench.speed.widths                            # made-up rows, 384 to 3072 dimensions
    python -m bench.speed.widths --vectors FILE.npy         # real ones, of one width
    python -m bench.speed.widths --profile --rows 50000     # where compress spends its time
    python -m bench.speed.widths --memory --rows 50000      # peaks of fits alone

One thread, CPU time, contestants in turn in one process; `refine=None`, so that a fit is moments,
directions, 50 iterations (ours: until they have settled) and the least-squares decoder. NumPy's and
faiss's figures are those of 50 iterations, from the time of `--steps` of them where `--whole` is
not given; the share of NumPy's gain in the objective needs all 50 and is left out without it. Set
OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1. faiss is left out where it is not installed.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import iiq
from bench.common import (
    Clock,
    Matrix,
    apart,
    command_line,
    cpu_name,
    give_back_heap,
    peak_beyond,
    print_head,
    print_row,
)
from bench.speed.fit import FaissItq, NumpyLoop, loss
from bench.speed.wide_profile import profile
from iiq._support.blas import one_blas_thread

MODULE = "bench.speed.widths"
ITERATIONS = 50


def made_up(rows: int, dim: int, seed: int) -> Matrix:
    """Return rows whose variances fall as 1 / k, of lengths that differ, along mixed axes."""
    rng = np.random.default_rng(seed)
    spread = (np.arange(1, dim + 1) ** -0.5).astype(np.float32)
    mix = np.linalg.qr(rng.standard_normal((dim, dim), np.float32))[0]
    out = np.empty((rows, dim), np.float32)
    for start in range(0, rows, 4096):
        part = out[start : start + 4096]
        lengths = 1 + 0.5 * np.abs(rng.standard_normal((len(part), 1), np.float32))
        part[:] = (rng.standard_normal(part.shape, np.float32) * spread * lengths) @ mix
    return out


def seconds_of_loop(loop: NumpyLoop, steps: int) -> float:
    """Return the CPU seconds of 50 iterations, from so many."""
    with Clock() as clock:
        for _ in range(steps):
            loop.step()
    return clock.cpu * ITERATIONS / steps


def faiss_seconds(Z: Matrix) -> str:
    """Return the CPU seconds of 50 iterations of faiss, from one, or why there are none."""
    try:
        return f"{FaissItq(Z).seconds_a_step(1) * ITERATIONS:.1f}"
    except ImportError:
        return "not installed"


def measure(X: Matrix, options: argparse.Namespace) -> None:
    """Print the row of one width."""
    encoder = iiq.IIQ(n_remove=0, refine=None, threads=1, random_state=options.seed)
    start = iiq.IIQ(n_remove=0, refine=None, threads=1, random_state=options.seed, n_iter=0)
    start.fit(X)
    with Clock() as clock:
        peak = peak_beyond(lambda: encoder.fit(X))
    basis = (start.projection_ @ start.rotation_.T).astype(np.float32)
    Z = (X - start.mean_.astype(np.float32)) @ basis
    loop = NumpyLoop(Z, start.rotation_)
    numpy_seconds = seconds_of_loop(loop, ITERATIONS if options.whole else options.steps)
    ours, first = loss(Z, encoder.rotation_), loss(Z, start.rotation_)
    share = f"{(first - ours) / (first - loss(Z, loop.rotation)):.3f}" if options.whole else ""
    print_row(
        f"{len(X):,} x {X.shape[1]}",
        len(encoder.loss_curve_),
        f"{clock.cpu:.1f}",
        f"{numpy_seconds:.1f}",
        faiss_seconds(Z) if options.faiss else "",
        f"{numpy_seconds / clock.cpu:.1f}",
        share,
        f"{peak / X.nbytes:.2f}",
    )


def print_memory(options: argparse.Namespace) -> None:
    """Print the peaks of fits beyond their input, each in a process of its own."""
    if options.peak_of:
        X = made_up(options.rows, options.dims[0], options.seed)
        encoder = iiq.IIQ(n_remove=0, n_iter=3, threads=1, random_state=0)
        encoder.set_params(refine=None if options.peak_of == "None" else options.peak_of)
        encoder.fit(X[:1000])  # libraries loaded ...
        give_back_heap()  # ... and what that took not taken for free
        print(peak_beyond(lambda: encoder.fit(X)) / X.nbytes)
        return
    print_head("rows", "refine=None", "default")
    for dim in options.dims:
        sizes = ["--memory", "--rows", options.rows, "--dims", dim]
        peaks = [float(apart(MODULE, *sizes, "--peak-of", aim)) for aim in ("None", "balanced")]
        print_row(f"{options.rows:,} x {dim}", *(f"{peak:.2f}" for peak in peaks))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = command_line(__doc__)
    parser.add_argument("--vectors", metavar="FILE", help=".npy of real vectors")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dims", type=int, nargs="+", default=[384, 768, 1024, 1536, 3072])
    parser.add_argument("--steps", type=int, default=2, help="iterations of NumPy timed")
    parser.add_argument("--whole", action="store_true", help="all 50 of NumPy's iterations")
    parser.add_argument("--faiss", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = parse()
    if options.memory:
        print_memory(options)
        return
    print(f"{cpu_name()}; one thread, CPU time; kernel set {iiq.kernels()[0]}\n")
    if options.profile:
        for dim in options.dims:
            profile(made_up(options.rows, dim, options.seed), options.seed)
        return
    columns = (
        "steps",
        "fit, s",
        "NumPy, s",
        "faiss, s",
        "x NumPy",
        "share of gain",
        "peak / input",
    )
    print_head("rows", *columns)
    sources: list[Any] = [options.vectors] if options.vectors else options.dims
    for source in sources:
        with one_blas_thread():
            if options.vectors:
                X = np.load(source, mmap_mode="r")[: options.rows].astype(np.float32)
            else:
                X = made_up(options.rows, source, options.seed)
            measure(X, options)


if __name__ == "__main__":
    main()

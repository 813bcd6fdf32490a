"""Measure the peak memory of fitting and encoding beyond their input, each in a process of its own.

    python -m bench.speed.fit_memory                      # 400 000 x 300 float32 in memory
    python -m bench.speed.fit_memory --rows 1900000

Peak resident memory while the work runs, less what was resident before it; for mapped files the
pages of the file count too, as far as the system keeps them. Linux only. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import apart, command_line, peak_beyond, print_head, print_row, wordlike_rows

MODULE = "bench.speed.fit_memory"
ROWS_A_TIME = 20_000


def blocks_of(rows: int, dim: int) -> Any:
    """Yield made-up rows."""
    for start in range(0, rows, ROWS_A_TIME):
        yield wordlike_rows(min(ROWS_A_TIME, rows - start), dim, start)


def in_memory(rows: int, dim: int) -> np.ndarray:
    """Return the rows as one array."""
    X = np.empty((rows, dim), np.float32)
    for i, block in enumerate(blocks_of(rows, dim)):
        X[i * ROWS_A_TIME : i * ROWS_A_TIME + len(block)] = block
    return X


def mapped(rows: int, dim: int, folder: str) -> np.ndarray:
    """Return the rows as a mapped float16 file."""
    path = Path(folder) / "vectors.npy"
    X = np.lib.format.open_memmap(path, "w+", np.float16, (rows, dim))
    for i, block in enumerate(blocks_of(rows, dim)):
        X[i * ROWS_A_TIME : i * ROWS_A_TIME + len(block)] = block
    del X
    on_disk: np.ndarray = np.load(path, mmap_mode="r")
    return on_disk


def fit_all(X: np.ndarray, **parameters: Any) -> iiq.IIQ:
    """Fit on all rows with few iterations: more of them need no more memory."""
    return iiq.IIQ(train_rows=None, n_iter=3, random_state=0, **parameters).fit(X)


def work_of(scenario: str, X: np.ndarray, folder: str) -> Any:
    """Return a function that does what is to be measured."""
    rows, dim = X.shape
    small = iiq.IIQ(n_iter=3, random_state=0)
    fits = {
        "fit, all rows": lambda: fit_all(X),
        "fit, all rows, memory_limit 1 MB": lambda: fit_all(X, memory_limit=1 << 20),
        "fit, all rows, float32": lambda: fit_all(X, precision="float32"),
        "fit, 50 000 rows": lambda: small.fit(X),
        "fit_blocks of a stream, 50 000 rows": lambda: small.fit_blocks(blocks_of(rows, dim)),
    }
    if scenario in fits:
        return fits[scenario]
    encoder = iiq.IIQ(n_iter=1, random_state=0, train_rows=5000).fit(X)
    if scenario != "transform into a mapped file":
        return lambda: encoder.transform(X)
    codes = np.lib.format.open_memmap(
        Path(folder) / "codes.npy", "w+", np.uint8, (rows, (dim + 7) // 8)
    )
    return lambda: encoder.transform(X, out=codes)


SCENARIOS = {
    "fit, all rows": "array",
    "fit, all rows, memory_limit 1 MB": "array",
    "fit, all rows, float32": "array",
    "fit, 50 000 rows": "array",
    "fit_blocks of a stream, 50 000 rows": "none",
    "transform": "array",
    "transform into a mapped file": "array",
    "transform of a mapped file": "file",
}


def run_one(scenario: str, rows: int, dim: int) -> None:
    """Run one scenario in this process and print its figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        source = SCENARIOS[scenario]
        if source == "file":
            X = mapped(rows, dim, folder)
        else:
            X = in_memory(rows if source == "array" else 5000, dim)
        iiq.IIQ(n_iter=1, random_state=0).fit_transform(X[:3000])  # libraries loaded
        if source == "none":
            X = np.broadcast_to(np.float32(0), (rows, dim))
        work = work_of(scenario, X, folder)
        print(json.dumps({"peak": peak_beyond(work)}))


def main() -> None:
    """Run the benchmark."""
    parser = command_line(__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--scenario", choices=list(SCENARIOS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scenario:
        run_one(options.scenario, options.rows, options.dim)
        return
    size = options.rows * options.dim * 4
    print(f"{options.rows:,} x {options.dim}, {size / 1e6:.0f} MB as float32\n")
    print_head("work", "peak beyond its input, MB", "of the input")
    for scenario in SCENARIOS:
        arguments = ["--rows", str(options.rows), "--dim", str(options.dim)]
        peak = json.loads(apart(MODULE, *arguments, "--scenario", scenario))["peak"]
        print_row(scenario, f"{peak / 1e6:.1f}", f"{peak / size:.3f}")


if __name__ == "__main__":
    main()

"""Fit and encode more and more rows, streamed: time and memory a row should stay flat.

    python -m bench.speed.scale                 # 100 000 to 1 600 000 rows of 300 numbers
    python -m bench.speed.scale --rows 100000 1000000 --dim 100 --bits 100
    python -m bench.speed.scale --without-dask

Each measurement is a process of its own. Rows come block by block (one made-up block, handed out
again and again: making rows costs nothing here) and codes go to a mapped file, so that neither is
ever in memory. CPU time of the process and its workers; peak resident memory of the process beyond
what it had before (Linux). Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import (
    Clock,
    apart,
    command_line,
    cpu_name,
    peak_beyond,
    print_head,
    print_row,
    wordlike_rows,
)
from iiq.rows import SUM_ROWS

ITERATIONS = 5  # of the rotation on all rows; the time for 50 is ten times that
SCENARIOS = {
    "moments of all rows": "one pass, float64: mean and Gram matrix",
    "fit, 50 000 rows": "the default: 50 iterations on a sample",
    "fit, all rows": f"moments and {ITERATIONS} iterations, memory_limit 256 MB",
    "encode": "into a mapped file",
    "Dask, fit, all rows": f"two workers, moments and {ITERATIONS} iterations",
    "Dask, encode": "two workers, to .npy files",
}


def stream(block: np.ndarray, rows: int) -> Iterator[np.ndarray]:
    """Hand the block out until so many rows are given."""
    for start in range(0, rows, len(block)):
        yield block[: min(len(block), rows - start)]


def dask_array(block: np.ndarray, rows: int) -> Any:
    """Return the same rows as a Dask array; workers are sent the block once."""
    import dask
    import dask.array as da

    whole = dask.delayed(block, traverse=False)
    parts = []
    for start in range(0, rows, len(block)):
        n = min(len(block), rows - start)
        part = da.from_delayed(whole[:n], (n, block.shape[1]), np.float32)
        parts.append(part)
    return da.concatenate(parts)


def encode(encoder: iiq.IIQ, block: np.ndarray, rows: int, folder: str) -> None:
    """Encode the stream into a mapped file."""
    width = (encoder.n_bits_ + 7) // 8
    codes = np.lib.format.open_memmap(Path(folder) / "codes.npy", "w+", np.uint8, (rows, width))
    start = 0
    for part in stream(block, rows):
        encoder.transform(part, out=codes[start : start + len(part)])
        start += len(part)
    codes.flush()


def all_rows(n_bits: int, **parameters: Any) -> iiq.IIQ:
    """Return an encoder that trains on every row."""
    return iiq.IIQ(
        n_bits, train_rows=None, n_iter=ITERATIONS, refine=None, random_state=0, **parameters
    )


def work(scenario: str, rows: int, dim: int, n_bits: int, folder: str) -> None:
    """Do what is measured."""
    block = wordlike_rows(SUM_ROWS, dim, 0)
    if scenario == "moments of all rows":
        all_rows(n_bits, threads=1).set_params(n_iter=0).fit_blocks(lambda: stream(block, rows))
    elif scenario == "fit, 50 000 rows":
        encoder = iiq.IIQ(n_bits, refine=None, threads=1, random_state=0)
        encoder.fit_blocks(lambda: stream(block, rows))
    elif scenario == "fit, all rows":
        encoder = all_rows(n_bits, memory_limit=256_000_000, threads=1)
        encoder.fit_blocks(lambda: stream(block, rows))
    elif scenario == "encode":
        encoder = iiq.IIQ(n_bits, n_iter=1, refine=None, threads=1, random_state=0)
        encode(encoder.fit(block), block, rows, folder)
    else:
        with_dask(scenario, block, rows, n_bits, folder)


def with_dask(scenario: str, block: np.ndarray, rows: int, n_bits: int, folder: str) -> None:
    """Do it on two workers of one thread each."""
    import dask.array as da
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            local_directory=folder,
        ) as cluster,
        Client(cluster),
    ):
        array = dask_array(block, rows)
        if scenario == "Dask, fit, all rows":
            all_rows(n_bits).fit(array)
        else:
            encoder = iiq.IIQ(n_bits, n_iter=1, refine=None, random_state=0).fit(block)
            da.to_npy_stack(f"{folder}/codes", encoder.transform(array))


def measure(scenario: str, rows: int, dim: int, n_bits: int) -> dict[str, float]:
    """Run one scenario here and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        work(scenario, 2 * SUM_ROWS, dim, n_bits, folder)  # imports, compiled code
    cpu = cpu_with_workers()
    with Clock() as clock, tempfile.TemporaryDirectory() as folder:
        peak = peak_beyond(lambda: work(scenario, rows, dim, n_bits, folder))
    return {"cpu": cpu_with_workers() - cpu, "wall": clock.wall, "peak": peak}


def cpu_with_workers() -> float:
    """Return CPU time of this process and of workers that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def one(scenario: str, rows: int, options: argparse.Namespace) -> dict[str, float]:
    """Run one scenario in a process of its own."""
    sizes = ("--rows", rows, "--dim", options.dim, "--bits", options.bits)
    out = apart("bench.speed.scale", "--one", scenario, *sizes)
    figures: dict[str, float] = json.loads(out.splitlines()[-1])
    return figures


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 400_000, 1_600_000])
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--bits", type=int, default=300)
    parser.add_argument("--without-dask", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.rows[0], options.dim, options.bits)))
        return
    print(f"{options.dim} dimensions, {options.bits} bits; {cpu_name()}, {iiq.kernels()[0]}\n")
    print_head("what", "rows", "CPU s", "CPU us a row", "wall s", "peak MB beyond the start")
    for scenario in SCENARIOS:
        if options.without_dask and scenario.startswith("Dask"):
            continue
        for rows in options.rows:
            figures = one(scenario, rows, options)
            print_row(
                scenario,
                f"{rows:_}".replace("_", " "),
                f"{figures['cpu']:.1f}",
                f"{figures['cpu'] / rows * 1e6:.1f}",
                f"{figures['wall']:.1f}",
                f"{figures['peak'] / 1e6:.0f}",
            )


if __name__ == "__main__":
    main()

"""Search shards in the processes of a Dask cluster, beside one process: time, and what travels.

    python -m bench.speed.cluster                  # 10^6 codes of 300 bits, two and four workers
    python -m bench.speed.cluster --codes 10000000 --workers 2 4 8

As many shards as workers, saved as files; every process here, of one thread. Wall seconds, the
least of five, after a search that opens the files; bytes are those of the questions and answers
pickled, which is how they travel. Answers are compared. Prints Markdown.
"""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import Clock, command_line, cpu_name, print_head, print_row, random_codes

K = 10
BATCHES = (1, 256)


class Counted:
    """An executor that counts the bytes of what goes to it and comes back."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self.sent = self.returned = 0

    def map(self, function: Any, items: Any) -> Any:
        found = list(self._executor.map(function, items))
        self.sent = sum(len(pickle.dumps((function, item))) for item in items)
        self.returned = sum(len(pickle.dumps(answer)) for answer in found)
        return found


def least(index: Any, queries: Any) -> float:
    """Return wall seconds of a search."""
    seconds = []
    for _ in range(5):
        with Clock() as clock:
            index.search(queries, K, threads=1)
        seconds.append(clock.wall)
    return min(seconds)


def measure(codes: Any, n_bits: int, workers: int, folder: Path) -> None:
    """Print the rows of one cluster."""
    from dask.distributed import Client, LocalCluster

    paths = []
    for number, part in enumerate(np.array_split(codes, workers)):
        paths.append(folder / f"{workers}-{number}.index")
        iiq.HammingIndex(part, n_bits).save(paths[-1])
    one = iiq.HammingIndex(codes, n_bits)
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as local,
        Client(local) as client,
    ):
        sharded = iiq.ShardedIndex(paths, executor=client)
        counted = sharded._executor = Counted(sharded._executor)
        for count in BATCHES:
            queries = codes[:count]
            answers = zip(sharded.search(queries, K), one.search(queries, K), strict=True)
            equal = all((a == b).all() for a, b in answers)
            seconds = (f"{1000 * least(index, queries):.2f}" for index in (one, sharded))
            print_row(workers, count, *seconds, counted.sent, counted.returned, equal)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--bits", type=int, default=300)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4])
    options = parser.parse_args()
    codes = random_codes(options.codes, options.bits, 0)
    print(f"{options.codes} random codes of {options.bits} bits, k = {K}; {cpu_name()}\n")
    head = ("one process, ms", "cluster, ms", "bytes sent", "bytes back", "equal")
    print_head("workers", "queries", *head, left=0)
    with tempfile.TemporaryDirectory() as folder:
        for workers in options.workers:
            measure(codes, options.bits, workers, Path(folder))


if __name__ == "__main__":
    main()

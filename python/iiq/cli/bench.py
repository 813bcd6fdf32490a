"""``iiq bench``: how fast exact search is here, on every kernel set."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from iiq.cli._common import (
    Subparsers,
    add_verb,
    format_table,
    human_count,
    is_terminal,
    open_vocabulary,
    print_json,
)

if TYPE_CHECKING:
    from iiq.codes.index import HammingIndex

ROUNDS = 5
SECONDS_A_ROUND = 0.3  # at the most, of one kernel set; the slow ones get fewer queries


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``bench``."""
    parser = add_verb(
        subparsers,
        "bench",
        summary="time exact search on this machine, on every kernel set",
        details="One thread, CPU time, medians; every set's answer is compared with the first "
        "set's. Without FILE it searches random codes.",
        example="iiq bench glove.iiq\niiq bench --codes 1000000 --bits 300",
    )
    parser.add_argument("file", nargs="?", help="a compressed vocabulary")
    parser.add_argument("--codes", type=int, default=400_000, help="random codes (default 400 000)")
    parser.add_argument("--bits", type=int, default=300, help="bits of a random code (default 300)")
    parser.add_argument("-k", type=int, default=10, help="neighbours a query (default 10)")
    parser.add_argument("--queries", type=int, default=256, help="queries a batch (default 256)")
    parser.set_defaults(run=run)


def _index(arguments: argparse.Namespace) -> HammingIndex:
    import numpy as np

    import iiq
    from iiq._support.validate import as_int

    if arguments.file:
        return open_vocabulary(arguments.file).index
    n = as_int(arguments.codes, "--codes", 1)
    bits = as_int(arguments.bits, "--bits", 1)
    codes = np.random.default_rng(0).integers(0, 256, (n, (bits + 7) // 8), dtype=np.uint8)
    codes[:, -1] &= 0xFF >> (-bits % 8)
    return iiq.HammingIndex(codes, bits)


def _seconds(search: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median CPU time of a search over a few rounds, and its answer."""
    answer = search()  # once unmeasured: compiled, in the caches
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < SECONDS_A_ROUND * ROUNDS:
        start = time.process_time()
        answer = search()
        times.append(time.process_time() - start)
    return statistics.median(times), answer


def _measure(index: HammingIndex, name: str, k: int, n_queries: int) -> tuple[dict[str, Any], Any]:
    import numpy as np

    from iiq._support.native import VARIABLE

    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = name
    try:
        rows = np.linspace(0, len(index) - 1, n_queries).astype(np.int64)
        queries = index.codes_at(rows)
        one, first = _seconds(lambda: index.search(queries[:1], k, threads=1))
        batch, answer = _seconds(lambda: index.search(queries, k, threads=1))
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before
    if not all((a == b[:1]).all() for a, b in zip(first, answer, strict=True)):
        raise ValueError(f"kernel set {name}: one query and a batch disagree")
    figures = {
        "kernels": name,
        "one_query_ms": round(1e3 * one, 4),
        "gigabytes_a_second": round(index.blocks.nbytes / max(one, 1e-9) / 1e9, 2),
        "batch_ns_a_pair": round(1e9 * batch / (len(index) * n_queries), 4),
        "batch_queries_a_second": round(n_queries / max(batch, 1e-9), 1),
    }
    return figures, answer


def run(arguments: argparse.Namespace) -> int:
    """Time every kernel set and print a line each."""
    from tqdm import tqdm

    import iiq
    from iiq._support.validate import as_int

    index = _index(arguments)
    k = as_int(arguments.k, "-k", 1, len(index))
    n_queries = as_int(arguments.queries, "--queries", 1)
    rows: list[dict[str, Any]] = []
    wanted = None
    bar = tqdm(iiq.kernels(), desc="kernel sets", leave=False, disable=not is_terminal())
    for name in bar:
        figures, answer = _measure(index, name, k, n_queries)
        wanted = answer if wanted is None else wanted
        if not all((a == b).all() for a, b in zip(answer, wanted, strict=True)):
            raise ValueError(f"kernel set {name} answers differently from {rows[0]['kernels']}")
        rows.append(figures)
    conditions = {"codes": len(index), "n_bits": index.n_bits, "k": k, "batch": n_queries}
    if arguments.json:
        print_json({**conditions, "threads": 1, "sets": rows})
        return 0
    print(
        f"{human_count(len(index))} codes of {index.n_bits} bits, k = {k}, one thread, CPU time\n"
    )
    table = [("kernels", "one query", "codes read", f"batch of {n_queries}", "queries/s")]
    table += [
        (
            row["kernels"],
            f"{row['one_query_ms']:.2f} ms",
            f"{row['gigabytes_a_second']:.1f} GB/s",
            f"{row['batch_ns_a_pair']:.2f} ns a pair",
            human_count(round(row["batch_queries_a_second"])),
        )
        for row in rows
    ]
    print("\n".join(format_table(table, align="<>>>>")))
    return 0

r"""Time exact search over binary codes: ours, each kernel set forced, beside other libraries.

    python -m bench.speed.search      # 2 million codes of 75, 150 and 300 bits, k = 10
    python -m bench.speed.search --n 400000 --bits 300 --k 10 1000 --sets avx512 avx2 --no-rivals

All contestants answer in turn in one process, several times over, in changing order; the figures
are medians of CPU time on one thread. One query is timed twice: when the others have just had the
cache, and when the same search has run three times before it. Every answer is compared with the
first one. Prints Markdown; bench/README.md says what the columns mean. Rivals that are not
installed are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import iiq
from bench.common import (
    Clock,
    command_line,
    cpu_name,
    cpu_seconds,
    forced,
    print_head,
    print_row,
    random_codes,
)
from bench.speed.rivals import Faiss, GensimFloat, Numpy, Ours, Reader, Usearch


def contestants(codes: np.ndarray, n_bits: int, options: argparse.Namespace) -> list[Any]:
    """Build every contestant that is asked for and installed."""
    index = iiq.HammingIndex(codes, n_bits, threads=1)
    found: list[Any] = [Ours(index, name) for name in options.sets] + [Reader(index)]
    makers: list[Callable[[], Any]] = [
        lambda: Faiss(codes),
        lambda: Usearch(codes),
        lambda: Numpy(codes),
        lambda: GensimFloat(n_bits, options.seed),
    ]
    for make in [] if options.no_rivals else makers:
        try:
            found.append(make())
        except ImportError as error:
            print(f"left out: {error}", file=sys.stderr)
    return found


def check(answers: dict[str, Any]) -> None:
    """Compare each answer with the first one, as far as both go."""
    reference_name, reference = next(iter(answers.items()))
    for name, answer in answers.items():
        if answer is None:
            continue
        m = min(len(answer), len(reference))
        if not np.array_equal(np.asarray(answer)[:m], reference[:m]):
            raise AssertionError(f"{name} and {reference_name} differ")


def measure(
    rivals: list[Any], queries: np.ndarray, k: int, repeats: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the seconds of a query of each contestant: after others, and after itself."""
    times: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    again: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    answers: dict[str, Any] = {}
    counts = {rival.name: min(len(queries), rival.most_queries) for rival in rivals}
    for rival in rivals:  # warm, and checked
        answers[rival.name] = rival.search(queries[: counts[rival.name]], k)
    check(answers)
    shuffle = np.random.default_rng(0)
    runs = 4 if len(queries) == 1 else 1
    for _ in range(repeats):
        # in a new order each time: who comes before leaves the cache warm or cold
        for rival in shuffle.permutation(np.array(rivals, object)):
            part = queries[: counts[rival.name]]
            row = [cpu_seconds(partial(rival.search, part, k)) for _ in range(runs)]
            times[rival.name].append(row[0])
            again[rival.name].append(row[-1])
    first, last = (
        {name: float(np.median(values)) / counts[name] for name, values in rows.items()}
        for rows in (times, again)
    )
    return first, last


def table(
    title: str, rivals: list[Any], seconds: dict[str, float], n: int, *, one_query: bool
) -> None:
    """Print one Markdown table, the fastest first."""
    rows = {r.name: getattr(r, "rows", n) for r in rivals}
    faiss = next((seconds[r.name] for r in rivals if r.name.startswith("faiss")), None)
    reader = next(r for r in rivals if isinstance(r, Reader))
    bandwidth = reader.bytes_per_code * n / seconds[reader.name]
    print(f"\n{title}\n")
    print_head("search", "bytes a code", "ms a query", "ns a pair", "GB/s", "of reading", "x faiss")
    for rival in sorted(rivals, key=lambda r: seconds[r.name] / rows[r.name]):
        if rival is reader and not one_query:
            continue
        t = seconds[rival.name]
        pair = t / rows[rival.name]
        rate = rival.bytes_per_code / pair
        ratio = "" if faiss is None or rival is reader else f"{faiss / n / pair:.2f}"
        print_row(
            rival.name,
            f"{rival.bytes_per_code:.0f}",
            f"{t * 1e3:.3f}",
            f"{pair * 1e9:.3f}",
            f"{rate / 1e9:.1f}",
            f"{100 * rate / bandwidth:.0f} %",
            ratio,
        )


def summary(batches: dict[str, dict[str, float]]) -> None:
    """Print how many times as fast as faiss each of our sets is, a column for each width."""
    names = [name for name in next(iter(batches.values())) if name.startswith("iiq")]
    print("\n## Batches: times as fast as faiss\n")
    print_head("bits", *batches)
    for name in names:
        cells = []
        for seconds in batches.values():
            faiss = next((t for rival, t in seconds.items() if rival.startswith("faiss")), None)
            cells.append("" if faiss is None else f"{faiss / seconds[name]:.1f}")
        print_row(name, *cells)


def float_queries(
    codes: np.ndarray, n_bits: int, queries: np.ndarray, options: argparse.Namespace
) -> None:
    """Print what float queries cost beside Hamming ones, without and with scales, a row a set."""
    draw = np.random.default_rng(options.seed + 2)
    floats = draw.standard_normal((len(queries), n_bits), np.float32)
    index = iiq.HammingIndex(codes, n_bits, threads=1)
    lengths = np.exp(draw.normal(0, 0.12, len(codes)))  # spread as those of decoded words
    scaled = iiq.HammingIndex.from_blocks(
        index.blocks, len(codes), n_bits, scales=lengths, threads=1
    )
    print(f"\nFloat queries, k = 10: one query, then a batch of {len(queries)}\n")
    print_head(
        *("kernel set", "Hamming, ms", "float", "over Hamming", "scaled over that"),
        *("Hamming, ns a pair", "float", "over Hamming", "scaled over that"),
    )
    for name in [name for name in options.sets if name not in {"scalar", "numba"}]:
        row: list[str] = [name]
        for n_queries, repeats, unit in (
            (1, 5 * options.repeats, 1e3),
            (len(queries), options.repeats, 1e9 / len(queries) / len(codes)),
        ):
            works = (
                partial(index.search, queries[:n_queries], 10),
                partial(index.search_asymmetric, floats[:n_queries], 10),
                partial(scaled.search_asymmetric, floats[:n_queries], 10),
            )
            with forced(name):
                seconds = [[cpu_seconds(work) for work in works] for _ in range(repeats)]
            hamming, plain, with_scales = np.median(seconds, axis=0)
            row += [f"{hamming * unit:.3f}", f"{plain * unit:.3f}"]
            row += [f"{plain / hamming:.2f}", f"{with_scales / plain:.2f}"]
        print_row(*row)


def extras(index: iiq.HammingIndex, queries: np.ndarray, n_bits: int, repeats: int) -> None:
    """Print the ratios that need no rival: large k, two threads."""
    times: dict[str, list[float]] = {}
    wall: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(repeats):
        for name, work in {
            "k=10": lambda: index.search(queries, 10),
            "k=1000": lambda: index.search(queries, min(1000, len(index))),
        }.items():
            times.setdefault(name, []).append(cpu_seconds(work))
        for threads, seconds in wall.items():
            with Clock() as clock:
                index.search(queries, 10, threads=threads)
            seconds.append(clock.wall)
    median = {name: float(np.median(values)) for name, values in times.items()}
    print(f"\n{n_bits} bits, ratios of {iiq.kernels()[0]}:\n")
    print(f"- k = 1000 over k = 10, batch: {median['k=1000'] / median['k=10']:.2f}")
    print(f"- two threads over one, batch, wall time: {min(wall[1]) / min(wall[2]):.2f}")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = command_line(__doc__)
    parser.add_argument("--n", type=int, default=2_000_000, help="codes")
    parser.add_argument("--bits", type=int, nargs="+", default=[75, 150, 300], help="n_bits")
    parser.add_argument("--k", type=int, nargs="+", default=[10])
    parser.add_argument("--queries", type=int, default=1000, help="queries of a batch")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of a batch (one query: x 5)")
    parser.add_argument("--sets", nargs="+", default=iiq.kernels(), help="kernel sets of ours")
    parser.add_argument("--no-rivals", action="store_true", help="only ours")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = parse()
    print(f"{cpu_name()}; {options.n:,} random codes, seed {options.seed}; one thread, CPU time")
    print(f"kernel sets: {', '.join(iiq.kernels())}; medians of {options.repeats} rounds in turn")
    batches = {}
    for n_bits in options.bits:
        codes = random_codes(options.n, n_bits, options.seed)
        queries = random_codes(options.queries, n_bits, options.seed + 1)
        rivals = contestants(codes, n_bits, options)
        index = rivals[0].index
        print(f"\n## {n_bits} bits")
        for k in options.k:
            one, again = measure(rivals, queries[:1], k, 5 * options.repeats)
            table(f"One query, k = {k}, after the others", rivals, one, options.n, one_query=True)
            table(
                f"One query, k = {k}, the fourth in a row", rivals, again, options.n, one_query=True
            )
            batch, _ = measure(rivals, queries, k, options.repeats)
            title = f"Batch of {options.queries}, k = {k} (slow ones: fewer queries)"
            table(title, rivals, batch, options.n, one_query=False)
            batches[f"{n_bits}" if len(options.k) == 1 else f"{n_bits}, k = {k}"] = batch
        del rivals
        extras(index, queries, n_bits, options.repeats)
        float_queries(codes, n_bits, queries, options)
    summary(batches)


if __name__ == "__main__":
    main()

"""A hundred million codes: made, indexed, saved, mapped and searched; then compared with a count.

    python -m bench.speed.hundred_million                    # 10^8 codes of 300 and of 64 bits
    python -m bench.speed.hundred_million --codes 10000000 --bits 64 --folder /data

Codes are random, made block by block from the number of the block, so that the plain count can make
them again: no step holds more than a block of codes beside the index. Blocks go to a mapped file,
the index over it is saved, the saved one is mapped and searched. Own memory is what no file stands
behind (RssAnon, looked at every 20 ms), beyond what the process had before the step; the pages of
mapped files are the system's, and count as far as they are in its memory. Times of searches are of
one thread, the least of three where they are short, after a pass that touches every page.
`--folder` takes two files of the size of the codes. Prints Markdown.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

import iiq
from bench.common import (
    Clock,
    Codes,
    command_line,
    cpu_name,
    print_head,
    print_row,
    random_codes,
    status_bytes,
)

BLOCK_CODES = 1 << 20  # a multiple of 32, the codes of a block of the layout
CHECKED = 4  # queries compared with the plain count
LONG_SECONDS = 20.0  # what takes longer is not run again


class OwnMemory:
    """The most memory without a file behind it that a ``with`` block takes: ``peak``, in bytes."""

    peak = 0

    def __enter__(self) -> Self:
        self._start, self._ended = status_bytes("RssAnon"), threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            self.peak = max(self.peak, status_bytes("RssAnon") - self._start)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()


def blocks(n_codes: int, n_bits: int) -> Iterator[tuple[int, Codes]]:
    """Yield (number of the first code, codes), always the same ones."""
    for number, start in enumerate(range(0, n_codes, BLOCK_CODES)):
        yield start, random_codes(min(BLOCK_CODES, n_codes - start), n_bits, number)


def build(n_codes: int, n_bits: int, scratch: Path) -> iiq.HammingIndex:
    """Return an index whose blocks lie in a mapped file."""
    n_bytes = -(-n_codes // 32) * -(-n_bits // 16) * 64
    layout = np.memmap(scratch, np.uint8, "w+", shape=n_bytes)
    at = 0
    for _, codes in blocks(n_codes, n_bits):
        part = iiq.HammingIndex(codes, n_bits, threads=1).blocks
        layout[at : at + len(part)] = part
        at += len(part)
    return iiq.HammingIndex.from_blocks(layout, n_codes, n_bits)


def questions(index: iiq.HammingIndex, count: int) -> Codes:
    """Return stored codes with about one bit in sixteen turned, so that one neighbour is near."""
    rng = np.random.default_rng(2**32)  # no block has this number
    codes = index.codes_at(rng.integers(0, len(index), count))
    return codes ^ iiq.pack(rng.random((count, index.n_bits)) < 1 / 16)


def plain_count(queries: Codes, k: int, n_codes: int, n_bits: int) -> tuple[Any, Any]:
    """Return the k nearest by comparing every code, made again, with NumPy."""
    found = [(np.empty(0, np.int32), np.empty(0, np.int64)) for _ in queries]
    for start, codes in blocks(n_codes, n_bits):
        for row, query in enumerate(queries):
            near = np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.int32)
            limit = np.sort(np.partition(near, min(k, len(near)) - 1)[:k])[-1]
            best = np.flatnonzero(near <= limit)
            distances = np.r_[found[row][0], near[best]]
            ids = np.r_[found[row][1], best + start]
            order = np.lexsort((ids, distances))[:k]
            found[row] = distances[order], ids[order]
    return np.array([d for d, _ in found]), np.array([i for _, i in found])


def searches(index: iiq.HammingIndex, radius: int) -> dict[str, tuple[int, Callable[[], Any]]]:
    """Return what is timed: how many queries, and the call."""
    few, many = questions(index, 1), questions(index, 256)
    floats = np.random.default_rng(0).standard_normal((64, index.n_bits)).astype(np.float32)
    return {
        "one query, k = 10": (1, lambda: index.search(few, 10, threads=1)),
        "one query, k = 10, two threads": (1, lambda: index.search(few, 10, threads=2)),
        "one query, k = 1000": (1, lambda: index.search(few, 1000, threads=1)),
        f"one query, all within {radius} bits (of 100 000)": (
            1,
            lambda: index.search(few, min(100_000, len(index)), max_distance=radius, threads=1),
        ),
        "one of a batch of 256, k = 10": (256, lambda: index.search(many, 10, threads=1)),
        "one float query, k = 10": (1, lambda: index.search_asymmetric(floats[:1], 10, threads=1)),
        "one of a batch of 64 float queries, k = 10": (
            64,
            lambda: index.search_asymmetric(floats, 10, threads=1),
        ),
    }


def measured(name: str, n_bits: int, queries: int, work: Callable[[], Any]) -> Any:
    """Print a row for a step, and return what it returns; queries of 0 for a step that is none."""
    answer, best = None, None
    with OwnMemory() as memory:
        for _ in range(3 if queries else 1):
            with Clock() as clock:
                answer = work()
            best = clock if best is None or clock.cpu < best.cpu else best
            if best.wall > LONG_SECONDS:
                break
    assert best is not None
    each = max(queries, 1)
    seconds = (f"{best.cpu / each:.3g}", f"{best.wall / each:.3g}")
    print_row(n_bits, name, *seconds, f"{memory.peak / 1e6:.0f}")
    return answer


def run(n_codes: int, n_bits: int, folder: Path) -> None:
    """Print the rows of one width."""
    scratch, saved = folder / "blocks", folder / "codes.index"
    made = measured("make and index", n_bits, 0, lambda: build(n_codes, n_bits, scratch))
    measured("save", n_bits, 0, partial(made.save, saved))
    del made
    scratch.unlink()
    index = measured("map", n_bits, 0, lambda: iiq.HammingIndex.load(saved, threads=1))
    measured("first pass: pages and padding", n_bits, 0, index.count_stray_bits)
    queries = questions(index, CHECKED)
    found = index.search(queries, 10)
    radius = int(index.search(queries[:1], min(1000, n_codes))[0].max())
    for name, (count, work) in searches(index, radius).items():
        measured(name, n_bits, count, work)
    wanted = measured(
        f"plain count, {CHECKED} queries",
        n_bits,
        0,
        lambda: plain_count(queries, 10, n_codes, n_bits),
    )
    equal = all((a == b).all() for a, b in zip(found, wanted, strict=True))
    print(f"\n{n_bits} bits: distances and ids are those of the count: {equal}\n", flush=True)
    if not equal:
        raise SystemExit("search and plain count differ")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--codes", type=int, default=100_000_000)
    parser.add_argument("--bits", type=int, nargs="+", default=[300, 64])
    parser.add_argument("--folder", help="where the files lie for the while (default: temporary)")
    options = parser.parse_args()
    print(f"{options.codes} random codes; {cpu_name()}, {iiq.kernels()[0]}\n")
    print_head("bits", "what", "CPU s", "wall s", "own memory, MB", left=2)
    for n_bits in options.bits:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            run(options.codes, n_bits, Path(folder))


if __name__ == "__main__":
    main()

r"""Count what an exact search that skips codes would cost on real codes.

    python -m bench.speed.sublinear vectors.npy --bits 64 100 150 300

Three ways to stay exact without comparing every code, each given the distance of the true k-th
neighbour for free (a real search must find it first, so these are lower bounds):

- multi-index hashing: cut the codes into s parts and look up, for each part, every value within
  r / s bits of the query's; by the pigeonhole principle none within r is missed. Cost: table
  look-ups, and the codes found, each at a random place in memory;
- the count bound: codes whose number of set bits is further than r from the query's are skipped;
- early exit: a comparison stops at the first 16-bit word after which it is beyond r.
"""

from __future__ import annotations

from math import comb

import numpy as np

import iiq
from bench.common import command_line, print_head, print_row


def multi_index(codes: np.ndarray, query: np.ndarray, radius: int, parts: int) -> tuple[int, int]:
    """Return (table look-ups, codes found) of one query; codes are booleans (n, n_bits)."""
    lookups, near = 0, np.zeros(len(codes), bool)
    for part in np.array_split(np.arange(codes.shape[1]), parts):
        reach = radius // parts
        lookups += sum(comb(len(part), i) for i in range(min(reach, len(part)) + 1))
        near |= (codes[:, part] != query[part]).sum(axis=1) <= reach
    return lookups, int(near.sum())


def words_read(codes: np.ndarray, query: np.ndarray, radius: int) -> float:
    """Return the share of 16-bit words read when a comparison stops beyond the radius."""
    starts = np.arange(0, codes.shape[1], 16)
    sums = np.cumsum(np.add.reduceat(codes != query, starts, axis=1, dtype=np.int32), axis=1)
    return float((np.minimum((sums <= radius).sum(axis=1) + 1, len(starts))).mean() / len(starts))


def measure(bits: np.ndarray, n_queries: int, k: int, seed: int) -> tuple[object, ...]:
    """Return one row of the table."""
    n, n_bits = bits.shape
    index = iiq.HammingIndex(iiq.pack(bits), n_bits)
    rows = np.random.default_rng(seed).choice(n, n_queries, replace=False)
    radii = index.search(index.codes_at(rows), k + 1)[0][:, -1]  # itself comes first
    parts = max(1, round(n_bits / np.log2(n)))
    ones = bits.sum(axis=1)
    lookups, found, counted, read = [], [], [], []
    for row, radius in zip(rows, radii, strict=True):
        tables, near = multi_index(bits, bits[row], int(radius), parts)
        lookups.append(tables)
        found.append(near / n)
        counted.append((np.abs(ones - ones[row]) <= radius).mean())
        read.append(words_read(bits, bits[row], int(radius)))
    middle = [float(np.median(x)) for x in (radii, lookups, found, counted, read)]
    lookups_told = f"{middle[1]:,.0f} ({middle[1] / n:.3g} n)"
    shares = (f"{share:.1%}" for share in middle[2:])
    return n_bits, f"{middle[0]:.0f}", parts, lookups_told, *shares


def main() -> None:
    """Run the count."""
    parser = command_line(__doc__)
    parser.add_argument("vectors", help="a .npy matrix of vectors")
    parser.add_argument("--bits", type=int, nargs="+", default=[64, 100, 150, 300])
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    vectors = np.load(options.vectors, mmap_mode="r")
    print(f"{len(vectors):,} vectors, k = {options.k}, medians of {options.queries} queries\n")
    head = ("n_bits", "r", "parts", "look-ups", "found", "within the count bound", "words read")
    print_head(*head, left=0)
    for n_bits in options.bits:
        encoder = iiq.IIQ(n_bits, random_state=options.seed, refine=None)
        bits = iiq.unpack(encoder.fit(vectors).transform(vectors), n_bits)
        print_row(*measure(bits, options.queries, options.k, options.seed))


if __name__ == "__main__":
    main()

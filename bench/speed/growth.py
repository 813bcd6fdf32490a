"""What a new word costs: added and asked for, by how many words there are.

    python -m bench.speed.growth [--words 100000 1000000 4000000] [--bits 100] [--dim 100]

The words are made up and the codes random. A word is added by its vector and its row asked for;
then its nearest words, which is a pass over all codes and so in a column of its own, beside the
same question without an add before it. The first add after a start makes room for more, once: it
copies codes that were made in memory, and maps those of a file again; both have a column. CPU time,
one thread, the least of three turns.
"""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import numpy as np

import iiq
from bench.common import command_line, cpu_name, cpu_seconds, print_head, print_row, random_codes

ADDS, QUESTIONS, TURNS = 200, 20, 3


def vocabulary(n_words: int, n_bits: int, dim: int) -> iiq.BinaryKeyedVectors:
    """Return a vocabulary of made-up words and random codes."""
    rows = np.random.default_rng(0).standard_normal((1000, dim)).astype(np.float32)
    encoder = iiq.LSH(n_bits, random_state=0).fit(rows)
    index = iiq.HammingIndex(random_codes(n_words, n_bits, 0), n_bits, threads=1)
    return iiq.BinaryKeyedVectors([f"word{i}" for i in range(n_words)], index, encoder)


def measure(n_words: int, n_bits: int, dim: int) -> tuple[str, ...]:
    """Return the figures of one size, in microseconds and milliseconds."""
    kv = vocabulary(n_words, n_bits, dim)
    generator, numbers = np.random.default_rng(1), count()

    def add(times: int, question: bool) -> None:
        for _ in range(times):
            word = f"new{next(numbers)}"
            kv.add_vectors([word], generator.standard_normal((1, dim)).astype(np.float32))
            assert kv.get_index(word) == len(kv) - 1
            if question:
                assert len(kv.most_similar(word, topn=5, scoring="hamming")) == 5

    def ask() -> None:
        for _ in range(QUESTIONS):
            kv.most_similar("word7", topn=5, scoring="hamming")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        kv.save(path)
        made, kv = kv, iiq.load(path)
        mapped = cpu_seconds(lambda: add(1, question=False))
    kv = made
    first = cpu_seconds(lambda: add(1, question=False))
    added = min(cpu_seconds(lambda: add(ADDS, question=False)) for _ in range(TURNS)) / ADDS
    both = min(cpu_seconds(lambda: add(QUESTIONS, question=True)) for _ in range(TURNS))
    asked = min(cpu_seconds(ask) for _ in range(TURNS))
    return (
        f"{1e3 * first:.1f}",
        f"{1e3 * mapped:.1f}",
        f"{1e6 * added:.0f}",
        f"{1e3 * both / QUESTIONS:.2f}",
        f"{1e3 * asked / QUESTIONS:.2f}",
    )


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--words", type=int, nargs="+", default=[100_000, 1_000_000, 4_000_000])
    parser.add_argument("--bits", type=int, default=100)
    parser.add_argument("--dim", type=int, default=100)
    arguments = parser.parse_args()
    print(f"{arguments.bits} bits, {arguments.dim} dimensions; {cpu_name()}\n")
    head = (
        "first add ms",
        "mapped ms",
        "add and find us",
        "add and neighbours ms",
        "neighbours ms",
    )
    print_head("words", *head)
    for n_words in arguments.words:
        print_row(n_words, *measure(n_words, arguments.bits, arguments.dim))


if __name__ == "__main__":
    main()

"""Ways to keep words and rows: bytes a word, CPU time to build, open and look up.

    python -m bench.speed.word_tables WORDS.txt [--words N] [--peers]
    python -m bench.speed.word_tables WORDS.txt --words 10000000 --build

WORDS.txt holds words, one a line; made-up pairs of them fill up to N. Look-ups come one at a time
in random order, except "in lists": all of them in one call. With ``--peers`` marisa-trie and DAWG2,
which it needs, are in the table, too, and what the other way that we tried would take: words in
sorted order, 16 to a bucket, each as the letters it shares with the one before (a byte), how many
follow (a byte) and these; and two permutations, row to bucket and place to row, in packed numbers.
``--build`` builds our table of N pairs that come from a generator, and prints the time and the most
memory that it takes.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.common import Clock, command_line, cpu_name, peak_beyond, print_head, print_row

LOOKUPS = 100_000
PAIRS_SEED = 0
BUCKET = 16
Find = Callable[[str], int]  # a word's row; -1 where it is missing


def read_words(path: Path, n: int | None = None) -> list[str]:
    """Return the words of the file, and pairs of them up to n."""
    real = list(dict.fromkeys(filter(None, path.read_text(encoding="utf-8").split("\n"))))
    n = len(real) if n is None else n
    generator = random.Random(PAIRS_SEED)
    words = dict.fromkeys(real[:n])
    while len(words) < n:
        words[f"{generator.choice(real)}_{generator.choice(real)}"] = None
    return list(words)


def front_coded_bytes(words: list[str]) -> float:
    """Return the bytes a word of front-coded buckets and two packed permutations."""
    ordered = sorted(word.encode() for word in words)
    size = 0
    for place, word in enumerate(ordered):
        shared = 0
        if place % BUCKET:
            before = ordered[place - 1]
            same = takewhile(lambda pair: pair[0] == pair[1], zip(word, before, strict=False))
            shared = min(255, sum(1 for _ in same))
        size += len(word) - shared + 2 - (place % BUCKET == 0)
    n = len(words)
    buckets = -(-n // BUCKET)
    bits = n * ((n - 1).bit_length() + (buckets - 1).bit_length())
    return (size + 4 * buckets + bits / 8) / n


class Way(Protocol):
    """A table of words: built from all of them, saved, opened again."""

    name: str

    def build(self, words: list[str]) -> Any:
        """Return the table in memory."""

    def save(self, built: Any, words: list[str]) -> None:
        """Write it into the folder."""

    def load(self) -> Find:
        """Open what was written."""

    def size(self, words: list[str]) -> int:
        """Return its bytes, those of all that finds a word's row and a row's word."""


class Ours:
    """The table of our files."""

    name = "ours: pieces and a function"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "t"

    def build(self, words: list[str]) -> Any:
        from iiq.vectors.word_table import WordTable

        return WordTable.build(words)

    def save(self, built: Any, words: list[str]) -> None:
        from iiq._support import container

        container.write(self.path, built.arrays(), {})

    def load(self) -> Find:
        from iiq._support import container
        from iiq.vectors.word_table import WordTable

        return WordTable(**container.read(self.path).arrays).find

    def size(self, words: list[str]) -> int:
        return self.path.stat().st_size


class Marisa:
    """marisa-trie numbers words its own way: two maps of rows beside it."""

    name = "marisa-trie, two row maps"

    def __init__(self, folder: Path) -> None:
        self.path, self.rows = folder / "m", folder / "rows.npy"

    def build(self, words: list[str]) -> Any:
        import marisa_trie

        return marisa_trie.Trie(words)

    def save(self, built: Any, words: list[str]) -> None:
        built.save(str(self.path))
        rows = np.empty(len(words), np.uint32)
        rows[[built[word] for word in words]] = np.arange(len(words), dtype=np.uint32)
        np.save(self.rows, rows)

    def load(self) -> Find:
        import marisa_trie

        trie = marisa_trie.Trie()
        trie.mmap(str(self.path))
        rows = np.load(self.rows, mmap_mode="r").view(np.uint8).data.cast("I")
        return lambda word: rows[trie[word]] if word in trie else -1

    def size(self, words: list[str]) -> int:
        return self.path.stat().st_size + 8 * len(words)


class Dawg:
    """DAWG2 finds rows; the letters for the way back lie beside it."""

    name = "DAWG2, letters beside it"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "d"

    def build(self, words: list[str]) -> Any:
        import dawg

        return dawg.IntDAWG(zip(words, range(len(words)), strict=True))

    def save(self, built: Any, words: list[str]) -> None:
        built.save(str(self.path))

    def load(self) -> Find:
        import dawg

        graph = dawg.IntDAWG()
        graph.load(str(self.path))
        return lambda word: int(graph.get(word, -1))

    def size(self, words: list[str]) -> int:
        letters = sum(len(word.encode()) for word in words)
        return self.path.stat().st_size + letters + 4 * len(words)


class Dict:
    """Python's own: a dict of rows and the list of words, which no file holds."""

    name = "dict and list"

    def __init__(self) -> None:
        self.table: dict[str, int] = {}

    def build(self, words: list[str]) -> None:
        self.table.update(zip(words, range(len(words)), strict=True))

    def save(self, built: Any, words: list[str]) -> None:
        pass

    def load(self) -> Find:
        return lambda word: self.table.get(word, -1)

    def size(self, words: list[str]) -> int:
        return sys.getsizeof(self.table) + sum(map(sys.getsizeof, words)) + (28 + 8) * len(words)


def measure(way: Way, words: list[str], asked: list[int]) -> tuple[str, ...]:
    """Return the figures of one way, as the table prints them."""
    with Clock() as building:
        built = way.build(words)
    way.save(built, words)
    del built
    with Clock() as opening:
        find = way.load()
    there = look_up(find, [words[row] for row in asked], asked)
    missing = look_up(find, [words[row] + "~" for row in asked], [-1] * len(asked))
    each = (there / len(asked) * 1e6, missing / len(asked) * 1e6)
    size = f"{way.size(words) / len(words):.1f}"
    took = f"{building.cpu:.2f}", f"{opening.cpu * 1e3:.2f}"
    return size, *took, *(f"{us:.2f}" for us in each)


def look_up(find: Find, questions: list[str], wanted: list[int]) -> float:
    """Return the seconds that all look-ups took; their answers are checked."""
    with Clock() as clock:
        found = [find(word) for word in questions]
    assert found == wanted
    return clock.cpu


def compare(words: list[str], folder: Path, *, peers: bool = True) -> None:
    """Print the table of all ways."""
    asked = random.Random(2).sample(range(len(words)), min(len(words), LOOKUPS))
    head = ("bytes a word", "build s", "open ms", "look-up us", "missing us")
    print_head("words and rows", *head)
    others: tuple[Way, ...] = (Marisa(folder), Dawg(folder)) if peers else ()
    for way in (Ours(folder), *others, Dict()):
        print_row(way.name, *measure(way, words, asked))


def in_lists(words: list[str]) -> None:
    """Print what many look-ups in one call take, and what a build takes beside its words."""
    from iiq.vectors.word_table import WordTable

    table = WordTable.build(words)
    rows = np.random.default_rng(0).permutation(len(words))[: 10 * LOOKUPS]
    wanted = [words[row] for row in rows]
    rows_of = dict(zip(words, range(len(words)), strict=True))
    with Clock() as finding:
        found = table.find_many(wanted)
    assert (found == rows).all()
    in_order = [word.encode().decode() for word in wanted]
    with Clock() as finding_in_order:
        table.find_many(in_order)
    with Clock() as asking_dict:
        assert [rows_of[word] for word in wanted] == rows.tolist()
    with Clock() as reading:
        assert table.words_at(rows) == wanted
    with Clock() as walking:
        assert sum(1 for _ in table) == len(words)
    each = 1e9 / len(rows)
    print(
        f"\nin lists of {len(rows)}: {each * finding.cpu:.0f} ns a row of a word "
        f"({each * finding_in_order.cpu:.0f} where the strings lie in the list's order; a dict "
        f"{each * asking_dict.cpu:.0f}), {each * reading.cpu:.0f} ns a word of a row; all words in "
        f"order {1e9 * walking.cpu / len(words):.0f} ns each"
    )
    n_letters = sum(len(word.encode()) for word in words)
    print(f"letters alone: {n_letters / len(words):.2f} bytes a word")


def build(path: Path, n: int) -> None:
    """Print what a table of n pairs takes to build; the pairs come one after another."""
    from iiq.vectors.word_table import WordTable

    real = read_words(path)
    m = len(real)
    pairs = (f"{real[i * 7919 % m]}_{real[(i * 104729 + i // m * 31) % m]}" for i in range(n))
    tables = []
    with Clock() as clock:
        peak = peak_beyond(lambda: tables.append(WordTable.build(pairs)))
    size = tables[0].nbytes() / n
    print(
        f"{n} words: {clock.cpu:.1f} s, at most {peak / n:.0f} bytes a word; {size:.1f} in the end"
    )


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("words", type=Path, help="a file of words, one a line")
    parser.add_argument("--words", dest="n_words", type=int, help="pairs fill up to so many")
    parser.add_argument("--peers", action="store_true", help="marisa-trie and DAWG2, too")
    parser.add_argument("--build", action="store_true", help="only build --words pairs")
    arguments = parser.parse_args()
    if arguments.build:
        build(arguments.words, arguments.n_words or 10_000_000)
        return
    words = read_words(arguments.words, arguments.n_words)
    print(f"{len(words)} words; {cpu_name()}\n")
    with tempfile.TemporaryDirectory() as name:
        compare(words, Path(name), peers=arguments.peers)
    if arguments.peers:
        print(
            f"\nsorted, front-coded, two permutations: {front_coded_bytes(words):.1f} bytes a word"
        )
    in_lists(words)


if __name__ == "__main__":
    main()

"""Ways to keep words and rows: bytes a word, CPU time to build, open and look up.

`memory` prints this table with ``--peers``; it needs marisa-trie and DAWG2.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.common import Clock, print_head, print_row

LOOKUPS = 100_000
Find = Callable[[str], int]  # a word's row; -1 where it is missing


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
        from iiq.vocabulary import container

        container.write(self.path, built.arrays(), {})

    def load(self) -> Find:
        from iiq.vectors.word_table import WordTable
        from iiq.vocabulary import container

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


def compare(words: list[str], folder: Path) -> None:
    """Print the table of all ways."""
    asked = random.Random(2).sample(range(len(words)), min(len(words), LOOKUPS))
    head = ("bytes a word", "build s", "open ms", "look-up us", "missing us")
    print_head("words and rows", *head)
    ways: tuple[Way, ...] = (Ours(folder), Marisa(folder), Dawg(folder), Dict())
    for way in ways:
        print_row(way.name, *measure(way, words, asked))

"""word2vec binary: "rows dim", then each word, a space, float32 little-endian, a newline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers.text import Layout
from iiq.vectors.word_blocks import WordBlocks
from iiq.vectors.writers._checks import refuse_words
from iiq.vectors.writers.text import ask_reader, packed


def write(blocks: WordBlocks, path: Path, n_rows: int) -> None:
    """Write the binary form that the word2vec tool writes."""
    with packed(path) as file:
        file.write(b"%d %d\n" % (n_rows, blocks.dim))
        for words, rows in blocks.blocks():
            file.write(_rows(words, rows))


def _rows(words: Sequence[str], rows: NDArray[np.float32]) -> bytes:
    pieces = []
    for word, row in zip(words, rows.astype("<f4", copy=False), strict=True):
        pieces += [word.encode(), b" ", row.tobytes(), b"\n"]
    return b"".join(pieces)


def check(words: list[str], rows: NDArray[np.float32]) -> None:
    """Raise ValueError for words that such a file can't hold."""
    why = "can't stand in a word2vec binary file, where a space ends a word: pass spaces='_'"
    refuse_words(words, lambda word: " " in word, why)
    why = "can't stand in a word2vec binary file, where a line feed ends a row: drop or replace it"
    refuse_words(words, lambda word: word.startswith("\n"), why)
    head = b"%d %d\n" % (len(words), rows.shape[1]) + _rows(words[:1], rows[:1])
    ask_reader(head, "word2vec-binary", words[0], Layout(rows.shape[1], len(words)))

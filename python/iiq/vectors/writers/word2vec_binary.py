"""word2vec binary: "rows dim", then each word, a space, float32 little-endian, a newline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iiq.vectors.writers._rows import Rows
from iiq.vectors.writers.text import packed


def write(rows: Rows, path: Path) -> None:
    """Write the binary form that the word2vec tool writes."""
    n_rows = sum(len(words) for words, _ in _blocks(rows))
    with packed(path) as file:
        file.write(b"%d %d\n" % (n_rows, rows.dim))
        for words, block in _blocks(rows):
            values = block.astype("<f4")
            pieces = []
            for word, row in zip(words, values, strict=True):
                pieces += [word.encode(), b" ", row.tobytes(), b"\n"]
            file.write(b"".join(pieces))


def _blocks(rows: Rows) -> Any:
    why = "can't stand in a word2vec binary file, where a space ends a word: pass spaces='_'"
    return rows.blocks(lambda word: " " in word or word.startswith("\n"), why)

"""Text: a word and its numbers in each line; with a header word2vec's form, without GloVe's."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from iiq._support.files import replacing
from iiq._support.native import backend
from iiq.vectors.writers._rows import Rows

PACKERS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": partial(gzip.open, mode="wb"),
    ".bz2": partial(bz2.open, mode="wb"),
    ".xz": partial(lzma.open, mode="wb"),
}


@contextlib.contextmanager
def packed(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces ``path``, compressed if its ending says so."""
    with replacing(path) as file:
        if path.suffix in PACKERS:
            with PACKERS[path.suffix](file) as stream:
                yield stream
        else:
            yield file


def write(rows: Rows, path: Path, *, header: bool) -> None:
    """Write text; the numbers are the shortest that read back as the same float32."""
    module = backend().module
    n_rows = sum(len(words) for words, _ in _blocks(rows)) if header else 0
    with packed(path) as file:
        if header:
            file.write(b"%d %d\n" % (n_rows, rows.dim))
        for words, block in _blocks(rows):
            file.write(module.format_rows("\n".join(words).encode(), block))


def _blocks(rows: Rows) -> Any:
    why = "can't stand in a text file, whose words end at white space: drop or replace it"
    return rows.blocks(lambda word: "\n" in word or word != word.strip(" \t") or "\r" in word, why)

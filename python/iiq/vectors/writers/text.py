"""Text: a word and its numbers in each line; with a header word2vec's form, without GloVe's."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.files import replacing
from iiq._support.native import core
from iiq.vectors.readers import recognised
from iiq.vectors.readers.text import Layout, sniff_layout
from iiq.vectors.word_blocks import WordBlocks
from iiq.vectors.writers._checks import refuse_words

_SAMPLE = 101  # lines that readers look at
_BOM = b"\xef\xbb\xbf"

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


def write(blocks: WordBlocks, path: Path, n_rows: int, *, header: bool) -> None:
    """Write text; the numbers are the shortest that read back as the same float32."""
    with packed(path) as file:
        if header:
            file.write(b"%d %d\n" % (n_rows, blocks.dim))
        for words, rows in blocks.blocks():
            file.write(_lines(words, rows))


def _lines(words: Sequence[str], rows: NDArray[np.float32]) -> bytes:
    lines: bytes = core().format_rows("\n".join(words).encode(), rows)
    return lines


def check(words: list[str], rows: NDArray[np.float32], *, header: bool) -> None:
    """Raise ValueError for what a reader of lines would not take for the same words."""
    why = "can't stand in a text file, whose words end at white space: drop or replace it"
    refuse_words(words, lambda word: word != word.strip(" \t") or not _one_line(word), why)
    n = min(len(rows), _SAMPLE)
    head = _lines(words[:n], rows[:n])
    first = next((word for word in words[:n] if _ends_in_number(word)), words[0])
    layout = Layout(rows.shape[1], len(words) if header else None)
    if header:
        head = b"%d %d\n" % (len(words), rows.shape[1]) + head
    ask_reader(head, "text", first, layout)


def _one_line(word: str) -> bool:
    return bool(word) and "\n" not in word and "\r" not in word


def _ends_in_number(word: str) -> bool:
    return word[-1:].isdigit()


def ask_reader(head: bytes, format: str, word: str, layout: Layout) -> None:
    """Raise ValueError if a reader would take a file that begins with ``head`` for another one."""
    try:
        found = recognised(head)
        same = found == format
        if same and format == "text":
            same = sniff_layout(Path("the file"), head) == layout and head[:3] != _BOM
        reason = f"it would be read as {found}" if found != format else "as its first lines look"
    except ValueError as error:
        same, reason = False, str(error)
    if not same:
        raise ValueError(
            f"words such as {word!r:.60} can't stand at the head of such a file, which would not "
            f"be read back the same ({reason}): write .npy, .kv or a static embedding"
        )

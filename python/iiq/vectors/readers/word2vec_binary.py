"""word2vec binary: "rows dim", then for each row its word, a space, and little-endian float32.

The word2vec tool ends each row with a newline, other writers don't: a newline before a word is
dropped, as gensim does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers._opened import Batch, Opened, Options, WordError, decode_words, undecodable
from iiq.vectors.readers._streams import HEAD, LONGEST_LINE, chunks
from iiq.vectors.readers.text import Layout, parse_header, trailing_numbers

NAME = "word2vec-binary"
_CHUNK = 1 << 23
_LONGEST_WORD = 1 << 16


def matches(path: Path, head: bytes) -> bool:
    """Whether these first bytes are a header followed by something that is no line of text."""
    first, newline, rest = head.partition(b"\n")
    if not newline or parse_header(first) is None or not rest:
        return False
    line, newline, _ = rest.lstrip(b" \t\r\n").partition(b"\n")
    if not newline and len(head) >= HEAD:
        line = line.rpartition(b" ")[0]  # the last field may be cut
    return b" " in rest[:_LONGEST_WORD] and not (line.strip() and trailing_numbers(line))


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open a word2vec binary file."""
    layout = parse_header(head.partition(b"\n")[0])
    if layout is None or layout.n_rows is None:
        raise ValueError(
            f"{path}: a word2vec binary file begins with 'rows dim', this one with {head[:40]!r}"
        )
    if 4 * layout.dim > LONGEST_LINE:
        raise ValueError(
            f"{path}: the header says {layout.dim} numbers a row, more than the "
            f"{LONGEST_LINE // 4} that a row may have: the file is damaged, or of another format"
        )
    declared: Layout = layout

    def blocks() -> Iterator[Batch]:
        return _blocks(path, declared, options)

    return Opened(path, NAME, layout.dim, layout.n_rows, blocks)


def _blocks(path: Path, layout: Layout, options: Options) -> Iterator[Batch]:
    wanted = layout.n_rows or 0
    if options.limit is not None:
        wanted = min(wanted, options.limit)
    n_rows = 0
    rest = b""
    pieces = chunks(path, max(_CHUNK, 4 * layout.dim), options.verbose)
    for piece in pieces:
        text = rest + piece
        start = 0 if n_rows or rest else text.find(b"\n") + 1 or len(text)
        words, vectors, end = split_rows(text, start, layout.dim, wanted - n_rows, path)
        rest = text[end:]
        if words:
            yield _decode(path, words, vectors, n_rows, options)
        n_rows += len(words)
        if n_rows == wanted:
            break
    if n_rows == layout.n_rows and options.check_count:
        left = len(rest.lstrip(b"\n")) or len(next(pieces, b""))
        if left:
            raise ValueError(
                f"{path}: the header says {layout.n_rows} rows of {layout.dim} numbers, but "
                f"{left} bytes and more follow them: correct the header, or pass "
                "check_count=False to leave them out"
            )
    if n_rows < wanted and (options.check_count or not n_rows):
        raise ValueError(
            f"{path}: the header says {layout.n_rows} rows, but the file has {n_rows} whole "
            "ones: it is truncated; fetch it again, or pass check_count=False"
        )


def split_rows(
    text: bytes, start: int, dim: int, most: int, path: Path
) -> tuple[list[bytes], NDArray[np.float32], int]:
    """Take whole rows off ``text``: their words, vectors, and where the next row begins."""
    size = 4 * dim
    words: list[bytes] = []
    offsets: list[int] = []
    while len(words) < most:
        space = text.find(b" ", start, start + _LONGEST_WORD)
        if space < 0 and len(text) - start > _LONGEST_WORD:
            raise ValueError(
                f"{path}: no space in the {_LONGEST_WORD} bytes where a word should end: the file "
                "is damaged, or the header's dimension is wrong"
            )
        if space < 0 or space + 1 + size > len(text):
            break
        words.append(text[start:space].lstrip(b"\n"))
        offsets.append(space + 1)
        start = space + 1 + size
    vectors = np.empty((len(words), dim), dtype=np.float32)
    for row, offset in enumerate(offsets):
        vectors[row] = np.frombuffer(text, "<f4", dim, offset)
    return words, vectors, start


def _decode(
    path: Path, words: list[bytes], vectors: NDArray[np.float32], first_row: int, options: Options
) -> Batch:
    places = np.arange(first_row, first_row + len(words))
    try:
        return Batch(decode_words(words, options), vectors, places)
    except WordError as error:
        raise undecodable(path, f"row {places[error.row]}", error, options) from None

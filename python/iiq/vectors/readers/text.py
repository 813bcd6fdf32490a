"""Text vectors: GloVe (no header), word2vec and fastText .vec ("rows dim" in the first line)."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from iiq._support.native import backend
from iiq.vectors.readers._source import Block, Options, Source, WordError, decode_words, undecodable
from iiq.vectors.readers._streams import HEAD, line_chunks

_CHUNK = 1 << 20  # bytes for each thread and piece: they stay in the cache
_SNIFFED_LINES = 100
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,9})[ \t\r]*")
_BOM = b"\xef\xbb\xbf"
_LIKE_A_NUMBER = re.compile(r"[ \t][+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?$")
_NO_WORD, _NOT_FINITE = 2, 3  # kinds of damage that parse_vectors reports; 1 is too few numbers


class Layout(NamedTuple):
    """What the first lines say: numbers a row, the header's count of rows where there is one."""

    dim: int
    n_rows: int | None


def parse_header(line: bytes) -> Layout | None:
    """Read "rows dim", None if the line is no header."""
    match = _HEADER.fullmatch(line.removeprefix(_BOM))
    if match is None or int(match[2]) == 0:
        return None
    return Layout(int(match[2]), int(match[1]))


def trailing_numbers(line: bytes) -> int:
    """Count the numbers that a line ends with; its first field is a word whatever it looks like."""
    n_fields = len(line.replace(b"\t", b" ").split())
    damage = backend().module.parse_vectors(line, n_fields + 1, 1)[4]
    return min(damage[2], n_fields - 1) if damage else 0


def matches(path: Path, head: bytes) -> bool:
    """Whether this may be text: any file may."""
    return not path.is_dir()


def sniff_layout(path: Path, head: bytes, header: bool | None = None) -> Layout:
    """Find dimension and header in a file's first bytes; ``header`` says if there is one.

    The dimension of a file without header is the count that most of its first lines end with.
    """
    if len(head) == HEAD and b"\n" in head:
        head = head[: head.rindex(b"\n")]
    lines = [line for line in head.split(b"\n") if line.strip(b" \t\r")][: _SNIFFED_LINES + 1]
    if not lines:
        raise ValueError(f"{path} is empty: it should hold a word and its numbers in each line")
    declared = None if header is False else parse_header(lines[0])
    if header and declared is None:
        raise ValueError(f"{path}: the first line should be 'rows dim', it is {lines[0][:60]!r}")
    counts = Counter(trailing_numbers(line) for line in lines[1 if declared else 0 :])
    usual = counts.most_common(1)[0][0] if counts else None
    if declared and (header or usual != 1 or declared.dim == 1):
        return declared
    if declared:  # "5 3" among lines of a word and one number
        usual = 1
    if not usual:
        raise ValueError(
            f"{path}: the first line is {lines[0][:60]!r}, but in text vectors a word and its "
            "numbers stand in each line: is this another format? Name it with format="
        )
    return Layout(usual, None)


def open_source(path: Path, head: bytes, options: Options, *, header: bool | None = None) -> Source:
    """Open a text file of vectors; ``header`` says if there is one, None finds out."""
    layout = sniff_layout(path, head, header)

    def blocks() -> Iterator[Block]:
        return _Reading(path, layout, options).blocks()

    name = "glove" if layout.n_rows is None else "word2vec"
    return Source(path, name, layout.dim, layout.n_rows, blocks, place="line")


class _Reading:
    """One pass over a text file."""

    def __init__(self, path: Path, layout: Layout, options: Options) -> None:
        self.path, self.layout, self.options = path, layout, options
        self.n_lines = 0  # lines before the piece at hand
        self.n_rows = 0

    def blocks(self) -> Iterator[Block]:
        limit, threads = self.options.limit, self.options.threads
        size = _CHUNK * threads if limit is None else min(_CHUNK, 4096 * limit + 4096)
        for piece in line_chunks(self.path, size, self.options.verbose):
            text = piece if self.n_lines else self._without_header(piece)
            if limit is not None:
                text = _first_lines(text, limit - self.n_rows)
            block = self._parse(text)
            self.n_rows += len(block.words)
            if block.words:
                yield block
            if self.n_rows == limit:
                return
        self._check_count()

    def _without_header(self, piece: bytes) -> bytes:
        piece = piece.removeprefix(_BOM)
        if self.layout.n_rows is None:
            return piece
        start = 0
        while True:
            line, newline, _ = piece[start : start + 200].partition(b"\n")
            start += len(line) + len(newline)
            self.n_lines += 1
            if line.strip(b" \t\r") or not newline:
                return piece[start:]

    def _parse(self, text: bytes) -> Block:
        module: Any = backend().module
        joined, vectors, lines, n_lines, damage = module.parse_vectors(
            text, self.layout.dim, self.options.threads
        )
        if damage:
            raise ValueError(self._describe(*damage))
        places = lines + (self.n_lines + 1)
        self.n_lines += n_lines
        try:
            words = decode_words(joined, self.options) if len(vectors) else []
        except WordError as error:
            place = f"line {places[error.row]}"
            raise undecodable(self.path, place, error, self.options) from None
        if b" " in joined or b"\t" in joined:
            self._warn_of_long_lines(words, places)
        return Block(words, vectors, places)

    def _describe(self, kind: int, line: int, found: int, field: bytes) -> str:
        where = f"{self.path}, line {self.n_lines + 1 + line}"
        dim = self.layout.dim
        if kind == _NO_WORD:
            return f"{where}: {dim} numbers but no word before them: remove or repair the line"
        if kind == _NOT_FINITE:
            return (
                f"{where}: {field.decode(errors='replace')!r} is NaN, infinity or too large for "
                "float32: remove or replace the line"
            )
        why = "as the header says" if self.layout.n_rows is not None else "as in most lines"
        what = f" ({field[:40].decode(errors='replace')!r} is no number)" if field else ""
        return (
            f"{where}: the line ends with {found} number{'s' * (found != 1)}{what}, "
            f"expected {dim} {why}: the file may be truncated; fetch it again, or remove the line"
        )

    def _warn_of_long_lines(self, words: list[str], places: np.ndarray[Any, Any]) -> None:
        for word, place in zip(words, places, strict=True):
            if " " in word and _LIKE_A_NUMBER.search(word):
                warnings.warn(
                    f"{self.path}, line {place}: more than {self.layout.dim} numbers, so the word "
                    f"is read as {word[:60]!r}: check the file",
                    UserWarning,
                    stacklevel=2,
                )
                return

    def _check_count(self) -> None:
        expected = self.layout.n_rows
        if self.n_rows == 0 and not expected:
            raise ValueError(f"{self.path} holds no vectors: fetch it again")
        if expected is None or self.n_rows == expected or not self.options.check_count:
            return
        text = f"{self.path}: the header says {expected} rows, but the file has {self.n_rows}"
        if self.n_rows > expected:
            warnings.warn(f"{text}: all are read", UserWarning, stacklevel=2)
            return
        raise ValueError(f"{text}: it is truncated; fetch it again, or pass check_count=False")


def _first_lines(text: bytes, n_lines: int) -> bytes:
    """Cut a text after its first ``n_lines`` lines that are not blank."""
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")) + 1
    start = kept = 0
    for end in ends:
        kept += bool(text[start:end].strip(b" \t\r\n"))
        start = int(end)
        if kept == n_lines:
            return text[:start]
    return text

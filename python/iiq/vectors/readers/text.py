"""Text vectors: GloVe (no header), word2vec and fastText .vec ("rows dim" in the first line)."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from iiq._support.native import core
from iiq.vectors.readers._opened import Batch, Opened, Options, WordError, decode_words, undecodable
from iiq.vectors.readers._streams import (
    HEAD,
    LONGEST_LINE,
    chunks,
    decoded_bytes,
    line_chunks,
    read_head,
    transcoded,
)
from iiq.vectors.readers.foreign import hint
from iiq.vectors.readers.word_list import words_of

_CHUNK = 1 << 20  # bytes for each thread and piece: they stay in the cache
_SNIFFED_LINES = 100
_HEADER = re.compile(rb"[ \t]*([0-9]{1,18})[ \t]+([0-9]{1,9})[ \t\r]*")
_BOM = b"\xef\xbb\xbf"
_LIKE_A_NUMBER = re.compile(r"[ \t][+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?$")
_LINE = re.compile(rb"(?m)^(?=[ \t]*[^ \t\r\n])")  # the start of one that is not blank
_BLANKS_OR_LINE = re.compile(rb"(?:[ \t\r]*\n)+|[^\n]*\n|[^\n]+")
_ROOM = 4  # numbers' room for each number that the text's bytes may hold
_NO_WORD, _NOT_FINITE = 2, 3  # kinds of damage that parse_vectors reports; 1 is too few numbers


class Layout(NamedTuple):
    """What the first lines say: numbers a row, the header's count of rows where there is one."""

    dim: int
    n_rows: int | None
    has_words: bool = True
    line_end: bytes = b"\n"


def parse_header(line: bytes) -> Layout | None:
    """Read "rows dim", None if the line is no header."""
    match = _HEADER.fullmatch(line.removeprefix(_BOM))
    if match is None or int(match[2]) == 0:
        return None
    return Layout(int(match[2]), int(match[1]))


def trailing_numbers(line: bytes) -> int:
    """Count the numbers that a line ends with; its first field is a word whatever it looks like."""
    n_fields = len(line.replace(b"\t", b" ").split())
    damage = core().parse_vectors(line, n_fields + 1, 1)[4]
    return min(damage[2], n_fields - 1) if damage else 0


def matches(path: Path, head: bytes) -> bool:
    """Whether this may be text: any file may."""
    return not path.is_dir()


def first_lines(head: bytes) -> tuple[list[bytes], bytes]:
    """Return the first lines that are not blank, without a last one that is cut, and their end."""
    line_end = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
    if len(head) >= HEAD and line_end in head:
        head = head[: head.rindex(line_end)]
    found = (line for line in head.split(line_end) if line.strip(b" \t\r"))
    return list(islice(found, _SNIFFED_LINES + 1)), line_end


def sniff_layout(
    path: Path, head: bytes, header: bool | None = None, *, with_words: bool = False
) -> Layout:
    """Find the form of a file in its first bytes, and contradict what they say but do not keep.

    Parameters
    ----------
    path : Path
        For errors.
    head : bytes
        The first bytes: more than one line, unless the file has one only.
    header : bool, optional
        Whether there is a header, "rows dim"; None finds out. Where it is named it is believed.
    with_words : bool
        Whether the words lie elsewhere, so that lines are numbers alone.

    Returns
    -------
    Layout
        The dimension of a file without header is the count that most of its first lines end with.
    """
    lines, line_end = first_lines(head.removeprefix(_BOM))
    if not lines:
        raise ValueError(f"{path} is empty: it should hold a word and its numbers in each line")
    declared = None if header is False else parse_header(lines[0])
    if header and declared is None:
        raise ValueError(f"{path}: the first line should be 'rows dim', it is {lines[0][:60]!r}")
    body = lines[1:] if declared else lines
    if declared and not header and declared.dim != 1 and body and all(map(parse_header, lines)):
        declared, body = None, lines  # "5 3" among such lines: words and one number each
    counts = Counter(map(trailing_numbers, body))
    usual = counts.most_common(1)[0][0] if counts else None
    if with_words or (header is None and _lack_words(body, declared)):
        return _matrix_layout(path, body, declared, line_end, with_words)
    if declared:
        if not header and usual is not None and usual > declared.dim:
            raise ValueError(
                f"{path}: the header says {declared.dim} numbers a row, but most of its first "
                f"lines end with {usual}, as {body[0][:60]!r}: correct the header, or pass "
                "format='word2vec' to believe it, if the words themselves end in numbers"
            )
        return declared._replace(line_end=line_end)
    if not usual:
        raise ValueError(
            f"{path}: the first line is {lines[0][:60]!r}, but in text vectors a word and its "
            f"numbers stand in each line: {hint(lines)}"
        )
    if header is None and usual == 1 and _are_counts(lines):
        raise ValueError(
            f"{path} holds words with falling whole numbers, as a list of words and their counts "
            "does: pass the file of vectors, or format='glove' if these are vectors of one number"
        )
    return Layout(usual, None, line_end=line_end)


def _are_counts(lines: list[bytes]) -> bool:
    """Whether lines are words that are no numbers, each with a whole number that never rises."""
    fields = [line.split() for line in lines]
    if len(fields) < 2 or not all(len(some) == 2 and some[1].isdigit() for some in fields):
        return False
    falling = all(int(a[1]) >= int(b[1]) for a, b in pairwise(fields))
    return falling and not any(some[0].isdigit() for some in fields)


def _lack_words(lines: list[bytes], declared: Layout | None) -> bool:
    """Whether lines hold numbers alone, of which the first is no word: not one that was counted.

    Whole numbers that differ are words, unless all is whole numbers; so is what stands before as
    many numbers as a header says.
    """
    fields = [line.split() for line in lines]
    if not fields or not all(len(some) > 1 and _all_numbers(some) for some in fields):
        return False
    if declared is not None:
        return declared.dim == len(fields[0])
    firsts = [some[0] for some in fields]
    if not all(first.isdigit() for first in firsts) or len(set(firsts)) < len(firsts):
        return True
    return len(fields[0]) > 2 and all(field.isdigit() for some in fields for field in some)


def _all_numbers(fields: list[bytes]) -> bool:
    return trailing_numbers(b" ".join([b"x", *fields])) == len(fields)


def _matrix_layout(
    path: Path, lines: list[bytes], declared: Layout | None, line_end: bytes, with_words: bool
) -> Layout:
    """Return the form of lines of numbers alone, whose words lie elsewhere."""
    dim = len(lines[0].split()) if lines else 0
    if not with_words:
        raise ValueError(
            f"{path} holds {dim} numbers in a line and no words: pass words=, one word a row, or "
            "format='glove' if the first number of each line is its word"
        )
    if not dim or not _all_numbers(lines[0].split()):
        raise ValueError(
            f"{path}: words= is for a matrix without words, but in this file a word stands before "
            "the numbers of a line: leave words= out"
        )
    return Layout(dim, declared.n_rows if declared else None, False, line_end)


def open_file(path: Path, head: bytes, options: Options, *, header: bool | None = None) -> Opened:
    """Open a text file of vectors; ``header`` says if there is one, None finds out."""
    head = long_head(path, head, options)
    layout = sniff_layout(path, head, header, with_words=options.words is not None)
    name = "glove" if layout.n_rows is None else "word2vec"
    if layout.has_words:

        def batches() -> Iterator[Batch]:
            return _Reading(path, layout, options).batches()

        return Opened(path, name, layout.dim, layout.n_rows, batches, place="line")
    return _with_words(path, layout, options)


def long_head(path: Path, head: bytes, options: Options) -> bytes:
    """Return more of a file's first bytes where they hold no few whole lines, and in UTF-8."""
    size = HEAD
    while size <= len(head) < LONGEST_LINE and max(head.count(b"\n"), head.count(b"\r")) < 4:
        size *= 4
        head = read_head(path, True, size)
    if options.splits_as_bytes:
        return head
    loose = replace(options, errors="replace")  # the last character may be cut
    return decoded_bytes(head, path, loose)


def _with_words(path: Path, layout: Layout, options: Options) -> Opened:
    """Open lines of numbers alone with the words that lie elsewhere."""
    all_rows = replace(options, limit=None, verbose=False)
    n_rows = sum(len(batch.words) for batch in _Reading(path, layout, all_rows).batches())
    found = words_of(path, options, n_rows)

    def batches() -> Iterator[Batch]:
        start = 0
        for batch in _Reading(path, layout, options).batches():
            stop = start + len(batch.words)
            yield Batch(found.words[start:stop], batch.vectors, np.arange(start, stop))
            start = stop

    return Opened(path, "text", layout.dim, n_rows, batches, counts=lambda: found.counts)


class _Reading:
    """One pass over a text file."""

    def __init__(self, path: Path, layout: Layout, options: Options) -> None:
        self.path, self.layout, self.options = path, layout, options
        self.n_lines = 0  # lines before the piece at hand
        self.n_rows = 0

    def batches(self) -> Iterator[Batch]:
        limit = self.options.limit
        for piece in self._pieces():
            text = piece if self.n_lines else self._without_header(piece)
            if limit is not None:
                text = _first_lines(text, limit - self.n_rows)
            for part in _parts(text, self.layout.dim):
                if not part.strip(b" \t\r\n"):
                    self.n_lines += part.count(b"\n")
                    continue
                batch = self._parse(part)
                self.n_rows += len(batch.words)
                if batch.words:
                    yield batch
            if self.n_rows == limit:
                return
        self._check_count()

    def _pieces(self) -> Iterator[bytes]:
        """Yield whole lines that end in a line feed, in an encoding that splits as bytes."""
        limit, threads = self.options.limit, self.options.threads
        size = _CHUNK * threads if limit is None else min(_CHUNK, 4096 * limit + 4096)
        pieces: Iterator[bytes] = chunks(self.path, size, self.options.verbose)
        pieces = _without_bom(transcoded(pieces, self.path, self.options))
        if self.layout.line_end == b"\r":
            pieces = (piece.replace(b"\r", b"\n") for piece in pieces)
        for piece in line_chunks(pieces, self.path):
            yield piece if self.layout.has_words else _LINE.sub(b"x ", piece)

    def _without_header(self, piece: bytes) -> bytes:
        if self.layout.n_rows is None:
            return piece
        start = 0
        while True:
            line, newline, _ = piece[start : start + 200].partition(b"\n")
            start += len(line) + len(newline)
            self.n_lines += 1
            if line.strip(b" \t\r") or not newline:
                return piece[start:]

    def _parse(self, text: bytes) -> Batch:
        joined, vectors, lines, n_lines, damage = core().parse_vectors(
            text, min(self.layout.dim, len(text) // 2 + 1), self.options.threads
        )
        if damage:
            raise ValueError(self._describe(*damage))
        places = lines + (self.n_lines + 1)
        self.n_lines += n_lines
        try:
            options = self.options.of_bytes()
            words = decode_words(joined, options) if len(vectors) else []
        except WordError as error:
            place = f"line {places[error.row]}"
            raise undecodable(self.path, place, error, self.options) from None
        if len(words) and (joined[:1] in (b"", b"\n") or joined[-1:] == b"\n" or b"\n\n" in joined):
            place = places[words.index("")]
            raise ValueError(self._describe(_NO_WORD, int(place) - self.n_lines - 1, 0, b""))
        if b"\r" in joined:
            self._refuse_joined_lines(words, places)
        if b" " in joined or b"\t" in joined:
            self._warn_of_long_lines(words, places)
        return Batch(words, vectors, places)

    def _refuse_joined_lines(self, words: list[str], places: np.ndarray[Any, Any]) -> None:
        """Raise for a word that holds a line of its own, with a carriage return for its end."""
        for word, place in zip(words, places, strict=True):
            line = word.partition("\r")[0]
            if "\r" in word and trailing_numbers(line.encode(errors="replace")) == self.layout.dim:
                raise ValueError(
                    f"{self.path}, line {place}: a line ends in a carriage return alone, after "
                    f"{line[:60]!r}, others in a line feed: give all lines one kind of end"
                )

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


def _without_bom(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield next(pieces, b"").removeprefix(_BOM)
    yield from pieces


def _parts(text: bytes, dim: int) -> Iterator[bytes]:
    """Yield whole lines, so many that room for each line's ``dim`` numbers is bounded by the text.

    A number takes two bytes at least: only where lines are blank, or too short and so damaged, is
    there more room than text; then each line comes alone, blank ones together.
    """
    if 2 * dim * (text.count(b"\n") + 1) <= _ROOM * len(text) + (1 << 20):
        yield text
        return
    yield from (match.group() for match in _BLANKS_OR_LINE.finditer(text))


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

"""What a reader gives: an opened file of vectors, and the options it was opened with."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import as_int
from iiq.vectors.word_vectors import WordVectors

# What read_vectors takes beside threads and verbose; `compress` and the command line hand it on.
READING = ("format", "limit", "words", "encoding", "errors", "check_count", "allow_pickle")


@dataclass(frozen=True)
class Options:
    """How to read; see ``read_vectors``. ``format`` is the one that was found, or named."""

    format: str = "auto"

    limit: int | None = None
    words: Any = None
    encoding: str = "utf-8"
    errors: str = "strict"
    check_count: bool = True
    allow_pickle: bool = False
    threads: int = 1
    verbose: bool = False

    def __post_init__(self) -> None:
        if self.limit is not None:
            as_int(self.limit, "limit", 1)
        try:
            codecs.lookup(self.encoding)
            codecs.lookup_error(self.errors)
        except LookupError as error:
            raise ValueError(
                f"{error}: encoding= takes the name of an encoding of Python such as 'latin-1', "
                "errors= 'strict', 'replace' or 'ignore'"
            ) from None

    @property
    def splits_as_bytes(self) -> bool:
        """Whether blanks, digits and line ends are single bytes, those of ASCII (not in UTF-16)."""
        return "0 .\n".encode(self.encoding).endswith(b"0 .\n")

    def of_bytes(self) -> Options:
        """Return the options for bytes that `transcoded` has put into UTF-8 where need be."""
        if self.splits_as_bytes:
            return self
        return replace(self, encoding="utf-8", errors="surrogatepass")


class Batch(NamedTuple):
    """Some rows: words, float vectors (n, dim), and each row's place in the file for messages."""

    words: list[str]
    vectors: NDArray[Any]
    places: NDArray[np.int64]


@dataclass(frozen=True)
class Opened:
    """An opened file of vectors.

    Attributes
    ----------
    path, format
        What was opened, and as what.
    dim : int
        Numbers in a vector.
    n_rows : int or None
        Rows, where the file says so.
    batches : callable
        Returns a fresh iterator of Batches of any size, rows in the file's order.
    whole : callable or None
        Reads everything better than batch by batch would: a memory map, or n-grams besides.
    place : str
        What the ``places`` of a batch count: "line" or "row".
    counts : callable or None
        Returns how often each word occurred, by the file's row, or None if it does not say.
    """

    path: Path
    format: str
    dim: int
    n_rows: int | None
    batches: Callable[[], Iterator[Batch]]
    whole: Callable[[], WordVectors] | None = None
    place: str = "row"
    counts: Callable[[], NDArray[np.int64] | None] | None = None


UNSUSPECTED = 1 << 26  # bytes that any file may inflate to
MOST_INFLATION = 256
_LONGEST_NPY_HEADER = 1 << 20


def check_inflation(path: Path, what: str, size: int, packed: int) -> None:
    """Raise ValueError where few bytes of a file hold very many."""
    if size > max(UNSUSPECTED, MOST_INFLATION * packed):
        raise ValueError(
            f"{path}: {packed} packed bytes of {what} hold {size} and more, over {MOST_INFLATION} "
            "times as many: unpack it first if you trust it"
        )


def check_npy_header(file: IO[bytes]) -> None:
    """Refuse a .npy header that claims to be long, before NumPy makes room for it."""
    head = file.read(12)
    file.seek(-len(head), 1)
    length = int.from_bytes(head[8:12], "little")
    if head[6:7] > b"\x01" and length > _LONGEST_NPY_HEADER:
        raise ValueError(f"its header claims {length} bytes, over {_LONGEST_NPY_HEADER}")


def extra(module: str, what: str, name: str = "formats") -> Any:
    """Import a library that only some formats need."""
    return need(module, f"reading {what}", name)


@contextmanager
def library_reads(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into a ValueError that names the file.

    Only for calls into a library: they raise RuntimeError, TypeError, SyntaxError and more.
    """
    try:
        yield
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(f"{path}: no readable {what}: {error}") from error


def progress_bar(total: int, what: str, verbose: bool) -> Any:
    """Return a progress bar in bytes on stderr, silent unless ``verbose``."""
    from tqdm import tqdm

    return tqdm(total=total, desc=what, unit="B", unit_scale=True, disable=not verbose, leave=False)


def decode_words(words: list[bytes] | bytes, options: Options) -> list[str]:
    """Decode words, a list or joined by newlines; raise WordError for the first that is no text."""
    joined = words if isinstance(words, bytes) else b"\n".join(words)
    try:
        decoded = joined.decode(options.encoding, options.errors).split("\n")
    except UnicodeDecodeError:
        decoded = []
    n_words = joined.count(b"\n") + 1 if isinstance(words, bytes) else len(words)
    if len(decoded) == n_words:
        return decoded
    singly = joined.split(b"\n") if isinstance(words, bytes) else words
    return [_decode_word(row, word, options) for row, word in enumerate(singly)]


def _decode_word(row: int, word: bytes, options: Options) -> str:
    try:
        return word.decode(options.encoding, options.errors)
    except UnicodeDecodeError as error:
        raise WordError(row, word, error.reason) from None


class WordError(Exception):
    """A word's bytes are not text in the encoding asked for; a reader adds file and place."""

    def __init__(self, row: int, word: bytes, reason: str) -> None:
        super().__init__(row, word, reason)
        self.row, self.word, self.reason = row, word, reason


def undecodable(path: Path, place: str, error: WordError, options: Options) -> ValueError:
    """Say which word is not text, where, and what can be done."""
    return ValueError(
        f"{path}, {place}: the word {error.word!r} is not {options.encoding} ({error.reason}): "
        "pass errors='replace' to read it with replacement characters, or the file's encoding, "
        "as in encoding='latin-1'"
    )


def as_text(values: Any, path: Path, options: Options, first_row: int = 0) -> list[str]:
    """Return words that a file holds as str or bytes, these decoded as asked for.

    Raises
    ------
    ValueError
        With the row, counted from ``first_row``, for what is neither, or not in the encoding.
    """
    words = list(values.tolist() if isinstance(values, np.ndarray) else values)
    rows = [row for row, word in enumerate(words) if isinstance(word, bytes)]
    try:
        decoded = decode_words([words[row] for row in rows], options) if rows else []
    except WordError as error:
        place = f"row {first_row + rows[error.row]}"
        raise undecodable(path, place, error, options) from None
    for row, word in zip(rows, decoded, strict=True):
        words[row] = word
    for row, word in enumerate(words):
        if not isinstance(word, str):
            raise ValueError(
                f"{path}, row {first_row + row}: the word is {word!r:.60}, expected text"
            )
    return words

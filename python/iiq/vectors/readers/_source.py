"""What a reader gives: a Source of blocks of rows, and the options it was opened with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import as_int
from iiq.vectors.word_vectors import WordVectors


@dataclass(frozen=True)
class Options:
    """How to read; see ``read_vectors``."""

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


class Block(NamedTuple):
    """Some rows: words, float vectors (n, dim), and each row's place in the file for messages."""

    words: list[str]
    vectors: NDArray[Any]
    places: NDArray[np.int64]


@dataclass(frozen=True)
class Source:
    """An opened file of vectors.

    Attributes
    ----------
    path, format
        What was opened, and as what.
    dim : int
        Numbers in a vector.
    n_rows : int or None
        Rows, where the file says so.
    blocks : callable
        Returns a fresh iterator of Blocks of any size, rows in the file's order.
    whole : callable or None
        Reads everything better than block by block would: a memory map, or counts besides.
    place : str
        What the ``places`` of a block count: "line" or "row".
    """

    path: Path
    format: str
    dim: int
    n_rows: int | None
    blocks: Callable[[], Iterator[Block]]
    whole: Callable[[], WordVectors] | None = None
    place: str = "row"


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
        "pass errors='replace' to read it with replacement characters, or the file's encoding"
    )

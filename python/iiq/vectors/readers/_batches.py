"""What happens to a file's rows on their way to the caller: checked, made unique, gathered."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers._opened import Batch, Opened
from iiq.vectors.word_vectors import WordVectors


def clean_batches(opened: Opened) -> Iterator[Batch]:
    """Yield a file's batches as floats, finite, each word once; warn of words that come again."""
    return _unique(_finite(opened), opened)


def _finite(opened: Opened) -> Iterator[Batch]:
    for words, raw, places in opened.batches():
        with np.errstate(over="ignore", invalid="ignore"):
            vectors = raw if raw.dtype == np.float16 else raw.astype(np.float32, copy=False)
            total = vectors.sum(dtype=np.float64)
        if not np.isfinite(total):
            bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
            if len(bad):
                row = int(bad[0])
                raise ValueError(
                    f"{opened.path}, {opened.place} {places[row]}, {words[row]!r}: NaN, infinity "
                    "or too large for float32: remove or replace the row; if the words look "
                    "wrong, the file is damaged"
                )
        yield Batch(words, vectors, places)


def _unique(blocks: Iterable[Batch], opened: Opened) -> Iterator[Batch]:
    """Drop rows whose word came before. Words are told apart by 64-bit hashes: 8 bytes a word.

    The hash is that of the word's bytes: str's own takes "5l" and U+6C35 for the same, which look
    alike in memory.
    """
    seen = np.empty(0, dtype=np.int64)
    n_again = 0
    first = ""
    for block in blocks:
        encoded = (word.encode("utf-8", "surrogatepass") for word in block.words)
        hashes = np.fromiter(map(hash, encoded), dtype=np.int64, count=len(block.words))
        new, rows = np.unique(hashes, return_index=True)
        is_new = ~_contains(seen, new)
        new, rows = new[is_new], np.sort(rows[is_new])
        seen = np.insert(seen, np.searchsorted(seen, new), new)
        if len(rows) < len(hashes):
            if not n_again:
                row = int(np.setdiff1d(np.arange(len(hashes)), rows)[0])
                first = f"{block.words[row]!r} in {opened.place} {block.places[row]}"
            n_again += len(hashes) - len(rows)
            words = [block.words[row] for row in rows]
            block = Batch(words, block.vectors[rows], block.places[rows])  # noqa: PLW2901
        if block.words:
            yield block
    if n_again:
        warnings.warn(
            f"{opened.path}: {n_again} words occur again, the first {first}: the first row of each "
            "word is kept",
            UserWarning,
            stacklevel=4,
        )


def _contains(ascending: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(values), dtype=bool)
    place = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: NDArray[np.bool_] = ascending[place] == values
    return found


def of_size(
    blocks: Iterable[Batch], n_rows: int
) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    """Yield the same rows in blocks of exactly ``n_rows``, the last one shorter."""
    words: list[str] = []
    parts: list[NDArray[np.float32]] = []
    for block in blocks:
        start = 0
        while start < len(block.words):
            stop = start + n_rows - len(words)
            words += block.words[start:stop]
            parts.append(np.asarray(block.vectors[start:stop], dtype=np.float32))
            start = stop
            if len(words) == n_rows:
                yield words, np.concatenate(parts)
                words, parts = [], []
    if words:
        yield words, np.concatenate(parts)


def _whole(opened: Opened, read: Callable[[], WordVectors]) -> WordVectors:
    try:
        return read()
    except ValueError as error:
        if str(opened.path) in str(error):
            raise
        raise ValueError(f"{opened.path}: {error}") from error


def gather(opened: Opened) -> WordVectors:
    """Read all rows into one matrix that grows in place, so that no second copy ever exists."""
    if opened.whole is not None:
        return _whole(opened, opened.whole)
    words: list[str] = []
    places: list[NDArray[np.int64]] = []
    vectors = np.empty((0, opened.dim), dtype=np.float32)
    for block in clean_batches(opened):
        start, stop = len(words), len(words) + len(block.words)
        if start == 0:
            vectors = np.empty((0, opened.dim), dtype=block.vectors.dtype)
        if stop > len(vectors):
            vectors.resize((max(stop, len(vectors) * 9 // 8), opened.dim), refcheck=False)
        vectors[start:stop] = block.vectors
        words += block.words
        if opened.counts is not None:
            places.append(block.places)
    vectors.resize((len(words), opened.dim), refcheck=False)
    if not words:
        raise ValueError(f"{opened.path} holds no vectors: fetch it again")
    counts = None if opened.counts is None else opened.counts()
    if counts is not None:
        counts = counts[np.concatenate(places)]
    return WordVectors(words, vectors, counts)

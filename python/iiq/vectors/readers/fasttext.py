"""fastText .bin: a dictionary with counts, word rows and n-gram rows; memory-mapped.

A word's vector is the mean of its own row and its n-grams' rows. The n-gram rows come along in
``WordVectors.subwords``, so that words outside the vocabulary have vectors too. Layout, all
little-endian: int32 magic, version; 12 int32 and a double of training arguments; int32 size, words,
labels; int64 tokens, pruned; for each entry its UTF-8 bytes, NUL, int64 count, int8 type; bool
quantized; int64 rows, columns; float32 rows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.readers._opened import Batch, Opened, Options, WordError, decode_words, undecodable
from iiq.vectors.subwords import Subwords
from iiq.vectors.word_vectors import WordVectors

NAME = "fasttext-bin"
_MAGIC = 793712314
_ROWS = 4096
_LONGEST_WORD = 1 << 16
_LONGEST_NGRAM = 64


class _Model(NamedTuple):
    words: list[bytes]
    counts: NDArray[np.int64]
    matrix: NDArray[np.float32]
    min_n: int
    max_n: int


def matches(path: Path, head: bytes) -> bool:
    """Whether these are the first bytes of a fastText model."""
    return head[:4] == struct.pack("<i", _MAGIC)


def open_file(path: Path, head: bytes, options: Options) -> Opened:
    """Open a fastText model that is not quantized."""
    try:
        with path.open("rb") as file:
            model = _read(path, file)
    except struct.error:
        raise _truncated(path, "the file ends in its dictionary") from None
    n_rows = len(model.words) if options.limit is None else min(len(model.words), options.limit)
    own = model.matrix[: len(model.words)]
    subwords = Subwords(model.matrix[len(model.words) :], model.min_n, model.max_n)
    words = _decode(path, model.words[:n_rows], options)

    def blocks() -> Iterator[Batch]:
        for start in range(0, n_rows, _ROWS):
            some = words[start : start + _ROWS]
            stop = start + len(some)
            places = np.arange(start, stop)
            yield Batch(some, subwords.composed(some, own[start:stop]), places)

    def whole() -> WordVectors:
        vectors = np.empty((n_rows, own.shape[1]), dtype=np.float32)
        for some, rows, places in blocks():
            vectors[places[0] : places[0] + len(some)] = rows
        has_ngrams = subwords.n_buckets and model.max_n
        return WordVectors(words, vectors, model.counts[:n_rows], subwords if has_ngrams else None)

    return Opened(path, NAME, own.shape[1], n_rows, blocks, whole)


def _unpack(file: IO[bytes], form: str) -> tuple[int, ...]:
    return struct.unpack("<" + form, file.read(struct.calcsize("<" + form)))


def _truncated(path: Path, why: str) -> ValueError:
    return ValueError(f"{path}: truncated or damaged fastText model ({why}): fetch it again")


def _read(path: Path, file: IO[bytes]) -> _Model:
    magic, version = _unpack(file, "2i")
    if magic != _MAGIC or version not in (11, 12):
        raise ValueError(f"{path}: fastText version {version} is not known: 11 and 12 are")
    dim, _, _, _, _, _, _, kind, n_buckets, min_n, max_n, _, _ = _unpack(file, "12id")
    n_entries, n_words, n_labels, _, n_pruned = _unpack(file, "3i2q")
    if max_n > _LONGEST_NGRAM:
        raise _truncated(path, f"n-grams of up to {max_n} characters")
    if n_words < 1 or n_entries != n_words + n_labels:
        raise _truncated(path, f"{n_words} words and {n_labels} labels make {n_entries} entries")
    words, counts = _read_dictionary(path, file, n_entries)
    if version == 11 and kind == 3:
        max_n = 0  # supervised models of that version have no n-grams
    (is_quantized,) = _unpack(file, "?")
    if is_quantized or n_pruned > 0:
        raise ValueError(f"{path} is a quantized fastText model (.ftz): use the .bin it came from")
    n_rows, n_columns = _unpack(file, "2q")
    if n_columns != dim or dim < 1 or n_rows != n_words + n_buckets:
        raise _truncated(
            path, f"a matrix of {n_rows} x {n_columns}, expected {n_words + n_buckets} x {dim}"
        )
    missing = file.tell() + 4 * n_rows * dim - path.stat().st_size
    if missing > 0:
        raise _truncated(path, f"{missing} bytes of {n_rows} rows are missing")
    matrix = np.memmap(path, "<f4", "r", offset=file.tell(), shape=(n_rows, dim))
    return _Model(words[:n_words], counts[:n_words], np.asarray(matrix), min_n, max_n)


def _read_dictionary(
    path: Path, file: IO[bytes], n_entries: int
) -> tuple[list[bytes], NDArray[np.int64]]:
    words: list[bytes] = []
    counts: list[int] = []
    data = b""
    start = 0
    while len(words) < n_entries:
        end = data.find(b"\0", start)
        if end < 0 or end + 10 > len(data):
            piece = file.read(1 << 20)
            if not piece or len(data) - start > _LONGEST_WORD:
                raise _truncated(path, f"{len(words)} of {n_entries} words are readable")
            data, start = data[start:] + piece, 0
            continue
        words.append(data[start:end])
        counts.append(int.from_bytes(data[end + 1 : end + 9], "little", signed=True))
        start = end + 10
    file.seek(start - len(data), 1)
    return words, np.array(counts, dtype=np.int64)


def _decode(path: Path, words: list[bytes], options: Options) -> list[str]:
    try:
        return decode_words(words, options)
    except WordError as error:
        raise undecodable(path, f"word {error.row}", error, options) from None

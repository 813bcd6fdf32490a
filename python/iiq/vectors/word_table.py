"""Words and their rows without Python strings: one UTF-8 blob and a hash table, both mapped.

Four arrays hold a vocabulary of n words: ``blob``, the words end to end in UTF-8; ``offsets``
(n + 1), where each word starts; and a hash table in two parts, ``starts`` (n_buckets + 1) and
``rows`` (n): bucket b holds the rows ``rows[starts[b]:starts[b + 1]]``, ascending, of the words
whose CRC-32 is b modulo n_buckets. The hash is in every standard library, building is one stable
sort, and a look-up touches one short run of each array. A word that is found where its hash does
not belong gives the damage away.
"""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, overload
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_WORDS_PER_BUCKET = 2


class WordTable(Sequence[str]):
    """The words of a vocabulary by row, and the row of each word; behaves as a list of str.

    Parameters
    ----------
    blob, offsets, starts, rows : ndarray
        The four arrays of the module's page, usually views into a mapped file. Their sizes are
        checked here, their contents where they are touched.

    Raises
    ------
    ValueError
        If the arrays do not fit one another.
    """

    def __init__(self, blob: Array, offsets: Array, starts: Array, rows: Array) -> None:
        _check_arrays(blob, offsets, starts, rows)
        self._arrays = {"blob": blob, "offsets": offsets, "starts": starts, "rows": rows}
        self._n_stored = len(rows)
        self._n_buckets = len(starts) - 1
        self._blob = blob.data
        # A cast from bytes reads numbers wherever they lie, aligned or not.
        self._offsets = _numbers(offsets)
        self._starts = _numbers(starts)
        self._rows = _numbers(rows)
        self._added: list[str] = []
        self._added_rows: dict[str, int] = {}

    @classmethod
    def build(cls, words: Iterable[str]) -> WordTable:
        """Build the table of ``words``; row i is the i-th word.

        Raises
        ------
        TypeError
            If something is no str.
        ValueError
            If a word stands twice, or cannot be written as UTF-8.
        """
        lengths, hashes = array("I"), array("I")
        blob = bytearray()
        for word in words:
            data = _encode(word, len(lengths))
            blob += data
            lengths.append(len(data))
            hashes.append(crc32(data))
        n = len(lengths)
        ends = np.cumsum(np.array(lengths, dtype=np.uint64), dtype=np.uint64)
        wide = np.uint64 if len(blob) > np.iinfo(np.uint32).max else np.uint32
        offsets = np.concatenate([[np.uint64(0)], ends]).astype(wide)
        n_buckets = max(1, n // _WORDS_PER_BUCKET)
        keys = np.array(hashes, dtype=np.uint32)
        buckets = keys % np.uint32(n_buckets)
        letters = np.frombuffer(blob, dtype=np.uint8)
        _refuse_duplicates(letters, offsets, keys)
        rows = np.argsort(buckets, kind="stable").astype(np.uint32)
        starts = np.zeros(n_buckets + 1, dtype=np.uint32)
        np.cumsum(np.bincount(buckets, minlength=n_buckets), out=starts[1:])
        return cls(letters, offsets, starts, rows)

    def arrays(self) -> dict[str, Array]:
        """Return the four arrays to store; words added since are built in first."""
        return (self if not self._added else WordTable.build(self))._arrays

    def nbytes(self) -> int:
        """Return the bytes of the four arrays."""
        return sum(part.nbytes for part in self._arrays.values())

    def add(self, words: Iterable[str]) -> None:
        """Append words that are not in the table yet.

        Raises
        ------
        ValueError
            If one is there already; then none is added.
        """
        new = list(words)
        for position, word in enumerate(new):
            _encode(word, len(self) + position)
            if word in self:
                raise ValueError(f"word {word!r} is there already, in row {self.find(word)}")
        if len(set(new)) != len(new):
            raise ValueError("a word stands twice among those to add: give each once")
        self._added_rows.update((word, len(self) + i) for i, word in enumerate(new))
        self._added.extend(new)

    def find(self, word: object) -> int:
        """Return the row of ``word``, or -1 if it is not in the table."""
        if not isinstance(word, str):
            return -1
        try:
            data = word.encode()
        except UnicodeEncodeError:
            return -1
        row = self._find_stored(data) if self._n_stored else -1
        return row if row >= 0 else self._added_rows.get(word, -1)

    def _find_stored(self, data: bytes) -> int:
        bucket = crc32(data) % self._n_buckets
        rows = self._bucket(bucket)
        offsets, length = self._offsets, len(data)
        try:
            for row in rows:
                start = offsets[row]
                if (
                    offsets[row + 1] - start == length
                    and self._blob[start : start + length] == data
                ):
                    return row
        except IndexError:
            raise ValueError(f"damaged word table: row {row} of {self._n_stored}") from None
        for row in rows:  # not found: is it missing, or is the table damaged?
            if crc32(self._bytes(row)) % self._n_buckets != bucket:
                raise ValueError(f"damaged word table: row {row} is not of bucket {bucket}")
        return -1

    def _bucket(self, bucket: int) -> list[int]:
        """Return the rows of the words whose hash is that of the bucket."""
        start, stop = self._starts[bucket], self._starts[bucket + 1]
        if start > stop or stop > self._n_stored:
            raise ValueError(f"damaged word table: bucket {bucket} spans {start} to {stop}")
        rows: list[int] = self._rows[start:stop].tolist()
        return rows

    def _bytes(self, row: int) -> memoryview:
        if row >= self._n_stored:
            raise ValueError(f"damaged word table: row {row} of {self._n_stored}")
        start, stop = self._offsets[row], self._offsets[row + 1]
        if start > stop or stop > len(self._blob):
            raise ValueError(f"damaged word table: word {row} spans bytes {start} to {stop}")
        return self._blob[start:stop]

    def _word(self, row: int) -> str:
        if row >= self._n_stored:
            return self._added[row - self._n_stored]
        try:
            return str(self._bytes(row), "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"damaged word table: word {row} is no UTF-8: {error}") from None

    # --- a list ----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._n_stored + len(self._added)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        n = len(self)
        if isinstance(index, slice):
            return [self._word(row) for row in range(*index.indices(n))]
        row = operator.index(index)
        if row < -n or row >= n:
            raise IndexError(f"row {row} is outside a vocabulary of {n} words")
        return self._word(row % n)

    def __iter__(self) -> Iterator[str]:
        return map(self._word, range(len(self)))

    def __contains__(self, word: object) -> bool:
        return self.find(word) >= 0

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Return the row of a word; ValueError if it is not there."""
        row = self.find(value)
        first, last, _ = slice(start, stop).indices(len(self))
        if not first <= row < last:
            raise ValueError(f"{value!r} is not in the vocabulary")
        return row

    def count(self, value: object) -> int:
        """Return 1 for a word in the table, else 0."""
        return int(value in self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WordTable | list | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, islice(self, 5)))
        return f"<{len(self)} words: {shown}{', ...' if len(self) > 5 else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, tuple(np.array(part) for part in self.arrays().values())


class WordRows(Mapping[str, int]):
    """The row of each word of a table; behaves as the dict ``{word: row}`` that is never built."""

    def __init__(self, table: WordTable) -> None:
        self._table = table

    def __getitem__(self, word: str) -> int:
        row = self._table.find(word)
        if row < 0:
            raise KeyError(word)
        return row

    def __contains__(self, word: object) -> bool:
        return self._table.find(word) >= 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        shown = ", ".join(f"{word!r}: {row}" for row, word in enumerate(islice(self._table, 5)))
        return f"{{{shown}{', ...' if len(self) > 5 else ''}}}"


def _restore(*arrays: Array) -> WordTable:
    return WordTable(*arrays)


def _encode(word: object, row: int) -> bytes:
    if not isinstance(word, str):
        raise TypeError(f"words must be str, but word {row} is {word!r} ({type(word).__name__})")
    try:
        return word.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"word {row}, {word!r}, cannot be written as UTF-8: {error.reason}"
        ) from None


def _numbers(part: Array) -> memoryview:
    if not part.size:
        return memoryview(array("I"))
    native = part if part.dtype.isnative else part.astype(part.dtype.newbyteorder("="))
    return native.view(np.uint8).data.cast("I" if native.itemsize == 4 else "Q")


def _check_arrays(blob: Array, offsets: Array, starts: Array, rows: Array) -> None:
    kinds = {"blob": (blob, "u1"), "starts": (starts, "u4"), "rows": (rows, "u4")}
    kinds["offsets"] = (offsets, "u8" if offsets.dtype.itemsize == 8 else "u4")
    for name, (part, kind) in kinds.items():
        if part.ndim != 1 or part.dtype.newbyteorder("=") != np.dtype(kind):
            raise ValueError(
                f"word table: {name} must be one row of {np.dtype(kind)}, "
                f"got {part.dtype} of shape {part.shape}"
            )
    n = len(rows)
    if len(offsets) != n + 1 or len(starts) < 2:
        raise ValueError(
            f"word table: {n} rows need {n + 1} offsets and at least 2 starts, "
            f"got {len(offsets)} and {len(starts)}"
        )
    if offsets[0] != 0 or offsets[-1] != len(blob) or starts[0] != 0 or starts[-1] != n:
        raise ValueError(
            f"word table: offsets must run from 0 to {len(blob)} and starts from 0 to {n}, "
            f"got {offsets[0]} to {offsets[-1]} and {starts[0]} to {starts[-1]}"
        )


def _refuse_duplicates(blob: Array, offsets: Array, keys: Array) -> None:
    """Raise if two words are equal: only those of equal hashes are compared."""
    rows = np.argsort(keys, kind="stable")
    ordered = keys[rows]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(same):
        return
    seen: dict[bytes, int] = {}
    for position in np.unique(np.concatenate([same, same + 1])).tolist():
        row = int(rows[position])
        data = blob[int(offsets[row]) : int(offsets[row + 1])].tobytes()
        first = seen.setdefault(data, row)
        if first != row:
            raise ValueError(
                f"word {data.decode()!r} stands twice, in rows {min(first, row)} and "
                f"{max(first, row)}: keep one (iiq.WordVectors keeps the first)"
            )

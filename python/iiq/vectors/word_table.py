"""Words and their rows in some eight bytes a word, mapped from a file, and words added since.

The words of a file lie in a store (``csrc/words``, ``docs/file-format.md``): written in pieces in
the order of their rows, and a function of a word's hash that gives its row. Every page of the store
is checked when it is first touched: damage is a ``ValueError``, never a wrong word.

A table is a value. ``appended`` gives a longer table and leaves this one as it was; the two share
the store and one list of added words, of which each table sees its own length, so that adding a
word costs the same however many there are, and threads may ask an old table meanwhile. The second
table that grows out of one table gets a list of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from threading import Lock
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.native import core

Array = NDArray[Any]
Rows = NDArray[np.int64]

# The arrays of a store, in the order in which it takes them.
PARTS = {
    "numbers": np.uint64,
    "pieces": np.uint8,
    "text": np.uint8,
    "starts": np.uint64,
    "rows": np.uint8,
    "checks": np.uint32,
}
_CHUNK = 4096


class _Added:
    """Words that came after the store, in a list that is only ever appended to."""

    def __init__(self, first_row: int, words: Iterable[str] = ()) -> None:
        self.lock = Lock()
        self.words = list(words)
        self.rows = {word: row for row, word in enumerate(self.words, first_row)}


class WordTable(Sequence[str]):
    """The words of a vocabulary by row, and the row of each word; behaves as a list of str.

    Parameters
    ----------
    numbers, pieces, text, starts, rows, checks : ndarray
        The arrays of ``docs/file-format.md``, usually views into a mapped file.

    Raises
    ------
    ValueError
        If the arrays do not fit one another, or the first of them are damaged; the rest is checked
        where it is touched.
    """

    def __init__(
        self,
        numbers: Array,
        pieces: Array,
        text: Array,
        starts: Array,
        rows: Array,
        checks: Array,
    ) -> None:
        given = (numbers, pieces, text, starts, rows, checks)
        self._arrays = {
            name: _as_part(name, part, PARTS[name]) for name, part in zip(PARTS, given, strict=True)
        }
        self._store = core().WordStore(*self._arrays.values())
        self._n_stored = int(self._arrays["numbers"][0])
        self._n = self._n_stored
        self._added = _Added(self._n_stored)

    @classmethod
    def build(cls, words: Iterable[str]) -> WordTable:
        """Build the table of ``words``; row i is the i-th word.

        Raises
        ------
        TypeError
            If something is no str.
        ValueError
            If a word stands twice, or cannot be written as UTF-8.

        Notes
        -----
        The words may come from a generator: memory is a word's letters and some 60 bytes while the
        table is built.
        """
        builder = core().WordStoreBuilder()
        source = iter(words)
        n = 0
        while chunk := list(islice(source, _CHUNK)):
            wrong = builder.add(chunk)
            if wrong >= 0:
                _refuse(chunk[wrong], n + wrong)
            n += len(chunk)
        built = builder.build()
        if len(built) == len(PARTS):
            return cls(*built)
        first, second, word = built
        raise ValueError(
            f"word {word!r} stands twice, in rows {first} and {second}: keep one "
            "(iiq.WordVectors keeps the first)"
        )

    def appended(self, words: Iterable[str]) -> WordTable:
        """Return the table of these words and then ``words``, which must be new.

        Raises
        ------
        TypeError, ValueError
            If something is no word, is there already, or stands twice.

        Notes
        -----
        Amortised, a word costs the same however long the table is.
        """
        new = list(words)
        for position, word in enumerate(new):
            if not _is_word(word):
                _refuse(word, len(self) + position)
        known = np.flatnonzero(self.find_many(new) >= 0)
        if len(known):
            word = new[known[0]]
            raise ValueError(f"word {word!r} is there already, in row {self.find(word)}")
        if len(set(new)) != len(new):
            raise ValueError("a word stands twice among those to add: give each once")
        longer = object.__new__(type(self))
        longer.__dict__.update(self.__dict__)
        longer._n = self._n + len(new)
        longer._added = self._extended(new)
        return longer

    def _extended(self, new: list[str]) -> _Added:
        """Append to the list of added words, if it ends where this table does; else to a copy."""
        added, seen = self._added, self._n - self._n_stored
        with added.lock:
            if len(added.words) != seen:
                return _Added(self._n_stored, [*added.words[:seen], *new])
            added.rows.update((word, self._n + i) for i, word in enumerate(new))
            added.words.extend(new)
            return added

    def arrays(self) -> dict[str, Array]:
        """Return the six arrays to store; words added since are built in first."""
        return self._arrays if self._n == self._n_stored else WordTable.build(self)._arrays

    def nbytes(self) -> int:
        """Return the bytes of the six arrays."""
        return sum(part.nbytes for part in self._arrays.values())

    def find(self, word: object) -> int:
        """Return the row of ``word``, or -1 if it is not in the table."""
        row: int = self._store.find(word)
        if row < 0 and self._n > self._n_stored and isinstance(word, str):
            row = self._added.rows.get(word, -1)
            return row if row < self._n else -1  # a longer table's
        return row

    def find_many(self, words: Iterable[object]) -> Rows:
        """Return the row of each word, int64 (m,); -1 for what is not in the table."""
        return self.look_up(words)[0]

    def look_up(self, words: Iterable[object]) -> tuple[Rows, int]:
        """Return the row of each word, -1 for what is missing, and how many are."""
        wanted = words if isinstance(words, list | tuple) else list(words)
        rows, missing = self._store.find_many(wanted)
        if missing and self._n > self._n_stored:
            for position in np.flatnonzero(rows < 0).tolist():
                rows[position] = self.find(wanted[position])
            missing = int(np.count_nonzero(rows < 0))
        return rows, missing

    def words_at(self, rows: ArrayLike) -> list[str]:
        """Return the words of ``rows``, each from 0 to ``len - 1``; IndexError for others."""
        chosen = np.asarray(rows, dtype=np.int64)
        outside = (chosen < 0) | (chosen >= self._n)
        if outside.any():
            raise IndexError(f"row {chosen[outside][0]} is outside a vocabulary of {self._n} words")
        is_stored = chosen < self._n_stored
        if is_stored.all():
            words: list[str] = self._store.words_at(np.ascontiguousarray(chosen))
            return words
        stored = iter(self._store.words_at(chosen[is_stored]))
        added = self._added.words
        return [
            next(stored) if row < self._n_stored else added[row - self._n_stored]
            for row in chosen.tolist()
        ]

    # --- a list ----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        n = len(self)
        if isinstance(index, slice):
            return self.words_at(np.arange(*index.indices(n)))
        row = operator.index(index)
        if row < -n or row >= n:
            raise IndexError(f"row {row} is outside a vocabulary of {n} words")
        row %= n
        if row >= self._n_stored:
            return self._added.words[row - self._n_stored]
        word: str = self._store.word_at(row)
        return word

    def __iter__(self) -> Iterator[str]:
        n = len(self)
        starts = range(0, n, _CHUNK)
        return chain.from_iterable(self[start : min(start + _CHUNK, n)] for start in starts)

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

    def __add__(self, other: Sequence[str]) -> list[str]:
        return [*self, *other]

    def __radd__(self, other: Sequence[str]) -> list[str]:
        return [*other, *self]

    def copy(self) -> list[str]:
        """Return the words as a list."""
        return list(self)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:5]))
        return f"<{len(self)} words: {shown}{', ...' if len(self) > 5 else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return WordTable, tuple(np.array(part) for part in self.arrays().values())


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

    def __or__(self, other: Mapping[str, int]) -> dict[str, int]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, int]) -> dict[str, int]:
        return {**other, **self}

    def copy(self) -> dict[str, int]:
        """Return the rows as a dict."""
        return dict(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{word!r}: {row}" for row, word in enumerate(self._table[:5]))
        return f"{{{shown}{', ...' if len(self) > 5 else ''}}}"


def _is_word(word: object) -> bool:
    """Say whether it is a str that UTF-8 can write."""
    if not isinstance(word, str):
        return False
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(word: object, row: int) -> None:
    """Raise for what is no word."""
    if not isinstance(word, str):
        raise TypeError(f"words must be str, but word {row} is {word!r} ({type(word).__name__})")
    raise ValueError(
        f"word {row}, {word!r}, cannot be written as UTF-8: it holds half a surrogate pair"
    )


def _as_part(name: str, part: Array, dtype: Any) -> Array:
    """Check the type and shape of an array of the store; its bytes stay where they are."""
    ndim = 2 if name == "pieces" else 1
    if part.ndim != ndim or part.dtype.newbyteorder("=") != np.dtype(dtype):
        raise ValueError(
            f"word table: {name} must be {np.dtype(dtype)} of {ndim} dimension(s), "
            f"got {part.dtype} of shape {part.shape}"
        )
    return np.require(part, dtype, ["C", "A"])

"""What names words, checked once: words in an order, one for each row."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def as_words(words: Any, name: str = "words") -> list[Any]:
    """Return words as a list whose order is that of the rows.

    Parameters
    ----------
    words : iterable of str, or a mapping between words and row numbers 0 to n - 1
        A mapping is put in the order of its numbers, whatever its own order. Whether each word is
        a str is for the caller to check: it knows what to say of those that are none.
    name : str
        What to call it in an error.

    Raises
    ------
    TypeError
        For one word instead of a list, a set (it has no order), a table, a mapping to other things.
    ValueError
        If the numbers of a mapping are not the row numbers 0 to n - 1.
    """
    if isinstance(words, str | bytes | bytearray | memoryview):
        raise TypeError(f"{name} must be a list of words, got one: {words!r:.60}: pass [word]")
    if isinstance(words, Mapping):
        return _by_number(words, name)
    if isinstance(words, set | frozenset):
        raise TypeError(
            f"{name} must be in order, but a {type(words).__name__} has none: "
            "pass a list, in which word i belongs to row i"
        )
    if hasattr(words, "columns") or np.ndim(words if hasattr(words, "ndim") else 0) > 1:
        raise TypeError(f"{name} must be one list of words, got a table: pass one column of it")
    if not isinstance(words, Iterable):
        raise TypeError(f"{name} must be a list of words, got {type(words).__name__}")
    return list(words)


def _by_number(words: Mapping[Any, Any], name: str) -> list[Any]:
    """Put the words of a mapping in the order of their row numbers."""
    if not isinstance(words, Counter):
        for keys, numbers in ((words, words.values()), (words.values(), words)):
            rows = _whole_numbers(numbers)
            if rows is None or not all(isinstance(key, str) for key in keys):
                continue
            ordered = sorted(zip(rows, keys, strict=True), key=operator.itemgetter(0))
            if [row for row, _ in ordered] == list(range(len(ordered))):
                return [key for _, key in ordered]
            raise ValueError(
                f"{name} maps {len(rows)} words to rows from {min(rows)} to {max(rows)}, expected "
                f"each of 0 to {len(rows) - 1} once: with d for the mapping pass list(d) as the "
                "words and matrix[list(d.values())] as their vectors"
            )
    kind = type(words).__name__
    raise TypeError(
        f"{name} is a {kind} that does not map words to row numbers: pass a list of the words in "
        "the order of the rows"
    )


def _whole_numbers(values: Iterable[Any]) -> list[int] | None:
    found = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            return None
        found.append(int(value))
    return found

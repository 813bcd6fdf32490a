"""From words and vectors to one vector to look for: sums, weights and what gensim says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import compress
from operator import not_
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from iiq.vocabulary.spaces import Space, units

Key: TypeAlias = str | int | np.integer[Any]
KEY_TYPES = (str, int, np.integer)
Float64 = NDArray[np.float64]


class Query(NamedTuple):
    """What to look for: a sum of vectors (width,), and the rows of the words in it."""

    vector: Float64
    used: list[int]


def is_key(value: object) -> bool:
    """Return whether a value names a word or a row (True and False do not)."""
    return isinstance(value, KEY_TYPES) and not isinstance(value, bool)


def as_keys(keys: Any, name: str = "keys") -> list[Any]:
    """Return keys, or the rows of a matrix, as a list.

    Raises
    ------
    TypeError
        For bytes, whose numbers would be rows; for sets, which have no order; for mappings.
    """
    if isinstance(keys, bytes | bytearray | memoryview):
        raise TypeError(f"{name} must be str, got {keys!r:.60}: decode it, as in key.decode()")
    if isinstance(keys, str):
        raise TypeError(f"{name} must be a list of words, got one: {keys!r:.60}: pass [word]")
    if isinstance(keys, set | frozenset | Mapping):
        raise TypeError(
            f"{name} must be a list, got a {type(keys).__name__}: pass list({name}), or "
            f"list({name}.items()) for words with their weights"
        )
    return list(keys)


def as_list(keys: Any) -> list[Any]:
    """Return one key, one vector or None as a list; a list or the rows of a matrix as they are."""
    if keys is None:
        return []
    if isinstance(keys, KEY_TYPES) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        return [keys]
    return as_keys(keys)


def weighted(positive: Any, negative: Any) -> tuple[list[Any], list[float]]:
    """Return keys and weights: 1 for a positive key, -1 for a negative, or the pair's own."""
    keys: list[Any] = []
    weights: list[float] = []
    for items, sign in ((as_list(positive), 1.0), (as_list(negative), -1.0)):
        for item in items:
            key, weight = item if isinstance(item, tuple) else (item, sign)
            keys.append(key)
            weights.append(float(weight))
    return keys, weights


def as_vector(value: Any, width: int) -> Float64:
    """Check one vector of the source's space, of ``width`` numbers."""
    if isinstance(value, bytes | bytearray | memoryview | set | frozenset | Mapping):
        raise TypeError(f"expected a word, a row or a vector, got {value!r:.80}")
    try:
        vector = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"expected a word, a row or a vector, got {value!r:.80}") from None
    if value is None or vector.ndim == 0:
        raise TypeError(f"expected a word, a row or a vector, got {value!r}")
    if vector.shape != (width,):
        raise ValueError(
            f"a vector here has {width} numbers, those of the vectors that were compressed, got "
            f"shape {vector.shape}; for the codes as +-1 use .signs"
        )
    if not np.isfinite(vector).all():
        raise ValueError("the vector contains NaN or infinity: remove or replace it")
    return vector


def sum_of(
    space: Space,
    found_in: Callable[[list[Any]], tuple[Float64, list[int]]],
    keys: list[Any],
    weights: list[float],
    *,
    normalize: bool = True,
    missing: str | None = "Key '{}' not present in vocabulary",
) -> tuple[Float64, float]:
    """Return the sum of weight * vector in a space, and what to divide it by for the mean.

    Parameters
    ----------
    space : Space
        Where vectors from outside are placed.
    found_in : callable
        From words and rows to their vectors in that space, and the places of missing ones.
    keys : list of words, rows or vectors
    weights : list of float
        One for each key.
    normalize : bool
        Scale words' vectors to length 1; vectors are taken as they are.
    missing : str or None
        What a KeyError says of a missing key; None leaves such keys out.
    """
    unit = space.length if normalize else None
    is_word = [isinstance(key, KEY_TYPES) for key in keys]
    words = list(compress(keys, is_word))
    vectors, places = found_in(words)
    if places and missing is not None:
        raise KeyError(missing.format(words[places[0]]))
    shares = np.array(list(compress(weights, is_word)))
    if places:
        shares[places] = 0  # the row of a missing word is zeros
    if normalize:
        vectors = units(space, vectors)
    total: Float64 = np.add.reduce(shares[:, None] * vectors, axis=0)  # row by row
    magnitude = float(np.add.reduce(np.abs(shares)))
    if len(words) < len(keys):
        outside = np.zeros(space.width)
        for key, weight in compress(zip(keys, weights, strict=True), map(not_, is_word)):
            outside += weight * space.place(as_vector(key, space.dim)[None])[0]
            magnitude += abs(weight)
        # Vectors of one length are summed as they are: whole numbers stay whole, ties stay ties.
        total = total + (unit or 1.0) * outside
    return total, magnitude * (unit or 1.0)

"""From words and vectors to one vector to look for: sums, weights and what gensim says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    vector_of: Callable[[Key], Float64 | None],
    items: Iterable[tuple[Any, float]],
    *,
    normalize: bool = True,
    missing: str | None = "Key '{}' not present in vocabulary",
) -> tuple[Float64, float]:
    """Return the sum of weight * vector in a space, and what to divide it by for the mean.

    Parameters
    ----------
    space : Space
        Where vectors from outside are placed.
    vector_of : callable
        From a key to its vector in that space, None where it is missing.
    items : iterable of (key or vector, weight)
    normalize : bool
        Scale words' vectors to length 1; vectors are taken as they are.
    missing : str or None
        What a KeyError says of a missing key; None leaves such keys out.
    """
    words, vectors = np.zeros(space.width), np.zeros(space.width)
    magnitude = 0.0
    unit = space.length if normalize else None
    for item, weight in items:
        if not isinstance(item, KEY_TYPES):
            vectors += weight * space.place(as_vector(item, space.dim)[None])[0]
        elif (vector := vector_of(item)) is not None:
            words += weight * (units(space, vector[None])[0] if normalize else vector)
        elif missing is None:
            continue
        else:
            raise KeyError(missing.format(item))
        magnitude += abs(weight)
    # Vectors of one length are summed as they are: whole numbers stay whole, and ties stay ties.
    return words + (unit or 1.0) * vectors, magnitude * (unit or 1.0)

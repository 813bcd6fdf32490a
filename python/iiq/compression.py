"""Vectors in, compressed vocabulary out: choose the length, fit an encoder, encode, join with words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iiq._validate import as_int
from iiq.encoders import ENCODERS
from iiq.vectors import WordVectors

if TYPE_CHECKING:
    from iiq.encoders.base import Encoder
    from iiq.keyed_vectors import BinaryKeyedVectors

FLOAT_BITS = 32
DEFAULT_RATIO = 32
_SORTED_SHARE = 0.9  # of neighbouring words that ascend, for a list to count as alphabetical


def code_length(dim: int, ratio: float | None, n_bits: int | None) -> int:
    """Return the bits of a code for vectors of ``dim`` float32 numbers.

    Parameters
    ----------
    dim : int
        Numbers in a vector; as float32 they take ``32 * dim`` bits.
    ratio : float, optional
        How many times smaller the code is than the float32 vector: ``n_bits = 32 * dim / ratio``,
        rounded. 32 where neither is given.
    n_bits : int, optional
        The length itself, instead of a ratio.

    Raises
    ------
    ValueError
        If both are given, or the code would have no bit.
    """
    if ratio is not None and n_bits is not None:
        raise ValueError(
            f"got ratio={ratio} and n_bits={n_bits}: they name the same thing, pass one of them"
        )
    if n_bits is not None:
        return as_int(n_bits, "n_bits", 1)
    wanted = float(DEFAULT_RATIO if ratio is None else ratio)
    if not 0 < wanted <= FLOAT_BITS * dim:
        raise ValueError(
            f"ratio must be above 0 and at most {FLOAT_BITS * dim} (one bit a vector of {dim} "
            f"numbers), got {ratio}"
        )
    return max(1, round(FLOAT_BITS * dim / wanted))


def is_alphabetical(words: Sequence[str]) -> bool:
    """Return whether a list of words stands in alphabetical order, more or less.

    Files in order of frequency are the rule; in an alphabetical one the first rows are a bad sample.
    """
    if len(words) < 100:
        return False
    runs = 64
    starts = np.linspace(0, max(0, len(words) - 257), runs).astype(int)
    pairs = ascending = 0
    for start in sorted(set(starts.tolist())):
        for left, right in pairwise(words[start : start + 257]):
            pairs += 1
            ascending += left <= right or left.casefold() <= right.casefold()
    return ascending > _SORTED_SHARE * pairs


def evenly_spaced_rows(n_rows: int, count: int) -> NDArray[np.int64]:
    """Return ``count`` row numbers spread over ``n_rows`` (all of them where there are fewer)."""
    return np.unique(np.linspace(0, n_rows - 1, min(count, n_rows)).astype(np.int64))


def as_word_vectors(vectors: object) -> WordVectors:
    """Return words and vectors from any form that holds both.

    Parameters
    ----------
    vectors : WordVectors, path, gensim KeyedVectors, mapping of word to vector, or (words, matrix)
        A path is read with :func:`iiq.read_vectors`.
    """
    if isinstance(vectors, WordVectors):
        return vectors
    if isinstance(vectors, str | os.PathLike):
        from iiq.readers import read_vectors

        return read_vectors(Path(vectors))
    if hasattr(vectors, "index_to_key") and hasattr(vectors, "vectors"):
        return WordVectors(list(vectors.index_to_key), vectors.vectors)
    if isinstance(vectors, Mapping):
        if not vectors:
            raise ValueError("the mapping of words to vectors is empty: nothing to compress")
        return WordVectors(list(vectors), np.stack([np.asarray(v) for v in vectors.values()]))
    if isinstance(vectors, tuple | list) and len(vectors) == 2:
        words, matrix = vectors
        return WordVectors(list(words), matrix)
    raise TypeError(
        "vectors must be a WordVectors, a path, gensim KeyedVectors, a mapping of words to "
        f"vectors, or (words, matrix), got {type(vectors).__name__}"
    )


def make_encoder(method: str, dim: int, n_bits: int, parameters: dict[str, Any]) -> Encoder:
    """Return the unfitted encoder called ``method`` for ``n_bits`` bits."""
    if method not in ENCODERS:
        raise ValueError(f"method must be one of {', '.join(ENCODERS)}, got {method!r}")
    encoder_class = ENCODERS[method]
    accepted = (
        encoder_class().get_params() if method == "sign" else encoder_class(n_bits).get_params()
    )
    unknown = sorted(set(parameters) - set(accepted))
    if unknown:
        raise TypeError(
            f"method {method!r} has no parameter {', '.join(unknown)}; "
            f"it has: {', '.join(sorted(accepted))}"
        )
    if "n_bits" in accepted:
        parameters = {"n_bits": n_bits, **parameters}
    elif n_bits != dim:
        raise ValueError(
            f"method {method!r} makes one bit a dimension ({dim} bits), not {n_bits}: "
            "use method 'iiq' or 'lsh' for another length"
        )
    return encoder_class(**parameters)

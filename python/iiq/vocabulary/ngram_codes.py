"""Character n-grams (fastText) kept as codes: vectors for words that are not in the vocabulary.

fastText's vector of an unknown word is the mean of the vectors of its n-grams, so its projection is
the mean of their projections. Of each n-gram the signs of the projection are kept and their mean
size, which is the best multiple of the signs; the mean of these stands for the word, and its signs
are the word's code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.vectors.subwords import Subwords, ngram_buckets

Array = NDArray[Any]
Codes = NDArray[np.uint8]

_ROWS = 16384
_MAX_N = 64


class NgramCodes:
    """One code and one size for each row of fastText's hash table of n-grams.

    Parameters
    ----------
    codes : ndarray (n_buckets, ceil(n_bits / 8)) of uint8
        Packed signs, row by row; may be mapped from a file.
    sizes : ndarray (n_buckets,) of float16
        Mean size of the projection of each row.
    min_n, max_n : int
        Shortest and longest n-gram in characters; ``<`` and ``>`` mark a word's ends and count.
    """

    def __init__(self, codes: Codes, sizes: Array, min_n: int, max_n: int) -> None:
        if codes.ndim != 2 or codes.dtype != np.uint8:
            raise ValueError(f"n-gram codes must be uint8 rows, got {codes.dtype} {codes.shape}")
        if sizes.shape != (len(codes),) or sizes.dtype != np.float16:
            raise ValueError(
                f"{len(codes)} n-gram codes need as many float16 sizes, got {sizes.dtype} of "
                f"shape {sizes.shape}"
            )
        if not (len(codes) and 1 <= min_n <= max_n <= _MAX_N):
            raise ValueError(
                f"n-grams of {min_n} to {max_n} characters in {len(codes)} rows: lengths must be "
                f"from 1 to {_MAX_N}, and rows at least 1"
            )
        self.codes = codes
        self.sizes = sizes
        self.min_n = min_n
        self.max_n = max_n

    @classmethod
    def from_subwords(cls, subwords: Subwords, encoder: Any) -> NgramCodes:
        """Encode the rows of n-grams, a block at a time."""
        codes, sizes = [], []
        for start in range(0, subwords.n_buckets, _ROWS):
            rows = np.asarray(subwords.vectors[start : start + _ROWS], dtype=np.float32)
            projected = encoder.project(rows)
            codes.append(np.packbits(projected >= 0, axis=1, bitorder="little"))
            size = np.abs(projected).mean(axis=1)
            sizes.append(np.minimum(size, np.finfo(np.float16).max).astype(np.float16))
        return cls(np.concatenate(codes), np.concatenate(sizes), subwords.min_n, subwords.max_n)

    def code(self, word: str, n_bits: int) -> Codes | None:
        """Return the packed code of a word from its n-grams; None if it has no n-gram."""
        try:
            rows, _ = ngram_buckets([word], self.min_n, self.max_n, len(self.codes))
        except UnicodeEncodeError:
            return None
        if not len(rows):
            return None
        bits = np.unpackbits(self.codes[rows], axis=1, count=n_bits, bitorder="little")
        sizes = self.sizes[rows].astype(np.float64)
        if not np.isfinite(sizes).all():
            raise ValueError(f"damaged: the n-grams of {word!r} have sizes that are no numbers")
        total = sizes @ (2.0 * bits - 1.0)
        return np.packbits(total >= 0, bitorder="little")

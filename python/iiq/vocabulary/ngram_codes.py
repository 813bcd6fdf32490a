"""Character n-grams (fastText) kept as codes: vectors for words that are not in the vocabulary.

fastText's vector of an unknown word is the mean of the vectors of its n-grams. Of each n-gram the
code is kept, and its size: the multiple of the decoded code that is nearest to the n-gram's vector.
The mean of the decoded codes, each times its size, stands for the word.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.codes.decoding import decode
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
        What to multiply the decoded code of each row by.
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
            block = encoder.codes_of(rows)
            codes.append(block)
            sizes.append(_sizes(rows - encoder.mean_, decode(block, encoder.decoder_)))
        return cls(np.concatenate(codes), np.concatenate(sizes), subwords.min_n, subwords.max_n)

    def vector(self, word: str, encoder: Any) -> NDArray[np.float64] | None:
        """Return the vector of a word, float64 (d,), decoded; None if it has no n-gram."""
        try:
            rows, _ = ngram_buckets([word], self.min_n, self.max_n, len(self.codes))
        except UnicodeEncodeError:
            return None
        if not len(rows):
            return None
        sizes = self.sizes[rows].astype(np.float64)
        if not np.isfinite(sizes).all():
            raise ValueError(f"damaged: the n-grams of {word!r} have sizes that are no numbers")
        decoded = decode(self.codes[rows], encoder.decoder_)  # (m, d)
        vector: NDArray[np.float64] = np.add.reduce(decoded * sizes[:, None], axis=0) / len(rows)
        return vector


def _sizes(rows: NDArray[np.float64], decoded: NDArray[np.float64]) -> Array:
    """Return the multiple of each decoded row that is nearest to the row itself, float16."""
    squares = np.add.reduce(decoded**2, axis=1)
    products = np.add.reduce(rows * decoded, axis=1)
    sizes = np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0)
    limit = float(np.finfo(np.float16).max)
    kept: Array = np.clip(sizes, -limit, limit).astype(np.float16)
    return kept

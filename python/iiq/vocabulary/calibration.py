"""From Hamming distance to the cosine a user expects, with its error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_codes, as_matrix
from iiq.codes.bits import hamming
from iiq.codes.index import HammingIndex

Float64 = NDArray[np.float64]

_QUERIES = 400
_NEAR = 20  # of a query's nearest codes, and as many random rows
_KNOTS = 16


class Calibration(NamedTuple):
    """Knots of a falling curve: distances as shares of the bits, cosines there, and their spread.

    Attributes
    ----------
    share : ndarray float64 (k,)
        Hamming distance / n_bits, ascending.
    cosine_at, error_at : ndarray float64 (k,)
        Mean of the float cosine of pairs at that distance, and its standard deviation.
    """

    share: Float64
    cosine_at: Float64
    error_at: Float64

    def cosine(self, hamming: ArrayLike, n_bits: int) -> Float64:
        """Return the expected float cosine of codes that differ in ``hamming`` of their bits."""
        return np.interp(np.asarray(hamming) / n_bits, self.share, self.cosine_at)

    def error(self, hamming: ArrayLike, n_bits: int) -> Float64:
        """Return the standard deviation of the float cosine at that distance."""
        return np.interp(np.asarray(hamming) / n_bits, self.share, self.error_at)

    def to_card(self) -> dict[str, list[float]]:
        """Return the knots for JSON, to four decimals."""
        knots = zip(("hamming_share", "cosine", "error"), self, strict=True)
        return {name: np.round(values, 4).tolist() for name, values in knots}

    @classmethod
    def from_card(cls, card: Mapping[str, Sequence[float]]) -> Self:
        """Return the curve that `to_card` described."""
        return cls(*(np.array(card[name]) for name in ("hamming_share", "cosine", "error")))


def calibrate(
    codes: NDArray[np.uint8], n_bits: int, vectors: Any, *, random_state: int = 0
) -> Calibration:
    """Learn the curve from codes and the float vectors they were made from.

    Parameters
    ----------
    codes : ndarray uint8 (n, ceil(n_bits / 8))
    n_bits : int
    vectors : ndarray (n, d)
        The source vectors, row for row: cosines are theirs as they stand, not centred.
    random_state : int
        Seed of the sample.

    Returns
    -------
    Calibration
        From pairs of near codes and random pairs; the cosine never rises with the distance.

    Raises
    ------
    ValueError
        If the numbers of codes and vectors differ, or there are fewer than two.

    Examples
    --------
    >>> import numpy as np, iiq
    >>> X = np.random.default_rng(0).standard_normal((500, 32)).astype(np.float32)
    >>> codes = iiq.IIQ(random_state=0).fit_transform(X)
    >>> curve = calibrate(codes, 32, X)
    >>> bool(curve.cosine(2, 32) > curve.cosine(16, 32))
    True
    """
    packed, matrix = as_codes(codes, n_bits), as_matrix(vectors, "vectors")
    n = len(packed)
    if n != len(matrix) or n < 2:
        raise ValueError(
            f"{n} codes and {len(matrix)} vectors: pass at least two rows, one code for each vector"
        )
    distances, cosines = sample_pairs(packed, n_bits, matrix, random_state)
    return fit_curve(distances / n_bits, cosines)


def sample_pairs(
    codes: NDArray[np.uint8], n_bits: int, vectors: Any, seed: int
) -> tuple[NDArray[np.int64], Float64]:
    """Return Hamming distances and float cosines of near pairs and random pairs."""
    rng = np.random.default_rng(seed)
    n = len(codes)
    queries = rng.permutation(n)[:_QUERIES]
    near = min(_NEAR, n - 1)
    _, ids = HammingIndex(codes, n_bits).search(codes[queries], near + 1)
    others = np.concatenate([ids, rng.integers(0, n, (len(queries), near))], axis=1)
    left = np.repeat(queries, others.shape[1])
    right = others.reshape(-1)
    left, right = left[left != right], right[left != right]
    rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    floats = np.asarray(vectors[rows], dtype=np.float64)
    lengths = np.linalg.norm(floats, axis=1, keepdims=True)
    floats /= np.where(lengths > 0, lengths, 1)
    a, b = places[: len(left)], places[len(left) :]
    counts = hamming(codes[left], codes[right]).astype(np.int64)
    return counts, np.einsum("ij,ij->i", floats[a], floats[b])


def fit_curve(shares: Float64, cosines: Float64) -> Calibration:
    """Average in groups of equal count, then pool neighbours that would make the curve rise."""
    order = np.argsort(shares, kind="stable")
    groups = np.array_split(order, min(_KNOTS, len(order)))
    pooled: list[list[int]] = []
    for group in groups:
        pooled.append(list(group))
        while len(pooled) > 1 and _mean(cosines, pooled[-1]) > _mean(cosines, pooled[-2]):
            last = pooled.pop()
            pooled[-1] += last
    share = np.array([_mean(shares, group) for group in pooled])
    keep = np.r_[True, np.diff(share) > 0]
    return Calibration(
        share[keep],
        np.array([_mean(cosines, group) for group in pooled])[keep],
        np.array([float(np.std(cosines[group])) for group in pooled])[keep],
    )


def _mean(values: Float64, group: list[int]) -> float:
    return float(np.mean(values[group]))

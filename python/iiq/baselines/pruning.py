"""Magnitude pruning (See, Luong & Manning 2016): keep the largest numbers, store them sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Matrix, Vectors
from iiq.baselines.base import Baseline, blocks_of


class MagnitudePruner(Baseline):
    """Class-blind magnitude pruning without retraining.

    Of all n d numbers together ("class-blind": one threshold for the whole matrix, not one a row
    or a column) the ``sparsity`` share of least magnitude becomes zero. What is left is kept as a
    SciPy CSR matrix.

    Parameters
    ----------
    sparsity : float, default 0.95
        Share of numbers set to zero, 0 <= sparsity < 1. Exactly ``round(sparsity * n * d)`` go;
        of equal magnitudes those of later rows (then columns) go first.

    Attributes
    ----------
    sparse_ : scipy.sparse.csr_matrix float32 (n, d)
    threshold_ : float
        The least magnitude kept.

    Notes
    -----
    O(n d) time. ``stored_bytes`` counts what the CSR matrix holds: 4 bytes a number, 4 (8 beyond
    2^31 numbers) its column and the row starts. A sparsity of 0.95 therefore stores about
    ``0.05 * 64 * d + 32`` bits a vector and not the ``0.05 * 32 * d`` that counting numbers
    alone suggests.

    References
    ----------
    A. See, M.-T. Luong, C. D. Manning, "Compression of Neural Machine Translation Models via
    Pruning", CoNLL 2016, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> MagnitudePruner(0.5).fit(np.array([[1.0, -4.0], [0.5, 2.0]])).decode()
    array([[ 0., -4.],
           [ 0.,  2.]], dtype=float32)
    """

    method = "prune"

    sparse_: Any
    threshold_: float

    def __init__(self, sparsity: float = 0.95) -> None:
        self.sparsity = sparsity

    def _compress(self, matrix: Matrix) -> None:
        from scipy.sparse import csr_matrix, vstack

        n_kept = matrix.size - self._n_pruned(matrix.size)
        magnitudes = np.empty(matrix.shape, np.float32)
        for start, block in blocks_of(matrix):
            np.abs(block, out=magnitudes[start : start + len(block)])
        flat = magnitudes.reshape(-1)
        flat.partition(matrix.size - n_kept)
        threshold = flat[matrix.size - n_kept]
        n_ties = n_kept - int(np.count_nonzero(flat > threshold))
        del magnitudes, flat
        parts = []
        for _, block in blocks_of(matrix):
            keep, n_ties = _kept(block, threshold, n_ties)
            parts.append(csr_matrix(np.where(keep, block, np.float32(0))))
        self.sparse_ = vstack(parts, format="csr")
        self.threshold_ = float(threshold)

    def _n_pruned(self, size: int) -> int:
        sparsity = self.sparsity
        if isinstance(sparsity, bool) or not isinstance(sparsity, int | float | np.floating):
            raise TypeError(f"sparsity must be a number, got {sparsity!r}")
        if not 0 <= sparsity < 1:
            raise ValueError(
                f"sparsity must be at least 0 and below 1 (0.95 keeps one number of 20), "
                f"got {sparsity}"
            )
        return min(round(float(sparsity) * size), size - 1)

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        dense: Vectors = self.sparse_[rows].toarray()
        return dense

    @property
    def stored_bytes(self) -> int:
        """Bytes of the CSR matrix: numbers, columns and row starts."""
        self._check_fitted()
        sparse = self.sparse_
        return int(sparse.data.nbytes + sparse.indices.nbytes + sparse.indptr.nbytes)


def _kept(block: Vectors, threshold: np.float32, n_ties: int) -> tuple[NDArray[np.bool_], int]:
    """Return which numbers of a block stay, and how many at the threshold may still stay."""
    magnitude = np.abs(block)
    keep = magnitude > threshold
    ties = np.flatnonzero(magnitude == threshold)[:n_ties]
    keep.reshape(-1)[ties] = True
    return keep, n_ties - len(ties)

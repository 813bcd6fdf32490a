"""RaBitQ (Gao & Long 2024) by faiss: signs after a random rotation, and two factors a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import Matrix, Vectors, as_generator, as_int, as_threads
from iiq.baselines._faiss import FaissThreads
from iiq.baselines.base import Baseline, blocks_of, first_rows

_FACTOR_BITS = 64  # two float32 beside the signs


class RaBitQ(Baseline):
    """RaBitQ at a chosen number of stored bits.

    A vector x is centred, mapped to D' = ``n_bits - 64`` dimensions by a random matrix P with
    orthonormal rows or columns, and kept as the signs of P (x - mean) with two float32 factors
    (its length, and its agreement with the signs) that make the estimate of an inner product
    unbiased.

    Parameters
    ----------
    n_bits : int, optional
        Stored bits of a vector, the 64 bits of the factors counted: above 64; default: d + 64.
    train_rows : int, optional
        Take the mean of the first so many rows; default: all.
    threads : int, optional
        Of faiss; default: all cores.
    random_state : None, int or numpy Generator

    Attributes
    ----------
    codes_ : ndarray uint8 (n, ceil((n_bits - 64) / 8) + 8)
        As faiss writes them.
    rotation_ : ndarray float32 (d, D')
    mean_ : ndarray float32 (d,)

    Raises
    ------
    ModuleNotFoundError
        From `fit` and `decode`, without faiss (extra ``faiss``).

    Notes
    -----
    Stored: codes, mean and rotation. ``decode`` gives the vector whose inner products the signs
    and factors stand for, mapped back by the transpose of the rotation.

    References
    ----------
    J. Gao, C. Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound
    for approximate nearest neighbor search", SIGMOD 2024, section 3.
    """

    method = "rabitq"

    codes_: NDArray[np.uint8]
    rotation_: NDArray[np.float32]
    mean_: NDArray[np.float32]

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        train_rows: int | None = None,
        threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_bits = n_bits
        self.train_rows = train_rows
        self.threads = threads
        self.random_state = random_state

    def _compress(self, matrix: Matrix) -> None:
        n_bits = matrix.shape[1] + _FACTOR_BITS if self.n_bits is None else self.n_bits
        n_signs = as_int(n_bits, "n_bits", _FACTOR_BITS + 1) - _FACTOR_BITS
        threads = as_threads(self.threads)
        rng = as_generator(self.random_state)
        training = first_rows(matrix, self.train_rows)
        faiss = need("faiss", "RaBitQ", "faiss")
        self.rotation_ = _random_map(matrix.shape[1], n_signs, rng)
        self.mean_ = training.mean(axis=0, dtype=np.float64).astype(np.float32)
        quantizer = faiss.RaBitQuantizer(n_signs, faiss.METRIC_L2)
        self.codes_ = np.empty((len(matrix), quantizer.code_size), np.uint8)
        with FaissThreads(faiss, threads):
            for start, block in blocks_of(matrix):
                rotated = (block - self.mean_) @ self.rotation_
                self.codes_[start : start + len(block)] = quantizer.compute_codes(rotated)

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        faiss = need("faiss", "RaBitQ", "faiss")
        quantizer = faiss.RaBitQuantizer(self.rotation_.shape[1], faiss.METRIC_L2)
        rotated: Vectors = quantizer.decode(np.ascontiguousarray(self.codes_[rows]))
        return self.mean_ + rotated @ self.rotation_.T

    @property
    def stored_bytes(self) -> int:
        """Bytes of codes, mean and rotation."""
        self._check_fitted()
        return self.codes_.nbytes + self.mean_.nbytes + self.rotation_.nbytes


def _random_map(dim: int, n_signs: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a random (dim, n_signs) matrix with orthonormal rows or, if wide, columns."""
    tall = rng.standard_normal((max(dim, n_signs), min(dim, n_signs)))
    q, r = np.linalg.qr(tall)
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)
    return np.ascontiguousarray(q if dim >= n_signs else q.T, dtype=np.float32)

"""What quantizers of faiss share: parameters, seed, threads, codes and codebooks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Matrix, Vectors, as_generator
from iiq.baselines.base import Baseline, blocks_of


class FaissQuantizer(Baseline):
    """Codes and codebooks that faiss learns, from one seed and with so many threads."""

    codes_: NDArray[np.uint8]
    codebooks_: NDArray[np.float32]

    def __init__(
        self, n_bits: int | None, train_rows: int | None, threads: int | None, random_state: Any
    ) -> None:
        self.n_bits = n_bits
        self.train_rows = train_rows
        self.threads = threads
        self.random_state = random_state

    def _seed(self, quantizer: Any) -> None:
        """Let the seed fix what a quantizer of faiss will learn."""
        quantizer.cp.seed = int(as_generator(self.random_state).integers(2**31))
        quantizer.cp.min_points_per_centroid = 1  # no warnings on the terminal

    def _arranged(self, block: Vectors) -> Vectors:
        """Return a block as the quantizer wants it."""
        return np.ascontiguousarray(block)

    def _encode(self, quantizer: Any, matrix: Matrix, width: int) -> None:
        """Keep the codes of all rows, ``width`` bytes each."""
        self.codes_ = np.empty((len(matrix), width), np.uint8)
        for start, block in blocks_of(matrix):
            codes = quantizer.compute_codes(self._arranged(block))
            self.codes_[start : start + len(block)] = codes[:, :width]

    @property
    def stored_bytes(self) -> int:
        """Bytes of codes and codebooks."""
        self._check_fitted()
        return self.codes_.nbytes + self.codebooks_.nbytes


class FaissThreads:
    """Let faiss use so many threads inside a ``with`` block, and restore its setting after."""

    def __init__(self, faiss: Any, threads: int) -> None:
        self._faiss = faiss
        self._threads = threads
        self._before = 0

    def __enter__(self) -> None:
        self._before = self._faiss.omp_get_max_threads()
        self._faiss.omp_set_num_threads(self._threads)

    def __exit__(self, *_: object) -> None:
        self._faiss.omp_set_num_threads(self._before)

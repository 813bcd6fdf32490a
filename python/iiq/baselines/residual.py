"""Residual quantization (Chen et al. 2010) by faiss: a codebook for what those before left."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import Matrix, Vectors, as_int, as_threads
from iiq.baselines._bitstrings import gather, unpack_numbers
from iiq.baselines._faiss import FaissQuantizer, FaissThreads
from iiq.baselines.base import first_rows

_SUB_BITS = 8


class ResidualQuantizer(FaissQuantizer):
    """Residual quantization at a chosen number of bits.

    A vector keeps M = ``n_bits / 8`` numbers of 8 bits, one of each codebook of 256 vectors of all
    d columns; it is decoded as their sum. The numbers are found by a beam search.

    Parameters
    ----------
    n_bits : int, optional
        Bits of a code, a multiple of 8; default: the multiple of 8 next below d (or 8).
    beam : int, default 4
        Partial codes that the search keeps.
    train_rows : int, optional
        Learn from the first so many rows; default: all. All rows are encoded.
    threads : int, optional
        Of faiss; default: all cores.
    random_state : None, int or numpy Generator

    Attributes
    ----------
    codes_ : ndarray uint8 (n, M)
    codebooks_ : ndarray float32 (M, 256, d)

    Raises
    ------
    ModuleNotFoundError
        From `fit`, without faiss (extra ``faiss``).

    Notes
    -----
    Stored: codes and codebooks. The seed fixes the result for one version of faiss and one number
    of threads; `decode` needs no faiss. There is no Hamming distance of such codes.

    References
    ----------
    Y. Chen, T. Guan, C. Wang, "Approximate nearest neighbor search by residual vector
    quantization", Sensors 2010.
    """

    method = "rq"

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        beam: int = 4,
        train_rows: int | None = None,
        threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_bits, train_rows, threads, random_state)
        self.beam = beam

    def _compress(self, matrix: Matrix) -> None:
        dim = matrix.shape[1]
        n_books = self._n_books(dim)
        beam, threads = as_int(self.beam, "beam", 1), as_threads(self.threads)
        training = first_rows(matrix, self.train_rows)
        if len(training) < 1 << _SUB_BITS:
            raise ValueError(
                f"codebooks of {1 << _SUB_BITS} vectors need as many rows, got {len(training)}: "
                "use more rows, or ProductQuantizer with fewer sub_bits"
            )
        faiss = need("faiss", "ResidualQuantizer", "faiss")
        with FaissThreads(faiss, threads):
            quantizer = faiss.ResidualQuantizer(dim, n_books, _SUB_BITS)
            self._seed(quantizer)
            quantizer.max_beam_size = beam
            quantizer.train(training)
            self._encode(quantizer, matrix, n_books)
        books = faiss.vector_to_array(quantizer.codebooks)
        self.codebooks_ = books.reshape(n_books, 1 << _SUB_BITS, dim)

    def _n_books(self, dim: int) -> int:
        if self.n_bits is None:
            return max(dim // _SUB_BITS, 1)
        n_bits = as_int(self.n_bits, "n_bits", 1)
        if n_bits % _SUB_BITS:
            raise ValueError(
                f"n_bits={n_bits} is no multiple of {_SUB_BITS}: choose "
                f"n_bits={max(n_bits - n_bits % _SUB_BITS, _SUB_BITS)}"
            )
        return n_bits // _SUB_BITS

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        n_books = len(self.codebooks_)
        numbers = unpack_numbers(self.codes_[rows], _SUB_BITS, n_books)
        vectors: Vectors = gather(self.codebooks_, numbers).sum(axis=1)
        return vectors

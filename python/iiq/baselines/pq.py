"""Product quantization (Jegou et al. 2011) by faiss, with a learned rotation if wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import Matrix, Vectors, as_int, as_threads
from iiq.baselines._bitstrings import gather, unpack_numbers
from iiq.baselines._faiss import FaissQuantizer, FaissThreads
from iiq.baselines.base import first_rows

_SUB_BITS = 8  # of one number of a code, where they divide its length
_MOST_SUB_BITS = 12  # 2^12 centroids a group


class ProductQuantizer(FaissQuantizer):
    """Product quantization at a chosen number of bits.

    The d columns fall into M = ``n_bits / sub_bits`` groups. In each group k-means finds
    2^sub_bits centroids, and a vector keeps the number of the nearest one of each group. Where M
    does not divide d, some groups have a column less.

    Parameters
    ----------
    n_bits : int, optional
        Bits of a code, a multiple of ``sub_bits``; default: the multiple of 8 next below d (or 8).
    sub_bits : int, optional
        Bits of one number of the code, 1 to 12; default: the largest up to 8 that divides
        ``n_bits``.
    rotate : bool, default False
        Learn a rotation with the codebooks: optimised product quantization (Ge et al. 2013).
    train_rows : int, optional
        Learn from the first so many rows; default: all. All rows are encoded.
    threads : int, optional
        Of faiss; default: all cores.
    random_state : None, int or numpy Generator

    Attributes
    ----------
    codes_ : ndarray uint8 (n, ceil(n_bits / 8))
        Bit strings, least significant bit first: number g is bits ``g * sub_bits`` and on.
    codebooks_ : ndarray float32 (M, 2^sub_bits, w)
        w = ceil(d / M); a group of w - 1 columns has a column of zeros, which is counted as
        stored.
    rotation_ : ndarray float32 (d, M w) or None

    Raises
    ------
    ModuleNotFoundError
        From `fit`, without faiss (extra ``faiss``).

    Notes
    -----
    O(n d 2^sub_bits) time. Stored: codes, codebooks, rotation. The seed fixes the result for one
    version of faiss and one number of threads; `decode` needs no faiss.

    References
    ----------
    H. Jegou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", TPAMI 2011.
    T. Ge, K. He, Q. Ke, J. Sun, "Optimized product quantization", CVPR 2013.
    """

    method = "pq"

    rotation_: NDArray[np.float32] | None

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        sub_bits: int | None = None,
        rotate: bool = False,
        train_rows: int | None = None,
        threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_bits, train_rows, threads, random_state)
        self.sub_bits = sub_bits
        self.rotate = rotate

    def _compress(self, matrix: Matrix) -> None:
        n_groups, sub_bits = self._groups(matrix.shape[1])
        threads = as_threads(self.threads)
        training = first_rows(matrix, self.train_rows)
        if len(training) < 1 << sub_bits:
            raise ValueError(
                f"k-means with {1 << sub_bits} centroids (sub_bits={sub_bits}) needs as many "
                f"rows, got {len(training)}: use fewer sub_bits or more rows"
            )
        faiss = need("faiss", "ProductQuantizer", "faiss")
        width = -(-matrix.shape[1] // n_groups)
        self._columns = _spread(matrix.shape[1], n_groups, width)
        self._sub_bits = sub_bits
        with FaissThreads(faiss, threads):
            quantizer = faiss.ProductQuantizer(width * n_groups, n_groups, sub_bits)
            self._seed(quantizer)
            self._shape = (n_groups, width)
            self.rotation_ = self._learned_rotation(faiss, quantizer, training)
            quantizer.train(self._arranged(training))
            self._encode(quantizer, matrix, quantizer.code_size)
        centroids = faiss.vector_to_array(quantizer.centroids)
        self.codebooks_ = centroids.reshape(n_groups, 1 << sub_bits, width)

    def _groups(self, dim: int) -> tuple[int, int]:
        if self.n_bits is None:
            n_bits = max(dim - dim % _SUB_BITS, _SUB_BITS)
        else:
            n_bits = as_int(self.n_bits, "n_bits", 1)
        if self.sub_bits is None:
            sub_bits = next(bits for bits in range(_SUB_BITS, 0, -1) if n_bits % bits == 0)
        else:
            sub_bits = as_int(self.sub_bits, "sub_bits", 1, _MOST_SUB_BITS)
        if n_bits % sub_bits:
            raise ValueError(
                f"n_bits={n_bits} is no multiple of sub_bits={sub_bits}: choose "
                f"n_bits={n_bits - n_bits % sub_bits or sub_bits}, or other sub_bits"
            )
        if n_bits // sub_bits > dim:
            raise ValueError(
                f"n_bits={n_bits} at sub_bits={sub_bits} makes {n_bits // sub_bits} groups of "
                f"columns, but the vectors have {dim}: use more sub_bits or fewer n_bits"
            )
        return n_bits // sub_bits, sub_bits

    def _learned_rotation(
        self, faiss: Any, quantizer: Any, training: Vectors
    ) -> NDArray[np.float32] | None:
        if not self.rotate:
            return None
        self.rotation_ = None
        padded = self._arranged(training)
        opq = faiss.OPQMatrix(padded.shape[1], self._shape[0])
        opq.max_train_points = len(padded)
        opq.pq = quantizer
        opq.train(padded)
        matrix = faiss.vector_to_array(opq.A).reshape(padded.shape[1], -1)
        # opq maps x to A x; the columns of A that meet a column of zeros are never used
        return np.ascontiguousarray(matrix[:, self._columns].T)

    def _arranged(self, block: Vectors) -> Vectors:
        """Return the block in the quantizer's columns: rotated, or spread over the groups."""
        if self.rotation_ is not None:
            return block @ self.rotation_
        n_groups, width = self._shape
        padded = np.zeros((len(block), n_groups * width), np.float32)
        padded[:, self._columns] = block
        return padded

    def _decoded(self, rows: NDArray[np.int64]) -> Vectors:
        n_groups, width = self._shape
        numbers = unpack_numbers(self.codes_[rows], self._sub_bits, n_groups)
        vectors = gather(self.codebooks_, numbers).reshape(len(rows), n_groups * width)
        if self.rotation_ is None:
            return vectors[:, self._columns]
        return vectors @ self.rotation_.T

    @property
    def stored_bytes(self) -> int:
        """Bytes of codes, codebooks and rotation."""
        return super().stored_bytes + (0 if self.rotation_ is None else self.rotation_.nbytes)


def _spread(dim: int, n_groups: int, width: int) -> NDArray[np.int64]:
    """Return where each of ``dim`` columns goes among ``n_groups`` groups ``width`` wide."""
    parts = np.array_split(np.arange(dim), n_groups)
    places = [group * width + np.arange(len(part)) for group, part in enumerate(parts)]
    return np.concatenate(places)

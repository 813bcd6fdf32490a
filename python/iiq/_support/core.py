"""The functions of the core: what the compiled module and its Numba twin both are.

mypy checks both against this protocol, and every call through the seam (`native`). What a function
does is said where it is written: csrc/bindings and iiq/_numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]
Int8: TypeAlias = NDArray[np.int8]
Int16: TypeAlias = NDArray[np.int16]
Int32: TypeAlias = NDArray[np.int32]
Int64: TypeAlias = NDArray[np.int64]
Words32: TypeAlias = NDArray[np.uint32]


class Core(Protocol):
    """A module with the functions of the core."""

    DecodedCodes: Any
    WordStore: Any
    WordStoreBuilder: Any

    def candidates(
        self,
        blocks: Bytes,
        n_codes: int,
        n_bits: int,
        queries: Float32,
        k: int,
        mask: Words32 | None,
        scales: tuple[Any, ...] | None,
        threads: int,
        kernels: str,
    ) -> tuple[Int64, Int64, Float64]:
        """Return where each query's candidates begin, their ids and their sums."""

    def code_sums(
        self, units: Int16, codes: Bytes, n_bits: int, threads: int, kernels: str
    ) -> tuple[Int32, Int32]:
        """Return ``B^T B`` and ``B^T units``, B the codes as +-1."""

    def distances(
        self, blocks: Bytes, n_codes: int, n_bits: int, query: Bytes, threads: int, kernels: str
    ) -> Int32:
        """Return the distance of one query to each code."""

    def encode(
        self,
        x: Float32,
        mean: Float64,
        projection: Float64,
        codes: Bytes,
        threads: int,
        kernels: str,
    ) -> int:
        """Write the packed signs of ``(x - mean) projection`` into ``codes``."""

    def format_rows(self, words: bytes, vectors: Float32) -> bytes:
        """Write lines of words (joined by newlines) and numbers that read back the same."""

    def gather_codes(self, blocks: Bytes, n_codes: int, n_bits: int, ids: Int64) -> Bytes:
        """Return the codes of ``ids`` as rows."""

    def hamming_rows(self, a: Bytes, b: Bytes) -> Int32:
        """Return the distance of row i of ``a`` and row i of ``b``."""

    def make_blocks(self, codes: Bytes, n_bits: int, threads: int) -> Bytes:
        """Return row-major codes in the blocked layout."""

    def mapped_room(self, file: int, offset: int, n_file: int, n_bytes: int) -> Bytes | None:
        """Return bytes of an open file and zeros behind them, to be written to; or None."""

    def pairs_within(
        self,
        blocks: Bytes,
        n_codes: int,
        n_bits: int,
        first: int,
        last: int,
        max_distance: int,
        threads: int,
        kernels: str,
    ) -> tuple[Int64, Int32]:
        """Return pairs (i, j), i < j, first <= i < last, near each other, and their distances."""

    def parse_vectors(
        self, text: bytes, dim: int, threads: int
    ) -> tuple[bytes, Float32, Int64, int, Any]:
        """Parse lines of a word and ``dim`` numbers: see csrc/text/vectors.h."""

    def multiply(self, a: Float32, b: Float32, threads: int, kernels: str) -> Float32:
        """Return ``a b`` in float32, each sum in order; ``b`` may be a transposed view."""

    def project(
        self, x: Float32, mean: Float64, projection: Float64, y: Float32, threads: int, kernels: str
    ) -> int:
        """Write ``(x - mean) projection`` into ``y``, in float32, in order."""

    def quantize(
        self,
        x: Float32,
        mean: Float64,
        projection: Float64,
        scale: float,
        z: Bytes,
        column_sums: Int64,
        threads: int,
        kernels: str,
    ) -> int:
        """Write scaled projections as bytes (64 for 0) into ``z``, and their sums."""

    def refine_codes(
        self,
        units: Int16,
        codes: Bytes,
        decoder: Int16,
        shift: int,
        gram: Int16,
        threads: int,
        kernels: str,
    ) -> Bytes:
        """Flip bits of packed codes while that lowers the loss; a new array."""

    def rotation_step(
        self, z: Bytes, rotation: Int8, bits: Words32, sums: Int64, threads: int, kernels: str
    ) -> None:
        """Renew the signs of ``z rotation``, and for each bit the sum of its rows."""

    def search(
        self,
        blocks: Bytes,
        n_codes: int,
        n_bits: int,
        queries: Bytes,
        k: int,
        max_distance: int,
        mask: Words32 | None,
        furthest: bool,
        threads: int,
        kernels: str,
    ) -> tuple[Int32, Int64]:
        """Return distances and ids of the k nearest codes of each query."""

    def search_asymmetric(
        self,
        blocks: Bytes,
        n_codes: int,
        n_bits: int,
        queries: Float32,
        k: int,
        mask: Words32 | None,
        scales: tuple[Any, ...] | None,
        threads: int,
        kernels: str,
    ) -> tuple[Float32, Int64]:
        """Return scores and ids of the k best codes for each float query."""

    def stray_bits(self, blocks: Bytes, n_codes: int, n_bits: int) -> int:
        """Return how many bits are set past ``n_bits`` or past the last code."""

    def unit_rows(self, X: Float32, mean: Float64, removed: Float64, threads: int) -> Int16:
        """Return rows less mean and removed directions (D, dim), scaled to length 2^14."""


class CompiledCore(Core, Protocol):
    """The compiled module, which holds several kernel sets."""

    def kernel_sets(self) -> list[str]:
        """Return the names of the kernel sets available here, fastest first."""


if TYPE_CHECKING:
    import iiq._core
    import iiq._numba

    _BOTH: tuple[CompiledCore, Core] = (iiq._core, iiq._numba)

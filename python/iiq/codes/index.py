"""Exact nearest neighbours among binary codes.

The codes lie in the blocked layout of docs/bit-layout.md, in memory or in a mapped file; every
search scans them all, at the speed of the hardware, and gives the same answer on every kernel set
and for every number of threads.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.native import core
from iiq._support.slices import slices
from iiq._support.validate import (
    as_allowed,
    as_codes,
    as_ids,
    as_int,
    as_threads,
)
from iiq.codes.float_queries import FloatVerbs
from iiq.codes.graph import GraphVerbs
from iiq.codes.growth import GrowthVerbs
from iiq.codes.index_file import MAX_BITS, FileVerbs
from iiq.codes.scales import CodeScales, as_scales

Distances = NDArray[Any]
Ids = NDArray[np.int64]

METRICS = ("hamming", "dot", "cosine")
# What a thread takes, on the slow side: to compare a word of a code with a query, on the fast
# kernel sets and on the others; to keep a code; and to sum a bit of a code again in float64, which
# a float query may need of every code.
_FAST_SETS = {"amx", "avx512", "avx2", "neon"}
_WORD_SECONDS, _SLOW_WORD_SECONDS = 1e-10, 5e-10
_KEEP_SECONDS = 2e-8
_MAX_CODES = 2**40


def _joined(parts: list[tuple[Any, Ids]]) -> tuple[Any, Ids]:
    """Put the answers of consecutive slices of the queries together."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def check_search(metric: str, furthest: bool, max_distance: int | None) -> None:
    """Check the options of a search that say what it returns."""
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    if furthest and max_distance is not None:
        raise ValueError("max_distance is for the nearest codes: leave it out with furthest=True")


def in_metric(distances: NDArray[np.int32], n_bits: int, metric: str) -> Distances:
    """Return distances in bits as the metric has them."""
    if metric == "dot":
        return n_bits - 2 * distances
    if metric == "cosine":
        return ((n_bits - 2 * distances) / n_bits).astype(np.float32)
    return distances


class HammingIndex(FloatVerbs, GraphVerbs, GrowthVerbs, FileVerbs):
    """Find the exact nearest codes, by Hamming distance or by dot products with float queries.

    Parameters
    ----------
    codes : array-like uint8 (n, ceil(n_bits / 8))
        Packed codes (:func:`iiq.pack`), n >= 1, padding bits zero. They are copied: changing the
        array later changes nothing here.
    n_bits : int
        Bits of a code, 1 to 2**24 - 2.
    scales : array-like (n,) or CodeScales, optional
        Lengths of the decoded codes, 0 or more: float queries are then scored by them
        (:meth:`search_asymmetric`). They are copied, in float32.
    threads : int, optional
        Threads of a search; default every core. A search may say otherwise.

    Attributes
    ----------
    blocks : ndarray uint8, read-only
        The codes in the blocked layout, what a file stores.
    n_codes, n_bits : int
    scales : CodeScales or None

    Notes
    -----
    Time: one pass over the codes for each query (or tile of queries). Memory: the codes, with
    ``n_bits`` rounded up to 16 and ``n`` to 32. Any number of threads may search one index at once.
    """

    def __init__(
        self,
        codes: ArrayLike,
        n_bits: int,
        *,
        scales: ArrayLike | CodeScales | None = None,
        threads: int | None = None,
    ) -> None:
        self._set(as_int(n_bits, "n_bits", 1, MAX_BITS), threads)
        rows = as_codes(codes, self.n_bits)
        if len(rows) == 0:
            raise ValueError("codes has 0 rows, but an index needs at least 1 code")
        self.n_codes = len(rows)
        self.scales = as_scales(scales, self.n_codes)
        self.blocks = core().make_blocks(rows, self.n_bits, self._threads(None))
        self.blocks.flags.writeable = False

    @classmethod
    def from_blocks(
        cls,
        blocks: NDArray[np.uint8],
        n_codes: int,
        n_bits: int,
        *,
        scales: ArrayLike | CodeScales | None = None,
        threads: int | None = None,
    ) -> Self:
        """Make an index over codes that lie in the blocked layout already, without copying them.

        Parameters
        ----------
        blocks : ndarray uint8, one dimension, contiguous
            ``ceil(n_codes / 32) * ceil(n_bits / 16) * 64`` bytes; a read-only memory map will do.
            Best aligned to 64 bytes. Bits past ``n_bits`` and codes past ``n_codes`` must be zero,
            which :meth:`count_stray_bits` checks: it reads everything, so this does not.

        Raises
        ------
        TypeError, ValueError
            If the array is not uint8, not contiguous or of another size.
        """
        self = cls.__new__(cls)
        self._set(as_int(n_bits, "n_bits", 1, MAX_BITS), threads)
        self.n_codes = as_int(n_codes, "n_codes", 1, _MAX_CODES)
        self.scales = as_scales(scales, self.n_codes)
        wanted = -(-self.n_codes // 32) * -(-self.n_bits // 16) * 64
        array = np.asarray(blocks)
        if array.dtype != np.uint8:
            raise TypeError(f"blocks must have dtype uint8, got {array.dtype}")
        if array.ndim != 1 or not array.flags.c_contiguous or array.size != wanted:
            raise ValueError(
                f"blocks must be contiguous, of shape ({wanted},) for {n_codes} codes of {n_bits} "
                f"bits, got shape {array.shape}: is n_codes or n_bits that of another file?"
            )
        self.blocks = array.view()
        self.blocks.flags.writeable = False
        return self

    def with_scales(self, scales: ArrayLike | CodeScales | None) -> HammingIndex:
        """Return an index of the same codes, which are not copied, with these scales."""
        other = HammingIndex.__new__(HammingIndex)
        other.__dict__.update(self.__dict__, scales=as_scales(scales, self.n_codes))
        return other

    def _set(self, n_bits: int, threads: int | None) -> None:
        self.n_bits = n_bits
        self.threads = threads
        as_threads(threads)

    def _threads(self, threads: int | None) -> int:
        return as_threads(self.threads if threads is None else threads)

    def __len__(self) -> int:
        return self.n_codes

    def __repr__(self) -> str:
        return f"HammingIndex(n_codes={self.n_codes}, n_bits={self.n_bits})"

    @property
    def nbytes(self) -> int:
        """Bytes of the codes in memory or in the map."""
        return int(self.blocks.nbytes)

    def codes_at(self, ids: ArrayLike) -> NDArray[np.uint8]:
        """Return the packed codes of ``ids``: uint8 (len(ids), ceil(n_bits / 8)).

        Raises
        ------
        IndexError
            If an id is below 0 or not below ``n_codes``.
        """
        rows = as_ids(ids, self.n_codes)
        codes: NDArray[np.uint8] = core().gather_codes(self.blocks, self.n_codes, self.n_bits, rows)
        return codes

    def to_codes(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Return the packed codes of rows ``start`` to ``stop`` (default all) as a copy."""
        return self.codes_at(np.arange(*slice(start, stop).indices(self.n_codes)))

    def count_stray_bits(self) -> int:
        """Count the bits set past ``n_bits`` or past the last code: 0 in a sound index."""
        blocks = self.stored_blocks()
        return int(core().stray_bits(blocks, self.n_codes, self.n_bits))

    def search(
        self,
        queries: ArrayLike,
        k: int,
        *,
        max_distance: int | None = None,
        mask: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        metric: str = "hamming",
        furthest: bool = False,
        threads: int | None = None,
    ) -> tuple[Distances, Ids]:
        """Find the ``k`` nearest codes of each query, exactly.

        Parameters
        ----------
        queries : array-like uint8 (m, ceil(n_bits / 8))
            Packed codes.
        k : int
            1 to ``n_codes``.
        max_distance : int, optional
            Only codes at most this many bits away (not with ``furthest``).
        mask : array-like bool (n_codes,), optional
            Only codes where it is True.
        exclude : array-like int (any,), optional
            Ids of codes to leave out, for every query.
        metric : {"hamming", "dot", "cosine"}
            What to return: the distance h in bits; the dot product ``n_bits - 2 h`` or the cosine
            ``(n_bits - 2 h) / n_bits`` of the codes read as -1 and +1. The order is the same.
        furthest : bool
            Find the ``k`` furthest instead: distances descend, ties still by lower id.
        threads : int, optional
            Default: the index's.

        Returns
        -------
        distances : ndarray int32 (m, k), float32 for the cosine
            Ascending in h; among equals the lower id comes first.
        ids : ndarray int64 (m, k)
            Where fewer than ``k`` codes qualify the rest of a row has the id -1, and the distance
            ``n_bits + 1`` (with ``furthest`` -1), beyond what any code has.

        Raises
        ------
        TypeError, ValueError
            If the queries are not packed codes of this width, or an argument is out of range.

        Examples
        --------
        >>> from iiq import pack
        >>> index = HammingIndex(pack([[1, 1, 1], [0, 0, 0], [1, 1, 0], [0, 1, 1]]), n_bits=3)
        >>> distances, ids = index.search(pack([[1, 1, 1]]), k=3)
        >>> distances
        array([[0, 1, 1]], dtype=int32)
        >>> ids
        array([[0, 2, 3]])
        """
        rows = as_codes(queries, self.n_bits, "queries")
        k = as_int(k, "k", 1, self.n_codes)
        check_search(metric, furthest, max_distance)
        limit = self.n_bits if max_distance is None else as_int(max_distance, "max_distance", 0)
        allowed = as_allowed(mask, exclude, self.n_codes)
        limit = min(limit, self.n_bits)
        distances, ids = self._search(rows, k, limit, allowed, furthest, self._threads(threads))
        return in_metric(distances, self.n_bits, metric), ids

    def _search(
        self,
        queries: NDArray[np.uint8],
        k: int,
        max_distance: int,
        mask: NDArray[np.uint32] | None,
        furthest: bool,
        threads: int,
    ) -> tuple[NDArray[np.int32], Ids]:
        """Search in slices of the queries, each short enough to be interrupted after it."""
        parts = [
            self._search_slice(queries[part], k, max_distance, mask, furthest, threads)
            for part in slices(len(queries), self._seconds(k))
        ]
        return _joined(parts)

    def _search_slice(
        self,
        queries: NDArray[np.uint8],
        k: int,
        max_distance: int,
        mask: NDArray[np.uint32] | None,
        furthest: bool,
        threads: int,
    ) -> tuple[NDArray[np.int32], Ids]:
        found: tuple[NDArray[np.int32], Ids] = core().search(
            self.blocks,
            self.n_codes,
            self.n_bits,
            queries,
            k,
            max_distance,
            mask,
            furthest,
            threads,
        )
        return found

    def _seconds(self, k: int) -> float:
        """Guess the time of one query that keeps ``k`` codes."""
        word = _WORD_SECONDS if core().kernels in _FAST_SETS else _SLOW_WORD_SECONDS
        return self.n_codes * -(-self.n_bits // 16) * word + k * _KEEP_SECONDS

    def distances(self, query: ArrayLike, *, threads: int | None = None) -> NDArray[np.int32]:
        """Return the distance of one query to every code.

        Parameters
        ----------
        query : array-like uint8 (bytes,) or (1, bytes)
            One packed code.

        Returns
        -------
        ndarray int32 (n_codes,)
            Distances in bits, in the order of the codes.
        """
        array = np.asarray(query)
        rows = as_codes(array[None] if array.ndim == 1 else array, self.n_bits, "query")
        if len(rows) != 1:
            raise ValueError(f"query must be one code, got {len(rows)}: use search for many")
        distances: NDArray[np.int32] = core().distances(
            self.blocks, self.n_codes, self.n_bits, rows, self._threads(threads)
        )
        return distances

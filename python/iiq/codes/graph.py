"""What HammingIndex says of all its codes at once: near pairs, and the neighbours of every code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from iiq._support.native import core
from iiq._support.slices import slices
from iiq._support.validate import as_int

Ids = NDArray[np.int64]


class GraphVerbs:
    """The all-pairs verbs of HammingIndex, which has what they need."""

    n_codes: int
    n_bits: int
    blocks: NDArray[np.uint8]

    if TYPE_CHECKING:

        def to_codes(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
            """Return packed codes, row by row."""

        def _threads(self, threads: int | None) -> int: ...
        def _seconds(self, k: int) -> float: ...
        def _search_slice(
            self,
            queries: NDArray[np.uint8],
            k: int,
            max_distance: int,
            mask: NDArray[np.uint32] | None,
            furthest: bool,
            threads: int,
        ) -> tuple[NDArray[np.int32], Ids]: ...

    def neighbors_within(
        self, max_hamming: int, *, threads: int | None = None, verbose: bool = False
    ) -> tuple[Ids, NDArray[np.int32]]:
        """Find all pairs of codes at most ``max_hamming`` bits apart.

        Parameters
        ----------
        max_hamming : int
            At least 0 (which finds duplicates).
        threads : int, optional
            Default: the index's.
        verbose : bool
            Show a progress bar on stderr.

        Returns
        -------
        pairs : ndarray int64 (p, 2)
            Ids i < j, ascending by (i, j).
        distances : ndarray int32 (p,)
            Their distances in bits.

        Notes
        -----
        Time: n * n / 2 comparisons. Memory: 20 bytes a pair, so choose ``max_hamming`` low.
        """
        max_hamming = min(as_int(max_hamming, "max_hamming", 0), self.n_bits)
        parts = []
        for tile in self._tiles(0, verbose, "pairs"):
            part = core().pairs_within(
                self.blocks,
                self.n_codes,
                self.n_bits,
                tile.start,
                tile.stop,
                max_hamming,
                self._threads(threads),
            )
            parts.append(part)
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def knn_graph(
        self, k: int, *, threads: int | None = None, verbose: bool = False
    ) -> tuple[NDArray[np.int32], Ids]:
        """Find the ``k`` nearest other codes of every code.

        Parameters
        ----------
        k : int
            1 to ``n_codes - 1``.
        threads : int, optional
            Default: the index's.
        verbose : bool
            Show a progress bar on stderr.

        Returns
        -------
        distances : ndarray int32 (n_codes, k)
            Ascending; among equals the lower id comes first. A code is no neighbour of itself, but
            a duplicate of it is, at distance 0.
        ids : ndarray int64 (n_codes, k)
        """
        if self.n_codes < 2:
            raise ValueError("a neighbour graph needs at least 2 codes, got 1")
        k = as_int(k, "k", 1, self.n_codes - 1)
        distances = np.empty((self.n_codes, k), np.int32)
        ids = np.empty((self.n_codes, k), np.int64)
        for tile in self._tiles(k, verbose, "codes"):
            rows, own = self.to_codes(tile.start, tile.stop), np.arange(tile.start, tile.stop)
            near = self._search_slice(rows, k + 1, self.n_bits, None, False, self._threads(threads))
            distances[tile], ids[tile] = _without(*near, own)
        return distances, ids

    def _tiles(self, k: int, verbose: bool, unit: str) -> Iterator[slice]:
        """Cut the codes into tiles, each short enough to be interrupted after it."""
        from tqdm import tqdm

        with tqdm(total=self.n_codes, unit=unit, disable=not verbose) as bar:
            for tile in slices(self.n_codes, self._seconds(k), most=4096):
                yield tile
                bar.update(tile.stop - tile.start)


def _without(
    distances: NDArray[np.int32], ids: Ids, own: NDArray[np.int64]
) -> tuple[NDArray[np.int32], Ids]:
    """Drop from each row its own id, or the last entry where that id is not among them."""
    keep = ids != own[:, None]
    keep[keep.all(axis=1), -1] = False
    shape = (len(ids), ids.shape[1] - 1)
    return distances[keep].reshape(shape), ids[keep].reshape(shape)

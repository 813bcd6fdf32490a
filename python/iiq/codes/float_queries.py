"""What HammingIndex answers to float queries: the codes with the largest scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.native import core
from iiq._support.slices import slices
from iiq._support.validate import as_allowed, as_float32, as_int, as_matrix
from iiq.codes.scales import CodeScales

Ids = NDArray[np.int64]

# Of a bit of a code, at worst: where every code must be summed.
_SUM_SECONDS = 5e-10


class Candidates(NamedTuple):
    """The codes that may be among the k best of each query.

    Query q has ``ids[offsets[q] : offsets[q + 1]]`` (int64, ascending) with ``sums`` beside them:
    its dot products with these codes as -1 and +1, float64.
    """

    offsets: Ids
    ids: Ids
    sums: NDArray[np.float64]


class FloatVerbs:
    """The verbs of HammingIndex for float queries, which has what they need."""

    n_codes: int
    n_bits: int
    blocks: NDArray[np.uint8]
    scales: CodeScales | None

    if TYPE_CHECKING:

        def _threads(self, threads: int | None) -> int: ...

    def search_asymmetric(
        self,
        queries: ArrayLike,
        k: int,
        *,
        mask: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        threads: int | None = None,
    ) -> tuple[NDArray[np.float32], Ids]:
        """Find the ``k`` codes with the largest score for each float query, exactly.

        Parameters
        ----------
        queries : array-like float32 (m, n_bits)
            Without scales queries before their signs are taken, ``encoder.project(vectors)``; with
            scales ``encoder.query(vectors)``.
        k, mask, exclude, threads
            As in `HammingIndex.search`.

        Returns
        -------
        scores : ndarray float32 (m, k)
            Descending. Without scales the cosine of the query and the code read as -1 and +1. With
            scales their dot product over the code's scale, 0 where that is 0: the cosine with the
            decoded code times the length of the query vector.
        ids : ndarray int64 (m, k)
            Ties by lower id. Where fewer than ``k`` codes are let through the rest of a row
            has the id -1 and the score -2, with scales minus infinity.

        Raises
        ------
        ValueError
            If the queries are not finite or have another width, or only bounds of the scales are
            known (then see :meth:`candidates`).

        Notes
        -----
        The order is that of the float64 sums of +q_j and -q_j, j ascending; with scales of these
        sums divided, in float64, by the float32 scales. A scan with small integers finds every code
        that could be among the ``k`` within the known error of its rounding, and those are summed
        again. A score is rounded to float32 at the end; a query of zeros scores 0 everywhere.

        Examples
        --------
        >>> from iiq import HammingIndex, pack
        >>> codes = pack([[1, 1, 1], [0, 0, 0], [1, 1, 0]])
        >>> HammingIndex(codes, 3).search_asymmetric([[2.0, 1.0, -0.5]], k=2)[1]
        array([[2, 0]])
        >>> HammingIndex(codes, 3, scales=[1, 1, 2]).search_asymmetric([[2.0, 1.0, -0.5]], k=2)
        (array([[2.5 , 1.75]], dtype=float32), array([[0, 2]]))
        """
        if self.scales is not None and self.scales.exact is None:
            raise ValueError(
                "scores need exact scales, but this index holds bounds of them only: use "
                "candidates(queries, k) and divide by exact lengths, or make it with scales=lengths"
            )
        parts = self._float_search("search_asymmetric", queries, k, mask, exclude, threads)
        return np.concatenate([scores for scores, _ in parts]), np.concatenate(
            [ids for _, ids in parts]
        )

    def candidates(
        self,
        queries: ArrayLike,
        k: int,
        *,
        mask: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        threads: int | None = None,
    ) -> Candidates:
        """Find the codes that may be among the ``k`` best of float queries, as far as scales tell.

        For whoever knows scales better than the index, which then need hold only their bounds: it
        divides the sums by exact lengths and sorts.

        Parameters
        ----------
        queries, k, mask, exclude, threads
            As in :meth:`search_asymmetric`.

        Returns
        -------
        Candidates
            For each query the ids, ascending, of all codes but those that ``k`` others surely beat,
            whatever the scales are within their bounds (by score, and by lower id where both scores
            are known to be equal); and their float64 dot products. The same for every kernel set.

        Examples
        --------
        >>> from iiq import HammingIndex, pack
        >>> from iiq.codes.scales import CodeScales
        >>> bounds = CodeScales.from_steps(np.array([4, 4, 5], np.uint16), 0.25, 1.5, n_codes=3)
        >>> index = HammingIndex(pack([[1, 1, 1], [0, 0, 0], [1, 1, 0]]), 3, scales=bounds)
        >>> found = index.candidates([[2.0, 1.0, -0.5]], k=1)
        >>> found.ids, found.sums
        (array([0, 2]), array([2.5, 3.5]))
        """
        parts = [
            Candidates(*part)
            for part in self._float_search("candidates", queries, k, mask, exclude, threads)
        ]
        counts = np.concatenate([np.diff(part.offsets) for part in parts])
        return Candidates(
            np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)]),
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.sums for part in parts]),
        )

    def _float_search(
        self,
        verb: str,
        queries: ArrayLike,
        k: int,
        mask: ArrayLike | None,
        exclude: ArrayLike | None,
        threads: int | None,
    ) -> list[Any]:
        """Call a function of the core for float queries, in slices short enough to interrupt."""
        matrix = as_matrix(queries, "queries", n_columns=self.n_bits)
        rows = as_float32(matrix, "queries")
        k = as_int(k, "k", 1, self.n_codes)
        allowed = as_allowed(mask, exclude, self.n_codes)
        function = getattr(core(), verb)
        return [
            function(
                self.blocks,
                self.n_codes,
                self.n_bits,
                rows[part],
                k,
                allowed,
                None if self.scales is None else self.scales.as_arrays(),
                self._threads(threads),
            )
            for part in slices(len(rows), self.n_codes * self.n_bits * _SUM_SECONDS)
        ]

"""Where words are compared: decoded codes, the codes' own bits, or kept source vectors.

A space gives words vectors, takes vectors of the source in, and finds the words nearest to a
vector of its own. Scores are cosines there, summed in float64 in an order that neither the number
of rows nor of threads changes, so that equal codes have equal scores and the lower row comes first.

====================  =====================================  =====================================
scoring               a word is                              a vector q from outside is
====================  =====================================  =====================================
``"decoded"``         ``decoder_^T b``, b its code as +-1    q without the removed directions
``"hamming"``         b                                      the projection of that, cut to a code
``"rescore"``         its kept source vector                 q
====================  =====================================  =====================================
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_int
from iiq.codes.bits import sign_codes
from iiq.codes.decoding import RowDecoder, decoded_lengths, signs_of
from iiq.codes.dots import all_dots
from iiq.codes.index import HammingIndex
from iiq.vocabulary.cosines import (
    OneByOne,
    best,
    cosines,
    cosines_of_pairs,
    over_lengths,
    squares_of,
)
from iiq.vocabulary.decoded import unit_rows
from iiq.vocabulary.kept_vectors import KeptVectors

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Ids = NDArray[np.int64]

Scoring: TypeAlias = Literal["decoded", "hamming", "rescore"]
SCORINGS: tuple[Scoring, ...] = get_args(Scoring)
OVERSAMPLE = 20  # candidates for each word wanted that kept vectors order
_ROWS = 8192  # scored at a time


class Scope(NamedTuple):
    """Where and how to look: rows by mask (None: all), candidates to rescore, threads."""

    mask: NDArray[np.bool_] | None = None
    oversample: int = OVERSAMPLE
    threads: int | None = None


def rows_mask(n_rows: int, start: int, stop: int) -> NDArray[np.bool_] | None:
    """Return a mask of rows ``start .. stop``, None where these are all."""
    if start <= 0 and stop >= n_rows:
        return None
    mask = np.zeros(n_rows, dtype=np.bool_)
    mask[start:stop] = True
    return mask


class Space(Protocol):
    """Vectors of words, and their cosines with others."""

    @property
    def n_rows(self) -> int:
        """How many words there are."""

    @property
    def dim(self) -> int:
        """Numbers in a vector from outside."""

    @property
    def width(self) -> int:
        """Numbers in a vector of this space."""

    @property
    def length(self) -> float | None:
        """The length of every word's vector, None where they differ."""

    def rows_at(self, rows: Array) -> Float64:
        """Return the vectors of rows, float64 (m, width)."""

    def row_at(self, row: int) -> Float64:
        """Return the vector of a row, float64 (width,)."""

    def cosine(self, one: int, two: int) -> float:
        """Return the cosine of two rows."""

    def cosines(self, one: int, rows: Array) -> Float64:
        """Return the cosines of a row with others, float64 (m,)."""

    def place(self, vectors: Array) -> Float64:
        """Return vectors from outside (m, dim) in this space, float64 (m, width)."""

    def nearest(self, queries: Float64, k: int, scope: Scope) -> tuple[Ids, Float64]:
        """Return rows and cosines (m, k) of the k nearest words, fewer where there are fewer."""

    def scores(self, query: Float64) -> Float64:
        """Return the cosines of one query (width,) with all words, by row."""


def room(index: HammingIndex, scope: Scope) -> int:
    """Return how many rows a scope lets through."""
    return len(index) if scope.mask is None else int(np.count_nonzero(scope.mask))


def units(space: Space, vectors: Float64) -> Float64:
    """Return words' vectors scaled to one length: as they are, where they have one already.

    Whole numbers then stay whole, and ties stay ties.
    """
    return unit_rows(vectors) if space.length is None else vectors


class _CodeSpace(OneByOne):
    """What spaces of an index of codes have in common."""

    def __init__(self, index: HammingIndex, encoder: Any) -> None:
        self._index = index
        self._encoder = encoder

    @property
    def n_rows(self) -> int:
        """How many words there are."""
        return len(self._index)

    @property
    def dim(self) -> int:
        """The encoder's dimension; the bits where there is none."""
        return dim_of(self._index, self._encoder)


class SignSpace(_CodeSpace):
    """Codes as +-1: similarity is (n_bits - 2 h) / n_bits, h the Hamming distance of codes."""

    @property
    def width(self) -> int:
        """The bits of a code."""
        return self._index.n_bits

    @property
    def length(self) -> float:
        """The length of every +-1 vector."""
        return float(np.sqrt(self.width))

    def rows_at(self, rows: Array) -> Float64:
        """Return codes as +-1."""
        return signs_of(self._index.codes_at(rows), self.width)

    def place(self, vectors: Array) -> Float64:
        """Return the projections of directions, scaled to the length of +-1 vectors."""
        if self._encoder is None:
            return np.asarray(vectors, dtype=np.float64)
        projection: Float64 = self._encoder.projection_
        projected = without_removed(self._encoder, vectors) @ projection  # (m, d) @ (d, n_bits)
        placed: Float64 = unit_rows(projected) * np.sqrt(self.width)
        return placed

    def nearest(self, queries: Float64, k: int, scope: Scope) -> tuple[Ids, Float64]:
        """Cut the queries to codes and find the nearest codes."""
        k = min(k, room(self._index, scope))
        if k < 1 or not len(queries):
            return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0))
        distances, rows = self._index.search(
            sign_codes(queries), k, mask=scope.mask, threads=scope.threads
        )
        return rows, self._similarity(distances)

    def scores(self, query: Float64) -> Float64:
        """Return the similarities of the query's code with all codes."""
        return self._similarity(self._index.distances(sign_codes(query)))

    def _similarity(self, distances: Array) -> Float64:
        similarity: Float64 = (self.width - 2 * distances.astype(np.int64)) / self.width
        return similarity


class DecodedSpace(_CodeSpace):
    """Codes as vectors of the source's space, centred and without the removed directions.

    Parameters
    ----------
    index : HammingIndex
        With scales, where it has them, to leave out most codes early.
    encoder : Encoder or None
        Whose ``decoder_`` it is; without one a code stands for its signs.
    """

    def __init__(self, index: HammingIndex, encoder: Any) -> None:
        super().__init__(index, encoder)
        self._decoder: RowDecoder | None = None  # made at first use, with
        self._decoded: Any = None  # these codes, decoded by it
        self._scaled: HammingIndex | None = None
        self._squares = np.empty(0)  # squared lengths, of the rows that were asked for

    @property
    def width(self) -> int:
        """As many."""
        return self.dim

    @property
    def length(self) -> float | None:
        """The length of every +-1 vector where there is no encoder, else None: they differ."""
        return float(np.sqrt(self.width)) if self._encoder is None else None

    def is_of(self, index: HammingIndex, encoder: Any) -> bool:
        """Return whether this is the space of these codes."""
        return self._index is index and self._encoder is encoder

    def appended(self, index: HammingIndex) -> DecodedSpace:
        """Return the space of an index that begins with these codes; what is known is kept."""
        longer = DecodedSpace(index, self._encoder)
        longer._squares, longer._decoder = self._squares, self._decoder
        if self._scaled is not None and self._scaled.scales is not None:
            lengths = decoded_lengths(index.to_codes(len(self._index)), self._encoder.decoder_)
            longer._scaled = index.with_scales(self._scaled.scales.appended(lengths))
        return longer

    def rows_at(self, rows: Array) -> Float64:
        """Return the decoded vectors of rows, exact."""
        if self._encoder is None:
            return signs_of(self._index.codes_at(rows), self._index.n_bits)
        decoded: Float64 = self._codes().rows_at(rows)
        return decoded

    def row_at(self, row: int) -> Float64:
        """Return the decoded vector of a row."""
        if self._encoder is None:
            return super().row_at(row)
        decoded: Float64 = self._codes().row_at(row)
        return decoded

    def cosine(self, one: int, two: int) -> float:
        """Return the cosine of two rows."""
        if self._encoder is None:
            return super().cosine(one, two)
        found: float = self._codes().cosine(one, two)
        return found

    def cosines(self, one: int, rows: Array) -> Float64:
        """Return the cosines of a row with others."""
        if self._encoder is None:
            return super().cosines(one, rows)
        found: Float64 = self._codes().cosines(one, rows)
        return found

    def _codes(self) -> Any:
        if self._decoded is None:
            self._decoder = self._decoder or RowDecoder(self._encoder.decoder_)
            self._decoded = self._decoder.of(self._index)
        return self._decoded

    def place(self, vectors: Array) -> Float64:
        """Return vectors without the removed directions; nothing is centred."""
        return without_removed(self._encoder, vectors)

    def nearest(self, queries: Float64, k: int, scope: Scope) -> tuple[Ids, Float64]:
        """Find the nearest decoded codes; each query's candidates are decoded and ordered."""
        k = min(k, room(self._index, scope))
        if k < 1 or not len(queries):
            return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0))
        found = self.scaled_index().candidates(
            self._asked(queries), k, mask=scope.mask, threads=scope.threads
        )
        owners = np.repeat(np.arange(len(queries)), np.diff(found.offsets))
        scores = np.empty(len(owners))
        for start in range(0, len(owners), _ROWS):
            part = slice(start, start + _ROWS)
            scores[part] = cosines_of_pairs(self.rows_at(found.ids[part]), queries[owners[part]])
        order = np.lexsort((found.ids, -scores, owners))
        first = order[found.offsets[:-1, None] + np.arange(k)]  # (m, k)
        return found.ids[first], scores[first]

    def candidates(self, queries: Float64, k: int, scope: Scope) -> Ids:
        """Return the rows of about the k nearest codes, in no order that means anything."""
        found: Ids = self.nearest(queries, k, scope)[0]
        return found

    def scaled_index(self) -> HammingIndex:
        """Return the codes with the lengths of what they decode to: made once, at first use."""
        if self._encoder is None or self._index.scales is not None:
            return self._index
        if self._scaled is None:
            lengths = decoded_lengths(self._index.to_codes(), self._encoder.decoder_)
            self._scaled = self._index.with_scales(lengths)
        return self._scaled

    def scores(self, query: Float64) -> Float64:
        """Return the cosines of a query with all decoded codes."""
        asked = query if self._encoder is None else self._encoder.decoder_ @ query
        sums = all_dots(self._index, asked)
        return over_lengths(sums, self._all_squares(len(sums)), query)

    def _all_squares(self, n_rows: int) -> Float64:
        """Return the squared lengths of all: one pass, for verbs that return all rows."""
        parts = [self._squares]
        for start in range(len(self._squares), n_rows, _ROWS):
            rows = np.arange(start, min(start + _ROWS, n_rows))
            parts.append(squares_of(self.rows_at(rows)))
        self._squares = np.concatenate(parts)
        return self._squares[:n_rows]

    def _asked(self, queries: Float64) -> NDArray[np.float32]:
        """Return what codes are multiplied with: ``decoder_ q``, at a size that float32 holds."""
        largest = np.abs(queries).max(axis=1, initial=0.0, keepdims=True)
        asked = np.ldexp(queries, -np.frexp(largest)[1])  # a power of two: whole numbers stay equal
        if self._encoder is not None:
            asked = asked @ self._encoder.decoder_.T  # (m, d) @ (d, n_bits)
        small: NDArray[np.float32] = asked.astype(np.float32)
        return small


class KeptSpace(OneByOne):
    """The source vectors that were kept; codes choose the candidates, which they put in order."""

    def __init__(self, index: HammingIndex, kept: KeptVectors, decoded: DecodedSpace) -> None:
        self._index = index
        self._kept = kept
        self._decoded = decoded

    @property
    def n_rows(self) -> int:
        """How many words there are."""
        return len(self._index)

    @property
    def dim(self) -> int:
        """Numbers in a kept vector."""
        return self._kept.dim

    @property
    def width(self) -> int:
        """As many."""
        return self._kept.dim

    @property
    def length(self) -> None:
        """None: lengths differ."""

    def rows_at(self, rows: Array) -> Float64:
        """Return the kept vectors of rows."""
        return self._kept.rows_at(rows)

    def row_at(self, row: int) -> Float64:
        """Return the kept vector of a row."""
        return self._kept.row_at(row)

    def place(self, vectors: Array) -> Float64:
        """Return vectors as they are."""
        return np.asarray(vectors, dtype=np.float64)

    def nearest(self, queries: Float64, k: int, scope: Scope) -> tuple[Ids, Float64]:
        """Order the ``oversample * k`` words with the nearest codes by their kept vectors."""
        space = room(self._index, scope)
        k = min(k, space)
        if k < 1 or not len(queries):
            return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0))
        wanted = min(k * as_int(scope.oversample, "oversample", 1), space)
        candidates = self._decoded.candidates(self._decoded.place(queries), wanted, scope)
        rows = np.empty((len(queries), k), np.int64)
        scores = np.empty((len(queries), k))
        for i, found in enumerate(np.sort(candidates, axis=1)):
            rows[i], scores[i] = best(found, cosines(self.rows_at(found), queries[i]), k)
        return rows, scores

    def scores(self, query: Float64) -> Float64:
        """Return the cosines of a query with all kept vectors."""
        found = np.empty(len(self._kept))
        for start in range(0, len(found), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(found)))
            found[rows] = cosines(self.rows_at(rows), query)
        return found


def dim_of(index: HammingIndex, encoder: Any) -> int:
    """Return the numbers in a vector of the source."""
    return int(index.n_bits if encoder is None else encoder.n_features_in_)


def without_removed(encoder: Any, vectors: Array) -> Float64:
    """Return vectors (m, d) without the directions that the encoder removed."""
    rows = np.asarray(vectors, dtype=np.float64)
    if encoder is None or not encoder.removed_.shape[1]:
        return rows
    removed: Float64 = encoder.removed_  # (d, D)
    kept: Float64 = rows - (rows @ removed) @ removed.T
    return kept

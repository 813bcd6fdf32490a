"""Many queries at once, all words within a distance in bits, and what that distance stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_first_rows, as_float32, as_int, as_matrix, as_threads
from iiq.codes.bits import hamming
from iiq.vocabulary.calibration import Calibration
from iiq.vocabulary.query import Key, as_keys
from iiq.vocabulary.spaces import OVERSAMPLE, Scope, Scoring, Space, rows_mask, units
from iiq.vocabulary.vocabulary import SPACES, Answer, Vocabulary

Array = NDArray[Any]


class BatchVerbs(Vocabulary):
    """What gensim's KeyedVectors does not offer."""

    @overload
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = 10,
        *,
        space: str = "source",
        scoring: Scoring | None = None,
        restrict_vocab: int | None = None,
        oversample: int = OVERSAMPLE,
        threads: int | None = None,
        output: Literal["list"] = "list",
    ) -> list[Answer]: ...
    @overload
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = 10,
        *,
        space: str = "source",
        scoring: Scoring | None = None,
        restrict_vocab: int | None = None,
        oversample: int = OVERSAMPLE,
        threads: int | None = None,
        output: Literal["arrays"],
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]: ...
    def most_similar_batch(
        self,
        queries: Any,
        topn: int = 10,
        *,
        space: str = "source",
        scoring: Scoring | None = None,
        restrict_vocab: int | None = None,
        oversample: int = OVERSAMPLE,
        threads: int | None = None,
        output: str = "list",
    ) -> list[Answer] | tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the nearest words of many words or vectors at once.

        Parameters
        ----------
        queries : list of str, or array-like (m, vector_size)
            Words (each is left out of its own answer), or vectors.
        topn : int
            How many words each; clamped to those there are.
        space : {"source", "decoded"}
            Where vectors come from. A comparison treats both alike: nothing is centred.
        scoring, oversample
            As in ``most_similar``.
        restrict_vocab : int, optional
            Search the first ``restrict_vocab`` words only.
        threads : int, optional
            How many threads search; all cores by default.
        output : {"list", "arrays"}
            ``"arrays"`` returns ``(rows int64 (m, topn), scores float32 (m, topn))``; fewer columns
            where there are fewer other words.

        Returns
        -------
        list of list of (str, float)
            For each query the nearest words, best first, among equal scores the lower row first.
        """
        k = as_int(topn, "topn", 1)
        for name, value, known in (("space", space, SPACES), ("output", output, _OUTPUTS)):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
        own: Array | None = self._rows_of(queries) if are_words(queries) else None
        where = self.space(scoring)  # after the rows: what threads add meanwhile makes it longer
        mask = rows_mask(where.n_rows, 0, as_first_rows(restrict_vocab, where.n_rows))
        scope = Scope(mask, as_int(oversample, "oversample", 1), as_threads(threads))
        if own is not None:
            vectors = self._vectors_of(where, queries, own)
        else:
            vectors = _placed(where, queries)
        rows, scores = where.nearest(vectors, k + (own is not None), scope)
        if output == "list":
            used = [[]] * len(rows) if own is None else own[:, None].tolist()
            parts = zip(rows, scores, used, strict=True)
            return [self.named(r, s, k, u) for r, s, u in parts]
        if own is not None:
            rows, scores = _without(rows, scores, own)
        return rows, scores.astype(np.float32, copy=False)

    def _rows_of(self, words: Any) -> NDArray[np.int64]:
        """Return the rows of words; -1 of one that its n-grams stand for."""
        rows = self.find_many(words)
        for position in np.flatnonzero(rows < 0):
            if not self.has_vector_for(words[int(position)]):
                raise KeyError(f"Key '{words[int(position)]}' not present in vocabulary")
        return rows

    def _vectors_of(self, space: Space, words: Any, rows: Array) -> NDArray[np.float64]:
        """Return the vectors of words at one length, those of missing ones made from n-grams."""
        if not len(rows):
            return np.empty((0, space.width))
        vectors = space.rows_at(np.maximum(rows, 0))
        for position in np.flatnonzero(rows < 0):
            vectors[position] = self.vector_in(space, words[int(position)])
        return units(space, vectors)

    def neighbors_within(self, key: Key, max_hamming: int) -> list[tuple[str, int]]:
        """Return all other words whose codes differ from a word's in at most ``max_hamming`` bits.

        Returns
        -------
        list of (str, int)
            Words and Hamming distances in bits, nearest first, equal ones by row.
        """
        limit = as_int(max_hamming, "max_hamming", 0)
        own = self.get_index(key)
        distances = self.index.distances(self.get_code(own))
        rows = np.flatnonzero(distances <= limit)
        rows = rows[np.argsort(distances[rows], kind="stable")]
        return [(self.index_to_key[int(r)], int(distances[r])) for r in rows if r != own]

    def expected_cosine(self, w1: Key, w2: Key) -> tuple[float, float]:
        """Return the cosine that two words' float vectors are likely to have, and its error.

        A Hamming similarity is on a scale of its own; this puts it on that of the source vectors,
        by the curve that `iiq.compress` measured on the first words.

        Returns
        -------
        cosine, error : float
            Mean and standard deviation of the cosine of pairs at the words' distance.

        Raises
        ------
        ValueError
            If the vocabulary has no calibration (it was not made by `iiq.compress`, or of fewer
            than 100 words).
        """
        card = self.quality.get("calibration")
        if card is None:
            raise ValueError(
                "this vocabulary has no calibration: compress at least 100 words with iiq.compress,"
                " or use iiq.vocabulary.calibration.calibrate(codes, n_bits, vectors)"
            )
        curve = Calibration.from_card(card)
        code = self.get_code(w2)
        apart = int(hamming(self.get_code(w1)[None], code[None])[0])
        expected, error = curve.cosine(apart, self.n_bits), curve.error(apart, self.n_bits)
        return float(expected), float(error)


_OUTPUTS = ("list", "arrays")


def are_words(queries: Any) -> bool:
    """Return whether a batch of queries is one of words rather than vectors."""
    if isinstance(queries, str):
        raise TypeError(f"queries must be a list of words or a matrix, got {queries!r}: [it]")
    if isinstance(queries, np.ndarray):
        return queries.dtype.kind in "UOT"
    if isinstance(queries, bytes | bytearray | set | frozenset | Mapping):
        as_keys(queries, "queries")  # says what is wrong
    return all(isinstance(query, str | int | np.integer) for query in queries)


def _placed(space: Space, X: Any) -> NDArray[np.float64]:
    matrix = as_matrix(X, "queries")
    if matrix.shape[1] != space.dim:
        raise ValueError(
            f"queries must have {space.dim} columns, as the vectors that were compressed, got "
            f"{matrix.shape[1]}; for the codes as +-1 use .signs"
        )
    return space.place(as_float32(matrix, "queries"))


def _without(rows: Array, scores: Array, own: Array) -> tuple[Array, Array]:
    """Drop each query's own row, or where it was not found the last one."""
    if not rows.size:
        return rows, scores
    drop = rows == own[:, None]
    drop[~drop.any(axis=1), -1] = True
    shape = (len(rows), rows.shape[1] - 1)
    return rows[~drop].reshape(shape), scores[~drop].reshape(shape)

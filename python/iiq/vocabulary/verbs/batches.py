"""Many queries at once, float queries of the source space, and all words within a distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_first_rows, as_float32, as_int, as_matrix, as_threads
from iiq.codes.bits import hamming
from iiq.vocabulary.access import decode
from iiq.vocabulary.calibration import Calibration
from iiq.vocabulary.searcher import SCORINGS, Answer, Scope, sign_codes
from iiq.vocabulary.verbs.word_lists import Sets
from iiq.vocabulary.vocabulary import Key

Array = NDArray[Any]


class Batch(Sets):
    """What gensim's KeyedVectors does not offer."""

    def most_similar_batch(
        self,
        queries: Any,
        topn: int = 10,
        *,
        space: str = "decoded",
        scoring: str | None = None,
        restrict_vocab: int | None = None,
        oversample: int = 4,
        threads: int | None = None,
        output: str = "list",
    ) -> list[Answer] | tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the nearest words of many words or vectors at once.

        Parameters
        ----------
        queries : list of str, or array-like (m, width)
            Words (each is left out of its own answer), or vectors: of ``n_bits`` numbers with
            ``space="decoded"``, of the encoder's ``dim`` numbers with ``space="source"``.
        topn : int
            How many words each; clamped to those there are.
        space : "decoded" or "source"
            Which space vectors are of.
        scoring : "asymmetric", "hamming", "restored" or "rescore", optional
            As in ``most_similar``: vectors as they are against the codes (the default), cut to
            codes first, decoded and projected anew, or the nearest ``oversample * topn`` ordered
            by kept vectors (words, and vectors of the source space).
        restrict_vocab : int, optional
            Search the first ``restrict_vocab`` words only.
        threads : int, optional
            How many threads search; all cores by default.
        output : "list" or "arrays"
            ``"arrays"`` returns ``(rows int64 (m, topn), scores float32 (m, topn))``; fewer columns
            where there are fewer other words.

        Returns
        -------
        list of list of (str, float)
            For each query the nearest words, best first, among equal scores the lower row first.
        """
        k = as_int(topn, "topn", 1)
        scoring = scoring or "asymmetric"
        for name, value, known in (
            ("space", space, ("decoded", "source")),
            ("scoring", scoring, SCORINGS),
            ("output", output, ("list", "arrays")),
        ):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
        stop = as_first_rows(restrict_vocab, len(self))
        scope = Scope(self._mask(0, stop), as_int(oversample, "oversample", 1), as_threads(threads))
        if _are_words(queries):
            own = self._rows_of(queries)
            rows, scores = self._nearest_of_words(queries, own, k + 1, (scoring, scope))
        else:
            own = None
            rows, scores = self._nearest_of_vectors(queries, k, (space, scoring), scope)
        if output == "list":
            used = [[]] * len(rows) if own is None else own[:, None].tolist()
            parts = zip(rows, scores, used, strict=True)
            return [self._answer(r, s, k, u) for r, s, u in parts]
        if own is not None:
            rows, scores = _without(rows, scores, own)
        return rows, scores.astype(np.float32, copy=False)

    def _rows_of(self, words: Any) -> NDArray[np.int64]:
        """Return the rows of words; -1 of one that its n-grams stand for."""
        rows = np.fromiter((self._row(word) for word in words), np.int64, len(words))
        for position in np.flatnonzero(rows < 0):
            if self._inferred(words[int(position)]) is None:
                raise KeyError(f"Key '{words[int(position)]}' not present in vocabulary")
        return rows

    def _nearest_of_words(
        self, words: Any, own: NDArray[np.int64], k: int, how: tuple[str, Scope]
    ) -> tuple[Array, Array]:
        scoring, scope = how
        if not len(own):
            return np.empty((0, k), np.int64), np.empty((0, k), np.float32)
        if scoring == "rescore":
            if own.min() < 0:
                word = words[int(np.argmin(own))]
                raise KeyError(f"Key '{word}' has no kept vector to rescore by")
            return self._rescore(self._need_kept().unit_rows(own), k, scope)
        codes = (
            self._codes_of(own)
            if own.min() >= 0
            else np.stack([self.get_code(word) for word in words])
        )
        if scoring == "restored":
            return self._asymmetric(self._restored(decode(codes, self.n_bits)), k, scope)
        return self._by_codes(codes, k, scope)

    def _nearest_of_vectors(
        self, X: ArrayLike, k: int, how: tuple[str, str], scope: Scope
    ) -> tuple[Array, Array]:
        decoded, scoring = how[0] == "decoded", how[1]
        matrix = as_matrix(X, "queries", n_columns=self.n_bits if decoded else None)
        vectors = as_float32(matrix, "queries")
        if not len(vectors):
            return np.empty((0, k), np.int64), np.empty((0, k), np.float32)
        if scoring == "rescore":
            if decoded:
                raise ValueError("scoring='rescore' needs vectors of the source: space='source'")
            return self._rescore(vectors, k, scope)
        if scoring == "hamming":
            codes = sign_codes(vectors) if decoded else self.encode(vectors)
            return self._by_codes(codes, k, scope)
        projected = vectors if decoded else self.project(vectors)
        if decoded and scoring == "restored":
            projected = self._restored(projected)
        return self._asymmetric(projected, k, scope)

    def neighbors_within(self, key: Key, max_hamming: int) -> list[tuple[str, int]]:
        """Return all other words whose codes differ from a word's in at most ``max_hamming`` bits.

        Returns
        -------
        list of (str, int)
            Words and Hamming distances in bits, nearest first, equal ones by row.
        """
        limit = as_int(max_hamming, "max_hamming", 0)
        own = self.get_index(key)
        distances = self._distances(self.get_code(own))
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


def _are_words(queries: Any) -> bool:
    if isinstance(queries, str):
        raise TypeError(f"queries must be a list of words or a matrix, got {queries!r}: [it]")
    if isinstance(queries, np.ndarray):
        return queries.dtype.kind in "UOT"
    return all(isinstance(query, str | int | np.integer) for query in queries)


def _without(rows: Array, scores: Array, own: Array) -> tuple[Array, Array]:
    """Drop each query's own row, or where it was not found the last one."""
    if not rows.size:
        return rows, scores
    drop = rows == own[:, None]
    drop[~drop.any(axis=1), -1] = True
    shape = (len(rows), rows.shape[1] - 1)
    return rows[~drop].reshape(shape), scores[~drop].reshape(shape)

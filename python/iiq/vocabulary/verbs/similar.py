"""The nearest words of a word, a vector or a sum of both: most_similar and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.validate import as_first_rows, as_int, as_threads
from iiq.vocabulary.searcher import (
    SCORINGS,
    Answer,
    Array,
    Query,
    Scope,
    Search,
    as_list,
    best,
    sign_codes,
    weighted,
)
from iiq.vocabulary.vocabulary import KEY_TYPES, Key


class Neighbours(Search):
    """Nearest words by cosine of the +-1 vectors."""

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        *,
        scoring: str = "asymmetric",
        oversample: int = 4,
        threads: int | None = None,
    ) -> Any:
        """Find the words whose vectors are nearest to the mean of some, and far from others.

        Parameters
        ----------
        positive, negative : word, row, vector, (key, weight) pair, or a list of such
            Vectors have n_bits numbers and are summed as they are; words' vectors have length 1.
        topn : int or None
            How many words; clamped to those there are. None returns the similarities of all.
        clip_start, clip_end : int
            Only words of these rows.
        restrict_vocab : int, optional
            Only the first ``restrict_vocab`` words, as ``clip_end``.
        indexer : object, optional
            Something with ``most_similar(vector, topn)`` that answers instead.
        scoring : "asymmetric", "hamming", "restored" or "rescore"
            ``"asymmetric"``, the default: the exact cosine of the sum with the +-1 codes.
            ``"hamming"``: the sum is cut to a code first; faster, coarser. The same for one word.
            ``"restored"``: the sum is decoded to a vector of the source space, whose projection is
            compared with the codes: finds more of the true neighbours where codes are longer than
            the vectors (n_bits > dim), and changes little elsewhere.
            ``"rescore"``: the nearest ``oversample * topn`` words are ordered by the cosine of the
            vectors kept at compression (``keep_vectors=``); keys must be words.
        threads : int, optional
            How many threads search; all cores by default.

        Returns
        -------
        list of (str, float)
            Best first, words given as keys left out; among equal scores the lower row first.
            With ``topn=None`` a float32 array of similarities by row.

        Raises
        ------
        KeyError
            If a word is missing.
        ValueError
            If there is no key, or a vector has another width than n_bits.
        """
        if topn is not None and _topn(topn) < 1:
            return []
        if scoring not in SCORINGS:
            raise ValueError(f"scoring must be one of {', '.join(SCORINGS)}, got {scoring!r}")
        keys, weights = weighted(positive, negative)
        query = self._query(keys, weights)
        if indexer is not None and topn is not None:
            mean = self.get_mean_vector(keys, weights, post_normalize=True)
            return indexer.most_similar(mean, topn)
        if restrict_vocab is not None:
            clip_start, clip_end = 0, as_first_rows(restrict_vocab, len(self))
        start, stop, _ = slice(clip_start, clip_end or None).indices(len(self))
        scope = Scope(
            self._mask(start, stop), as_int(oversample, "oversample", 1), as_threads(threads)
        )
        if scoring == "rescore":
            return self._most_similar_rescored(query, weights, topn, scope)
        if scoring == "hamming":
            query = query._replace(code=sign_codes(query.vector))
        if scoring == "restored":
            query = query._replace(code=None, vector=self._restored(query.vector[None])[0])
        if topn is None:
            return self._scores(query)[start:stop]
        rows, scores = self._search(query, topn + len(set(query.used)), scope)
        return self._answer(rows, scores, topn, query.used)

    def _most_similar_rescored(
        self, query: Query, weights: list[float], topn: int | None, scope: Scope
    ) -> Answer:
        """Search by the mean of the kept vectors; order the nearest by kept cosines."""
        if topn is None:
            raise ValueError("scoring='rescore' orders a few words: give it a topn")
        if len(query.used) != len(weights):
            raise ValueError(
                "scoring='rescore' compares kept source vectors, so every key must be a word; "
                "for float vectors use most_similar_batch(X, space='source', scoring='rescore')"
            )
        mean = np.asarray(weights) @ self._need_kept().unit_rows(query.used)
        rows, scores = self._rescore(mean[None], topn + len(set(query.used)), scope)
        return self._answer(rows[0], scores[0], topn, query.used)

    def similar_by_word(
        self, word: str, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find the words nearest to ``word``; see ``most_similar``."""
        return self.similar_by_key(word, topn, restrict_vocab)

    def similar_by_key(
        self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find the words nearest to a word or row; see ``most_similar``."""
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(
        self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Find the words nearest to a vector of n_bits numbers; see ``most_similar``."""
        return self.most_similar(positive=[vector], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """Find words by the product of similarities: Levy and Goldberg's 3CosMul.

        The score is the product of (1 + cosine) / 2 over the positive keys, divided by that over
        the negative keys plus 1e-6. Parameters, order and exclusions as in ``most_similar``;
        vectors are taken as they are, as gensim does. (``restrict_vocab``, which gensim 4.4
        documents but does not heed, is heeded.)

        References
        ----------
        Levy and Goldberg, Linguistic Regularities in Sparse and Explicit Word Representations,
        CoNLL 2014, eq. 5.
        """
        if topn is not None and _topn(topn) < 1:
            return []
        towards, away = as_list(positive), as_list(negative)
        if not towards:
            raise ValueError("cannot compute similarity with no input")
        words = [key for key in [*towards, *away] if isinstance(key, KEY_TYPES)]
        used = [self.get_index(key) for key in words if self._inferred(key) is None]
        stop = as_first_rows(restrict_vocab, len(self))
        scores = self._product(towards, stop) / (self._product(away, stop) + 1e-6)
        if topn is None:
            return scores
        return self._answer(*best(scores, topn + len(set(used))), topn, used)

    def _product(self, keys: list[Any], stop: int) -> NDArray[np.float64]:
        """Return the product over keys of (1 + cosine) / 2 for rows below ``stop``.

        For words the factors are whole numbers over n_bits and the division comes last, so that
        equal products are equal numbers.
        """
        product = np.ones(stop)
        divisor = 1.0
        for key in keys:
            if isinstance(key, KEY_TYPES):
                product *= self.n_bits - self._distances(self.get_code(key))[:stop]
                divisor *= self.n_bits
            else:
                vector = self._as_query(key)
                length = np.sqrt((vector**2).sum())
                product *= (1 + self._scores(Query(vector, None, []))[:stop] * length) / 2
        return product / divisor

    def most_similar_to_given(self, key1: Key, keys_list: list[Any]) -> Any:
        """Return the key of ``keys_list`` that is nearest to ``key1``; the first of equal ones."""
        if not len(keys_list):
            raise ValueError("keys_list is empty: give at least one word to choose from")
        scores = [self.similarity(key1, key) for key in keys_list]
        return keys_list[int(np.argmax(scores))]

    def similarity(self, w1: Key, w2: Key) -> np.float32:
        """Return the cosine of two words' vectors: 1 - 2 h / n_bits, h their Hamming distance."""
        differing = (self.get_code(w1) ^ self.get_code(w2)).tobytes()
        return np.float32(1 - 2 * int.from_bytes(differing, "little").bit_count() / self.n_bits)

    def distance(self, w1: Key, w2: Key) -> np.float32:
        """Return 1 - similarity of two words."""
        return np.float32(np.float32(1) - self.similarity(w1, w2))

    def distances(self, word_or_vector: Any, other_words: Any = ()) -> NDArray[np.float32]:
        """Return 1 - cosine of a word or vector with some words, or with all of them, by row."""
        query = self._query([word_or_vector], [1.0], missing="Key '{}' not present")
        if not len(other_words):
            return np.float32(1) - self._scores(query)
        rows = [self.get_index(word) for word in other_words]
        length = np.sqrt((query.vector**2).sum() * self.n_bits)
        dots: Array = self[rows].astype(np.float64) @ query.vector
        return (1 - dots / (length if length > 0 else 1)).astype(np.float32)

    def closer_than(self, key1: Key, key2: Key) -> list[str]:
        """Return all words that are closer to ``key1`` than ``key2`` is, by row."""
        distances = self._distances(self.get_code(key1))
        near = np.flatnonzero(distances < distances[self.get_index(key2)])
        own = self.get_index(key1)
        return [self.index_to_key[int(row)] for row in near if row != own]

    words_closer_than = closer_than

    def rank(self, key1: Key, key2: Key) -> int:
        """Return the rank of ``key2`` by closeness to ``key1`` among all words: 1 is nearest."""
        distances = self._distances(self.get_code(key1))
        near = distances < distances[self.get_index(key2)]
        return int(near.sum()) - int(near[self.get_index(key1)]) + 1

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> float:
        """Return the similarity of two words over the sum of those of ``wa``'s topn nearest words.

        References
        ----------
        Leeuwenberg et al., A Minimally Supervised Approach for Synonym Extraction with Word
        Embeddings, 2016.
        """
        topn = as_int(topn, "topn", 1)
        total = sum(score for _, score in self.similar_by_key(wa, topn))
        return float(self.similarity(wa, wb) / total)


def _topn(topn: object) -> int:
    if not isinstance(topn, int | np.integer):
        raise TypeError(f"topn must be a whole number or None, got {topn!r}")
    return int(topn)

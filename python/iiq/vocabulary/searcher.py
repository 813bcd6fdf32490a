"""How a question of words and vectors becomes a search of the index: sums, scores, exclusions.

A query is a sum of +-1 vectors. Of a single word it is a code, and Hamming distances give the exact
cosines; of several it is a row of whole numbers, scored by the asymmetric search, which adds in
float64 and divides last, so equal cosines come out equal and the lower row wins.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_int
from iiq.codes.index import HammingIndex
from iiq.vocabulary.access import Access
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.vocabulary import KEY_TYPES, Codes

Array: TypeAlias = NDArray[Any]
Answer: TypeAlias = list[tuple[str, float]]

_BLOCKS = 1024  # that are scored at a time

SCORINGS = ("hamming", "asymmetric", "restored", "rescore")


class Query(NamedTuple):
    """What to look for: the sum of vectors, its code where it is one, and the rows of its words."""

    vector: NDArray[np.float64]
    code: Codes | None
    used: list[int]


class Scope(NamedTuple):
    """Where and how to look: rows by mask (None: all), candidates to rescore, threads."""

    mask: NDArray[np.bool_] | None = None
    oversample: int = 4
    threads: int | None = None


def as_list(keys: Any) -> list[Any]:
    """Return one key, one vector or None as a list; a list or the rows of a matrix as they are."""
    if keys is None:
        return []
    if isinstance(keys, KEY_TYPES) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        return [keys]
    return list(keys)


def weighted(positive: Any, negative: Any) -> tuple[list[Any], list[float]]:
    """Return keys and weights: 1 for a positive key, -1 for a negative, or the pair's own."""
    keys: list[Any] = []
    weights: list[float] = []
    for items, sign in ((as_list(positive), 1.0), (as_list(negative), -1.0)):
        for item in items:
            key, weight = item if isinstance(item, tuple) else (item, sign)
            keys.append(key)
            weights.append(float(weight))
    return keys, weights


class Search(Access):
    """Searches that the verbs share."""

    def _query(
        self,
        keys: list[Any],
        weights: list[float],
        missing: str = "Key '{}' not present in vocabulary",
    ) -> Query:
        if not keys:
            raise ValueError("cannot compute mean with no input")
        used = []
        for key in keys:
            if isinstance(key, KEY_TYPES):
                if not self._known(key):
                    raise KeyError(missing.format(key))
                if self.has_index_for(key):
                    used.append(self.get_index(key))
        single = len(keys) == 1 and isinstance(keys[0], KEY_TYPES) and weights[0] > 0
        code = self.get_code(keys[0]) if single else None
        return Query(self._direction(keys, weights), code, used)

    def _mask(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        if start <= 0 and stop >= len(self):
            return None
        mask = np.zeros(len(self), dtype=np.bool_)
        mask[start:stop] = True
        return mask

    def _room(self, scope: Scope) -> int:
        return len(self) if scope.mask is None else int(scope.mask.sum())

    def _search(self, query: Query, k: int, scope: Scope) -> tuple[Array, Array]:
        """Return rows and cosines of the k nearest words (fewer where there are fewer)."""
        if query.code is not None:
            rows, scores = self._by_codes(query.code[None], k, scope)
        else:
            rows, scores = self._asymmetric(query.vector.astype(np.float32)[None], k, scope)
        return rows[0], scores[0]

    def _by_codes(self, codes: Codes, k: int, scope: Scope) -> tuple[Array, Array]:
        """Return rows and similarities (float64) of the k nearest codes."""
        k = min(k, self._room(scope))
        if k < 1:
            return np.empty((len(codes), 0), np.int64), np.empty((len(codes), 0))
        distances, rows = self.index.search(codes, k, mask=scope.mask, threads=scope.threads)
        return rows, 1 - 2 * distances.astype(np.float64) / self.n_bits

    def _asymmetric(
        self, projected: NDArray[np.float32], k: int, scope: Scope
    ) -> tuple[Array, Array]:
        """Return rows and cosines of the k nearest codes of float queries (0 for one of zeros)."""
        k = min(k, self._room(scope))
        if k < 1:
            return np.empty((len(projected), 0), np.int64), np.empty((len(projected), 0))
        scores, rows = self.index.search_asymmetric(
            projected, k, mask=scope.mask, threads=scope.threads
        )
        return rows, scores

    def _restored(self, vectors: Array) -> NDArray[np.float32]:
        """Move +-1 sums (m, n_bits) to what the encoder makes of the vectors that they decode to.

        For codes longer than the vectors bits depend on one another, and ``P^T P`` (P being the
        projection) takes from a code the part that no vector has. Projected vectors stay put.
        """
        projection: NDArray[np.float64] = self._need_encoder().projection_
        moved: NDArray[np.float64] = (
            np.asarray(vectors, dtype=np.float64) @ projection.T
        ) @ projection
        return moved.astype(np.float32)

    def _rescore(self, X: Array, k: int, scope: Scope) -> tuple[Array, Array]:
        """Order the ``oversample * k`` nearest codes of source directions X by kept cosines."""
        kept = self._need_kept()
        room = self._room(scope)
        k = min(k, room)
        wanted = min(k * as_int(scope.oversample, "oversample", 1), room)
        candidates, _ = self._asymmetric(self.project_directions(X), wanted, scope)
        rows = np.empty((len(X), k), dtype=np.int64)
        scores = np.empty((len(X), k), dtype=np.float32)
        for i, found in enumerate(np.sort(candidates, axis=1)):
            length = np.sqrt((np.asarray(X[i], dtype=np.float64) ** 2).sum())
            unit = X[i] / (length if length > 0 else 1)
            cosines = kept.unit_rows(found) @ unit.astype(np.float32)
            order = np.argsort(-cosines, kind="stable")[:k]
            rows[i], scores[i] = found[order], cosines[order]
        return rows, scores

    def _need_kept(self) -> KeptVectors:
        if self.kept_vectors is None:
            raise ValueError(
                "scoring='rescore' needs the source vectors: compress with keep_vectors='float16' "
                "or 'int8', or use scoring='asymmetric'"
            )
        return self.kept_vectors

    def _distances(self, code: Codes) -> NDArray[np.int32]:
        """Return the Hamming distances of a code to all words, by row."""
        distances: NDArray[np.int32] = self.index.distances(code)
        return distances

    def _scores(self, query: Query) -> NDArray[np.float32]:
        """Return the cosines of a query with all words, by row."""
        if query.code is not None:
            return (1 - 2 * self._distances(query.code) / self.n_bits).astype(np.float32)
        length = np.sqrt((query.vector**2).sum() * self.n_bits)
        dots = all_dots(self.index, query.vector)
        return (dots / (length if length > 0 else 1)).astype(np.float32)

    def _answer(self, rows: Array, scores: Array, topn: int, used: list[int]) -> Answer:
        left_out = set(used)
        pairs = zip(rows.tolist(), scores.tolist(), strict=True)
        kept = [(row, score) for row, score in pairs if row not in left_out]
        return [(self.index_to_key[row], float(score)) for row, score in kept[:topn]]


def all_dots(index: HammingIndex, vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dot products of a vector (n_bits,) with all +-1 codes, by row.

    A table for each byte of a code holds the sums of its 256 values; all sums are of float64 in a
    fixed order, exact for whole numbers.
    """
    n_words = (index.n_bits + 15) // 16
    padded = np.zeros(16 * n_words)
    padded[: index.n_bits] = vector
    tables = []
    for numbers in padded.reshape(-1, 8):
        table = np.zeros(1)
        for number in numbers:  # bit j doubles the table
            table = np.concatenate([table - number, table + number])
        tables.append(table)
    blocks = index.blocks.reshape(-1, n_words, 32, 2)
    dots = np.zeros((len(blocks), 32))
    for start in range(0, len(blocks), _BLOCKS):
        part = blocks[start : start + _BLOCKS]
        for byte, table in enumerate(tables):
            dots[start : start + _BLOCKS] += table[part[:, byte // 2, :, byte % 2]]
    return dots.reshape(-1)[: len(index)]


def sign_codes(vectors: Array) -> Codes:
    """Return the packed signs of decoded-space vectors (..., n_bits); 0 counts as +."""
    return np.packbits(vectors >= 0, axis=-1, bitorder="little")


def best(scores: NDArray[np.float64], k: int) -> tuple[Array, Array]:
    """Return the rows and values of the k largest, descending, equal ones by row."""
    k = min(k, len(scores))
    if k < 1:
        return np.empty(0, np.int64), np.empty(0)
    kth = np.partition(scores, len(scores) - k)[len(scores) - k]
    rows = np.flatnonzero(scores >= kth)
    rows = rows[np.argsort(-scores[rows], kind="stable")][:k]
    return rows, scores[rows]

"""One set of vectors made ready for quality measurements: what an encoder is scored on.

Two figures: the mean Spearman correlation over the similarity sets, of covered pairs, x 100; and
the recall of each query's ten nearest words in the cleaned float space among the frequent words,
x 100, tie-aware.
Everything float is computed once, so that a seed costs a fit, two calls of transform and a few
products. Only `frontier` uses this; `iiq.evaluate` has the same figures with intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import iiq
from bench.common import Codes
from iiq.codes.decoding import decode
from iiq.encoders._rotation import random_rotation
from iiq.evaluate import load_sets
from iiq.evaluate.judged import Lookup, unit
from iiq.evaluate.rank_statistics import spearman
from iiq.evaluate.recall import recall_at_k
from iiq.rows import ArrayRows
from iiq.rows.directions import principal_directions
from iiq.rows.moments import moments
from iiq.vectors.word_blocks import memory_blocks, training_sample

FREQUENT = 50_000  # rows that statistics come from
NEIGHBOURS = 20_000  # rows that neighbours are sought among
QUERIES, K = 500, 10
_DECIMALS = 6  # of a cosine: what differs beyond them is equal

Floats = NDArray[np.float32]


@dataclass
class Pairs:
    """One similarity set: pairs as places in `Task.words`, and the scores people gave them."""

    name: str
    places: NDArray[np.int64]  # (n, 2)
    gold: NDArray[np.float64]


class Task:
    """Vectors, the rows that similarity needs, and the true neighbours."""

    def __init__(
        self, name: str, path: str | iiq.WordVectors, data: str, n_queries: int = QUERIES
    ) -> None:
        self.name = name
        vectors = iiq.read_vectors(path) if isinstance(path, str) else path
        self.sample = training_sample(memory_blocks(vectors), FREQUENT)
        assert self.sample is not None
        self.frequent = np.asarray(self.sample.vectors, dtype=np.float32)
        self.dim = self.frequent.shape[1]
        self.n_words = len(vectors)
        self._find_pairs(vectors, data)
        stats = moments(ArrayRows(self.frequent))
        self.mean = stats.mean
        values, self.directions = principal_directions(stats.gram)
        self.variances = values**2 / len(self.frequent)
        self.near = self.frequent[:NEIGHBOURS]
        self.queries = np.random.default_rng(0).permutation(len(self.near))[:n_queries]

    def _find_pairs(self, vectors: iiq.WordVectors, data: str) -> None:
        lookup = Lookup(vectors.words)
        found = []
        for one in load_sets("similarity", data, None):
            ids = np.stack([lookup.rows(one.column("word1")), lookup.rows(one.column("word2"))], 1)
            keep = (ids >= 0).all(axis=1)
            if keep.sum() >= 10:
                gold = np.array(one.numbers("score"))[keep]
                found.append((one.name, ids[keep], gold))
        used = np.unique(np.concatenate([ids for _, ids, _ in found]))
        self.pairs = [Pairs(name, np.searchsorted(used, ids), gold) for name, ids, gold in found]
        self.words = np.asarray(vectors.vectors[used], dtype=np.float32)

    def similarity(self, rows: NDArray[Any]) -> float:
        """Mean Spearman x 100 of the cosine of ``rows``, one for each word of the sets."""
        rows = unit(np.asarray(rows, dtype=np.float32))
        scores = []
        for pairs in self.pairs:
            left, right = rows[pairs.places[:, 0]], rows[pairs.places[:, 1]]
            cosines = np.einsum("ij,ij->i", left, right)
            scores.append(spearman(np.round(cosines, _DECIMALS), pairs.gold))
        return 100 * float(np.mean(scores))

    def cleaned(self, rows: Floats, n_remove: int) -> Floats:
        """Return rows centred and without the ``n_remove`` largest directions: (n, dim - D)."""
        return ((rows - self.mean) @ self.directions[:, n_remove:]).astype(np.float32)

    def recalls(self, answers: Mapping[str, NDArray[np.int64]], n_remove: int) -> dict[str, float]:
        """Return the recall at 10 x 100 of each way to answer the queries, best rows first."""
        rows = unit(self.cleaned(self.near, n_remove))
        found = recall_at_k(rows, self.queries, answers, [K])
        return {name: 100 * float(shares.mean()) for (name, _), shares in found.items()}


def signs(codes: Codes, n_bits: int) -> Floats:
    """Return the codes as vectors of +1 and -1."""
    return iiq.unpack(codes, n_bits).astype(np.float32) * 2 - 1


def score(task: Task, encoder: Any, *, recall: bool = True) -> dict[str, float]:
    """Score a fitted encoder: similarity of codes and of decoded codes, and three recalls."""
    n_remove = encoder.removed_.shape[1]
    words = encoder.transform(task.words)
    figures = {
        "similarity": task.similarity(signs(words, encoder.n_bits_)),
        "similarity, decoded": task.similarity(decode(words, encoder.decoder_)),
        "n_remove": n_remove,
    }
    if recall:
        found = answers(task.near, task.queries, encoder)
        figures |= task.recalls(found, n_remove)
    return figures


def answers(rows: Floats, queries: NDArray[np.int64], encoder: Any) -> dict[str, NDArray[np.int64]]:
    """Return the K + 1 rows nearest to some of them, ties by the lower row.

    ``recall``: codes among codes. ``recall, stored query``: a decoded code among decoded codes.
    ``recall, float query``: the vector itself among decoded codes.
    """
    codes = encoder.transform(rows)
    decoded = unit(decode(codes, encoder.decoder_)).astype(np.float32)
    asked = rows[queries] - encoder.mean_  # decoded codes have nothing along removed directions
    index = iiq.HammingIndex(codes, encoder.n_bits_, threads=1)
    return {
        "recall": index.search(codes[queries], K + 1)[1],
        "recall, stored query": nearest(decoded[queries], decoded),
        "recall, float query": nearest(asked.astype(np.float32), decoded),
    }


def nearest(queries: Floats, rows: Floats) -> NDArray[np.int64]:
    """Return the K + 1 rows of the largest product with each query, ties by the lower row."""
    found: NDArray[np.int64] = np.argsort(-(queries @ rows.T), axis=1, kind="stable")[:, : K + 1]
    return found


def random_rotations(task: Task, n_remove: int, seeds: int) -> list[float]:
    """Score codes of ``dim`` bits by random rotations after the removal: one figure a seed.

    Spearman's mean is the same within its error for random and trained rotations, at a hundredth
    of the cost, so that many seeds tell the effect of D from noise.
    """
    cleaned = task.cleaned(task.words, n_remove)
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rotation = random_rotation(cleaned.shape[1], task.dim, rng).astype(np.float32)
        found.append(task.similarity(np.where(cleaned @ rotation >= 0, 1, -1)))
    return found

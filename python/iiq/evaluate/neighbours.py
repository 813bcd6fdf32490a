"""Neighbours: how many of the true nearest words the codes find again (recall at k, tie-aware)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from iiq._support.validate import as_int
from iiq.evaluate.intervals import Resampling, mean_draws
from iiq.evaluate.judged import Floats, Ids, Judged, judge, unit
from iiq.evaluate.recall import parts_of, recall_at_k
from iiq.evaluate.report import Report
from iiq.evaluate.row import make_row


def neighbours(
    vectors: Any,
    reference: Any,
    *,
    source: Any = None,
    k: Iterable[int] = (10, 100),
    n_queries: int = 1000,
    reference_name: str = "float",
    n_resamples: int = 1000,
    random_state: int = 0,
) -> Report:
    """Compare the nearest words of the vectors with those of a reference.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        What is judged; of codes the vectors that their verbs compare (see :func:`judge`).
    reference : WordVectors or gensim KeyedVectors
        The float vectors whose cosine neighbours are the truth: the original ones, or those
        cleaned (:func:`iiq.evaluate.cleaned`). Words are matched by name, and only words that both
        hold take part.
    source : WordVectors or gensim KeyedVectors, optional
        The vectors the encoder was made for: where ``vectors`` carry their encoder, they are
        queried with these floats too, projected for +-1, cleaned for decoded codes.
    k : iterable of int, default (10, 100)
        How many neighbours.
    n_queries : int, default 1000
        Words asked for, drawn at random among the shared words.
    reference_name : str
        What the report calls the reference, in ``data``.
    n_resamples, random_state : int
        Bootstrap resamples of the queries; seed of them and of the draw.

    Returns
    -------
    Report
        ``recall@k`` of each vector as the query, and ``recall@k, float query`` with ``source``.
        Only shared words are asked, so there is one policy: ``covered``.

    Notes
    -----
    A word found counts where its true cosine is at least that of the true k-th neighbour, less a
    millionth: equal distances are no misses. Ties among the codes go to the lower row. The query
    itself is no neighbour. Time O(n_queries * n * dim).
    """
    resampling = Resampling(n_resamples, random_state)
    judged, truth = judge(vectors), judge(reference)
    wanted = sorted({as_int(value, "k", 1) for value in k})
    ours, theirs = _shared(judged, truth)
    n = len(ours)
    if not wanted or wanted[-1] > n - 1:
        raise ValueError(f"k must be between 1 and {n - 1} ({n} words are shared), got {wanted}")
    picked = np.random.default_rng(random_state).permutation(n)[: as_int(n_queries, "n_queries", 1)]
    table, true_table = _table(judged, ours), _table(truth, theirs)
    asked = {"": table[picked]}
    if source is not None and judged.encoder is not None:
        asked[", float query"] = _float_queries(judged, judge(source), ours[picked])
    nearest = {
        name: _nearest(queries, table, picked, wanted[-1]) for name, queries in asked.items()
    }
    hits = recall_at_k(true_table, picked, nearest, wanted)
    return Report(
        make_row(
            judged,
            float(values.mean()),
            task="neighbours",
            data=reference_name,
            policy="covered",
            metric=f"recall@{count}{name}",
            draws=mean_draws(values, resampling, "recall"),
            n=len(picked),
            n_total=len(picked),
            random_state=random_state,
            note=f"{n} words",
        )
        for (name, count), values in hits.items()
    )


def _shared(judged: Judged, truth: Judged) -> tuple[Ids, Ids]:
    if judged.words is truth.words:
        both = np.arange(judged.n)
        return both, both
    rows = truth.lookup.own
    pairs = [(i, rows[word]) for i, word in enumerate(judged.words) if word in rows]
    if len(pairs) < 2:
        raise ValueError(
            f"the vectors ({judged.n} words) and the reference ({truth.n} words) share "
            f"{len(pairs)} words: they must be of the same vocabulary"
        )
    ours, theirs = np.array(pairs, dtype=np.int64).T
    return ours, theirs


def _table(judged: Judged, rows: Ids) -> Floats:
    vectors = judged.take(rows)
    return vectors if judged.view == "signs" else unit(vectors)


def _float_queries(judged: Judged, source: Judged, rows: Ids) -> Floats:
    own = source.lookup.own
    missing = next((judged.words[row] for row in rows if judged.words[row] not in own), None)
    if missing is not None:
        raise ValueError(f"source= lacks the word {missing!r}: it must hold the words of the codes")
    wanted = np.array([own[judged.words[row]] for row in rows], dtype=np.int64)
    encoder, rows_of_source = judged.encoder, source.take(wanted)
    if judged.view == "signs":
        queries: Floats = encoder.project(rows_of_source)
        return queries
    if judged.view == "kept":
        return rows_of_source
    centred = rows_of_source - encoder.mean_
    cleaned = centred - (centred @ encoder.removed_) @ encoder.removed_.T
    return np.asarray(cleaned, dtype=np.float32)


def _nearest(queries: Floats, table: Floats, own: Ids, k: int) -> Ids:
    """Return the k best rows for each query, its own row excluded; int64 (m, k)."""
    parts = [_top(_scores(queries[s], table, own[s]), k) for s in parts_of(len(queries))]
    return np.concatenate(parts)


def _scores(queries: Floats, table: Floats, own: Ids) -> Floats:
    scores: Floats = queries @ table.T
    scores[np.arange(len(own)), own] = -np.inf
    return scores


def _top(scores: Floats, k: int) -> Ids:
    """Return the columns of the k largest scores a row, ties by lower column."""
    kth = np.partition(scores, -k, axis=1)[:, -k]
    out = np.empty((len(scores), k), dtype=np.int64)
    for i, (row, least) in enumerate(zip(scores, kth, strict=True)):
        candidates = np.flatnonzero(row >= least)
        order = np.argsort(-row[candidates], kind="stable")[:k]
        out[i] = candidates[order]
    return out

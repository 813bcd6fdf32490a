"""Word similarity: Spearman's correlation of the cosine with human judgements (the paper's 5.1)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.evaluate.datasets import DataSet, load_sets
from iiq.evaluate.intervals import Resampling, spearman_draws
from iiq.evaluate.judged import Ids, Judged, judge
from iiq.evaluate.rank_statistics import spearman
from iiq.evaluate.report import Report
from iiq.evaluate.row import Draws, Row, make_row, mean_row

POLICIES = ("covered", "paper")
Floats = NDArray[np.float64]


def similarity(
    vectors: Any,
    *,
    data: str | os.PathLike[str] | None = None,
    sets: Iterable[str | os.PathLike[str]] | str | None = None,
    n_resamples: int = 1000,
    random_state: int = 0,
) -> Report:
    """Correlate the cosine of word pairs with the scores people gave them.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        What is judged; of codes the vectors that their verbs compare (see :func:`judge`).
    data, sets
        The folder of data sets and which of them: see :func:`iiq.evaluate.load_sets`.
    n_resamples : int, default 1000
        Bootstrap resamples of the pairs for the 95 % interval; 0 for none.
    random_state : int, default 0
        Seed of the resamples.

    Returns
    -------
    Report
        Per set and for their mean a row of each policy: ``covered`` (pairs whose words are all
        present) and ``paper`` (a missing word is the mean vector; the cosine with a vector of
        zeros is 0). A set with fewer than two pairs, or constant scores, has NaN and a note.

    Raises
    ------
    ValueError
        If no word of the sets is in the vocabulary, or a file is malformed.
    FileNotFoundError
        Where the data sets are missing.

    Notes
    -----
    Pairs are weighted alike, pairs that occur twice count twice. Spearman with ties at their mean
    rank, the same number as gensim's ``evaluate_word_pairs`` where both find the same words.
    """
    resampling = Resampling(n_resamples, random_state)
    judged = judge(vectors)
    loaded = load_sets("similarity", data, sets)
    rows: list[Row] = []
    found = 0
    for one in loaded:
        ids = _pair_ids(judged, one)
        found += int((ids >= 0).sum())
        rows += [_similarity_row(judged, one, ids, policy, resampling) for policy in POLICIES]
    if found == 0:
        raise_nothing_in_common(judged, loaded)
    if len(loaded) > 1:
        rows += [mean_row([row for row in rows if row.policy == policy]) for policy in POLICIES]
    return Report(rows)


def raise_nothing_in_common(judged: Judged, loaded: list[DataSet]) -> None:
    """Raise the error for vectors that hold no word of the data sets."""
    some = ", ".join(repr(judged.words[i]) for i in range(min(3, judged.n)))
    names = ", ".join(one.name for one in loaded)
    raise ValueError(
        f"no word of {names} is in the vocabulary of {judged.n} words (its first: {some}): "
        "are the words of another language, or do they carry a prefix?"
    )


def _pair_ids(judged: Judged, one: DataSet) -> Ids:
    left = judged.lookup.rows(one.column("word1"))
    right = judged.lookup.rows(one.column("word2"))
    return np.stack([left, right], axis=1)


def pair_cosines(judged: Judged, ids: Ids) -> Floats:
    """Return the cosine of each pair of rows, float64; -1 stands for the mean vector."""
    # Each unordered pair is computed once: pairs that are the same tie exactly.
    pairs, pair_of = np.unique(np.sort(ids, axis=1), axis=0, return_inverse=True)
    used, place = np.unique(pairs, return_inverse=True)
    table = judged.take(used).astype(np.float64)
    left, right = place.reshape(pairs.shape).T
    # Of codes every product and length is the same exact number: equal distances tie exactly.
    products = np.einsum("ij,ij->i", table[left], table[right])
    lengths = np.linalg.norm(table, axis=1)
    scale = lengths[left] * lengths[right]
    cosines: Floats = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    spread: Floats = cosines[pair_of.reshape(-1)]
    return spread


def _similarity_row(
    judged: Judged, one: DataSet, ids: Ids, policy: str, resampling: Resampling
) -> Row:
    gold = np.array(one.numbers("score"))
    covered = (ids >= 0).all(axis=1)
    keep = covered if policy == "covered" else np.ones(len(ids), dtype=bool)
    score, draws, note = float("nan"), None, ""
    if keep.sum() < 2:
        note = f"not enough pairs ({int(keep.sum())} of {len(ids)} covered)"
    else:
        score, draws, note = _correlate(
            gold[keep], pair_cosines(judged, ids[keep]), resampling, one.name
        )
    missing = set(np.array([one.column("word1"), one.column("word2")]).T[ids < 0].tolist())
    return make_row(
        judged,
        score,
        task="similarity",
        data=one.name,
        policy=policy,
        metric="spearman",
        draws=draws,
        n=int(keep.sum()),
        n_total=len(ids),
        n_oov=len(missing),
        random_state=resampling.seed,
        note=note,
    )


def _correlate(
    gold: Floats, cosines: Floats, resampling: Resampling, name: str
) -> tuple[float, Draws, str]:
    for side, values in (("the data set", gold), ("the vectors", cosines)):
        if (values == values[0]).all():
            return float("nan"), None, f"constant scores from {side}"
    draws = spearman_draws(gold, cosines, resampling, name)
    return spearman(gold, cosines), draws, ""

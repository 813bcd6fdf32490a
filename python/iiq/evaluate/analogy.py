"""Analogies: is the word nearest to b - a + c the one wanted (3CosAdd, as gensim computes it)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_int
from iiq.evaluate.datasets import DataSet, load_sets
from iiq.evaluate.intervals import Resampling, mean_draws
from iiq.evaluate.judged import Floats, Ids, Judged, judge, unit
from iiq.evaluate.report import Report
from iiq.evaluate.row import Row, make_row, mean_row
from iiq.evaluate.similarity import POLICIES, raise_nothing_in_common

_QUERIES = 256  # a block of queries against a block of words: 32 MB of scores


def analogy(
    vectors: Any,
    *,
    data: str | os.PathLike[str] | None = None,
    sets: Iterable[str | os.PathLike[str]] | str | None = None,
    restrict_vocab: int | None = 300_000,
    max_questions: int | None = None,
    n_resamples: int = 1000,
    random_state: int = 0,
    verbose: bool = False,
) -> Report:
    """Answer "a is to b as c is to ?" by the word with the highest cosine to b - a + c.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        What is judged; of codes the vectors that their verbs compare (see :func:`judge`).
    data, sets
        The folder of data sets and which of them: see :func:`iiq.evaluate.load_sets`.
    restrict_vocab : int or None, default 300_000
        Only the first words of the vocabulary are questions' words and answers, gensim's default;
        None for all.
    max_questions : int, optional
        Judge a random sample of so many questions a set.
    n_resamples, random_state : int
        Bootstrap resamples of the questions; seed of them and of the sample.
    verbose : bool
        Show a progress bar on standard error.

    Returns
    -------
    Report
        Accuracy per set, and for their mean, a row of each policy: ``covered`` asks the questions
        whose four words are present; ``paper`` asks all, with the mean vector for a missing word of
        the question; a missing answer is never found.

    Notes
    -----
    Vectors are scaled to length one, and the three words of the question are no answers. Among
    equal scores the lower row wins. The answer is compared by its row, so that ``Paris`` and
    ``paris`` are different answers where both are words.
    """
    resampling = Resampling(n_resamples, random_state)
    judged = judge(vectors)
    loaded = load_sets("analogy", data, sets)
    stop = judged.n if restrict_vocab is None else as_int(restrict_vocab, "restrict_vocab", 1)
    words_of = [_questions(one, max_questions, random_state) for one in loaded]
    ids_of = [_rows_of(judged, words, stop) for words in words_of]
    if all((ids < 0).all() for ids in ids_of):
        raise_nothing_in_common(judged, loaded)
    rows: list[Row] = []
    for one, words, ids in zip(loaded, words_of, ids_of, strict=True):
        found = answers(judged, ids[:, :3], stop, verbose=verbose)
        hits: NDArray[np.bool_] = np.equal(found, ids[:, 3]) & (ids[:, 3] >= 0)
        sampled = "" if len(ids) == len(one) else f"{len(ids)} of {len(one)} questions drawn"
        about = {
            "task": "analogy",
            "data": one.name,
            "metric": "accuracy",
            "n_total": len(ids),
            "n_oov": len(set(words[ids < 0].tolist())),
            "note": sampled,
        }
        covered: NDArray[np.bool_] = np.all(ids >= 0, axis=1)
        rows += _rows_of_set(judged, about, covered, hits, resampling)
    if len(loaded) > 1:
        rows += [mean_row([row for row in rows if row.policy == policy]) for policy in POLICIES]
    return Report(rows)


def _questions(one: DataSet, most: int | None, seed: int) -> NDArray[Any]:
    """Return the words of the questions, object (m, 4), or of a random sample of them."""
    columns = [one.column(name) for name in ("word1", "word2", "word3", "target")]
    words = np.array(columns, dtype=object).T
    if most is None or as_int(most, "max_questions", 1) >= len(words):
        return words
    chosen = np.random.default_rng(seed).permutation(len(words))[:most]
    return words[np.sort(chosen)]


def _rows_of(judged: Judged, words: NDArray[Any], stop: int) -> Ids:
    ids = judged.lookup.rows(words.reshape(-1)).reshape(words.shape)
    ids[ids >= stop] = -1
    return ids


def _rows_of_set(
    judged: Judged,
    about: dict[str, Any],
    covered: NDArray[np.bool_],
    hits: NDArray[np.bool_],
    resampling: Resampling,
) -> Iterator[Row]:
    for policy in POLICIES:
        keep = covered if policy == "covered" else np.ones(len(covered), dtype=bool)
        own = {**about, "policy": policy, "n": int(keep.sum()), "random_state": resampling.seed}
        if not keep.any():
            own["note"] = f"not enough questions (0 of {len(covered)} covered)"
            yield make_row(judged, float("nan"), **own)
            continue
        draws = mean_draws(hits[keep], resampling, about["data"])
        yield make_row(judged, float(hits[keep].mean()), draws=draws, **own)


def answers(judged: Judged, ids: Ids, stop: int | None = None, *, verbose: bool = False) -> Ids:
    """Return for each row (a, b, c) the row nearest to b - a + c, the three excluded.

    Parameters
    ----------
    ids : ndarray (m, 3) int64
        Rows of the vocabulary, -1 for the mean vector.
    stop : int, optional
        Only the first ``stop`` words are answers.
    """
    from tqdm import tqdm

    queries = _queries(judged, ids)
    best = np.full(len(ids), -np.inf, dtype=np.float32)
    found = np.full(len(ids), -1, dtype=np.int64)
    start = 0
    total = -(-min(stop or judged.n, judged.n) // 32_768)
    for block in tqdm(
        judged.blocks(stop), total=total, desc="analogy", leave=False, disable=not verbose
    ):
        table = block if judged.view == "signs" else unit(block)
        for first in range(0, len(queries), _QUERIES):
            part = slice(first, first + _QUERIES)
            place, value = _best_of_block(table, queries[part], ids[part] - start)
            better = value > best[part]
            best[part][better] = value[better]
            found[part][better] = place[better] + start
        start += len(block)
    return found


def _queries(judged: Judged, ids: Ids) -> Floats:
    used, place = np.unique(ids, return_inverse=True)
    table = judged.take(used)
    if judged.view == "signs":
        # Codes are all of one length: left whole, so that equal scores are exactly equal.
        imputed = used < 0
        table[imputed] = unit(table[imputed]) * np.float32(np.sqrt(judged.dim))
    else:
        table = unit(table)
    a, b, c = place.reshape(ids.shape).T
    queries: Floats = table[b] - table[a] + table[c]
    return queries


def _best_of_block(
    table: Floats, queries: Floats, excluded: Ids
) -> tuple[Ids, NDArray[np.float32]]:
    """Return the best row of a block for each query, and its score; ``excluded`` rows are none."""
    scores = queries @ table.T
    for column in range(excluded.shape[1]):
        here = excluded[:, column]
        inside = np.flatnonzero((here >= 0) & (here < len(table)))
        scores[inside, here[inside]] = -np.inf
    place = scores.argmax(axis=1)
    return place, scores[np.arange(len(scores)), place]

"""Which preset suits vectors: each is tried on a sample, and the smallest that is enough is named.

What counts is what a user of the vectors sees: their own ten nearest words, nothing cleaned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.evaluate.judged import unit
from iiq.evaluate.recall import recall_at_k
from iiq.vectors.word_vectors import WordVectors
from iiq.vocabulary.compress import compress
from iiq.vocabulary.presets import PRESETS

QUERIES = 200
N_ITER = 10  # of a quick fit
ENOUGH = 0.9  # of the neighbours


def try_presets(
    words: Sequence[str],
    rows: NDArray[np.float32],
    *,
    n_remove: int,
    threads: int | None,
    random_state: int,
    verbose: bool = False,
) -> list[dict[str, Any]]:
    """Compress the rows by each preset.

    Returns
    -------
    list of dict
        ``name``, ``bytes_per_word`` of code and kept vector, and ``recall_at_10``: the share of the
        rows' own ten nearest rows by cosine that the verbs find again, among these rows.
    """
    from tqdm import tqdm

    k = min(10, len(rows) - 1)
    if k < 1:
        return []
    queries = np.random.default_rng(random_state).permutation(len(rows))[:QUERIES]
    source, found = WordVectors(list(words), rows), []
    bar = tqdm(PRESETS.items(), desc="presets", leave=False, disable=not verbose)
    for name, preset in bar:
        vocabulary = compress(
            source, preset=name, n_remove=n_remove, n_iter=N_ITER, threads=threads,
            random_state=random_state,
        )  # fmt: skip
        asked = vocabulary.vectors.take_rows(queries)
        near, _ = vocabulary.most_similar_batch(asked, k + 1, output="arrays", threads=threads)
        shares = recall_at_k(unit(rows), queries, {name: np.asarray(near)}, [k])
        told = {"name": name, "bytes_per_word": preset.bytes_per_word(rows.shape[1])}
        found.append({**told, "recall_at_10": float(shares[name, k].mean())})
    return found


def recommended(tried: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the smallest that finds enough of the neighbours, or else the best."""
    by_size = sorted(tried, key=lambda one: one["bytes_per_word"])
    best = max(by_size, key=lambda one: one["recall_at_10"], default=None)
    return next((one for one in by_size if one["recall_at_10"] >= ENOUGH), best)


def advice(tried: Sequence[dict[str, Any]], dim: int) -> str:
    """Return a sentence that names a preset and says why."""
    one = recommended(tried)
    if one is None:
        return "One row has no neighbours: any preset will do."
    share = 100 * one["recall_at_10"]
    smaller = 4 * dim / one["bytes_per_word"]
    why = (
        f"the smallest that finds {100 * ENOUGH:.0f} % of the ten nearest words again"
        if one["recall_at_10"] >= ENOUGH
        else "the one that finds most of the ten nearest words again"
    )
    return f"Use preset '{one['name']}': {why} ({share:.0f} %), {smaller:.1f} times smaller."

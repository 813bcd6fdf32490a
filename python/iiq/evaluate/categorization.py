"""Categorization: the purity of clusters of words, best of several (the paper's 5.2)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.extras import need
from iiq._support.validate import as_int
from iiq.evaluate.datasets import DataSet, load_sets
from iiq.evaluate.intervals import Resampling, mean_draws
from iiq.evaluate.judged import Ids, Judged, judge, unit
from iiq.evaluate.report import Report
from iiq.evaluate.row import Row, make_row, mean_row
from iiq.evaluate.similarity import POLICIES, raise_nothing_in_common

Labels = NDArray[np.int64]
CLUSTERINGS = (
    "ward-euclidean",
    "average-cosine",
    "average-euclidean",
    "complete-cosine",
    "complete-euclidean",
    "kmeans",
)


def categorization(
    vectors: Any,
    *,
    data: str | os.PathLike[str] | None = None,
    sets: Iterable[str | os.PathLike[str]] | str | None = None,
    clusterings: Iterable[str] = CLUSTERINGS,
    n_starts: int = 10,
    n_resamples: int = 1000,
    random_state: int = 0,
) -> Report:
    """Cluster the words of each set and compare the clusters with its categories.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        What is judged; of codes the vectors that their verbs compare (see :func:`judge`).
    data, sets
        The folder of data sets and which of them: see :func:`iiq.evaluate.load_sets`.
    clusterings : iterable of str
        Of :data:`CLUSTERINGS`; the score is the best purity of them, as in the paper. The best of
        several noisy figures is noisy: read differences with their intervals.
    n_starts : int, default 10
        Starts of k-means.
    n_resamples, random_state : int
        Bootstrap resamples of the words (the clusters held fixed); seed of them, of k-means and of
        the order in which the words enter (agglomerative ties depend on it).

    Returns
    -------
    Report
        Per set, and for their mean, a row of each policy: ``covered`` clusters the words that are
        present, ``paper`` all of them with the mean vector for a missing one. The note names the
        best clustering. Sets with one category or fewer words than categories have NaN and a note.

    Raises
    ------
    ValueError
        For an unknown clustering, or where no word is in the vocabulary.
    ModuleNotFoundError
        Without scikit-learn (the extra ``evaluate``).

    Notes
    -----
    Agglomerative clustering takes time and memory of the square of the words of a set (Battig:
    5231 words, about 600 MB).
    """
    settings = _Settings(
        tuple(clusterings),
        as_int(n_starts, "n_starts", 1),
        Resampling(n_resamples, random_state),
    )
    if not settings.kinds or set(settings.kinds) - set(CLUSTERINGS):
        raise ValueError(f"clusterings must be of {', '.join(CLUSTERINGS)}, got {settings.kinds}")
    need("sklearn.cluster", "categorization", "evaluate")
    judged = judge(vectors)
    loaded = load_sets("categorization", data, sets)
    rows: list[Row] = []
    ids_of = [judged.lookup.rows(one.column("word")) for one in loaded]
    if all((ids < 0).all() for ids in ids_of):
        raise_nothing_in_common(judged, loaded)
    for one, ids in zip(loaded, ids_of, strict=True):
        rows += _rows_of_set(judged, one, ids, settings)
    if len(loaded) > 1:
        rows += [mean_row([row for row in rows if row.policy == policy]) for policy in POLICIES]
    return Report(rows)


def purity(clusters: ArrayLike, categories: ArrayLike) -> float:
    """Return the fraction of items whose category is the largest one of their cluster.

    Raises
    ------
    ValueError
        If the two differ in length or are empty.

    Examples
    --------
    >>> purity([0, 0, 0, 1], ["bird", "bird", "fish", "fish"])
    0.75
    """
    return float(in_majority(clusters, categories).mean())


def in_majority(clusters: ArrayLike, categories: ArrayLike) -> NDArray[np.bool_]:
    """Return for each item whether its category is the largest one of its cluster.

    Of categories equally large in a cluster the first in sorted order counts.
    """
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    _, category = np.unique(np.asarray(categories), return_inverse=True)
    if len(cluster) != len(category) or not len(cluster):
        raise ValueError(
            f"{len(cluster)} clusters and {len(category)} categories: one of each an item is wanted"
        )
    table = np.zeros((cluster.max() + 1, category.max() + 1), dtype=np.int64)
    np.add.at(table, (cluster, category), 1)
    majority: NDArray[np.bool_] = table.argmax(axis=1)[cluster] == category
    return majority


@dataclass(frozen=True)
class _Settings:
    kinds: tuple[str, ...]
    n_starts: int
    resampling: Resampling


def _rows_of_set(judged: Judged, one: DataSet, ids: Ids, settings: _Settings) -> Iterator[Row]:
    labels = np.unique(np.array(one.column("category")), return_inverse=True)[1].astype(np.int64)
    missing = {word for word, row in zip(one.column("word"), ids, strict=True) if row < 0}
    known: tuple[NDArray[np.bool_] | None, str] | None = None
    for policy in POLICIES:
        keep = ids >= 0 if policy == "covered" else np.ones(len(ids), dtype=bool)
        if known is None or missing:
            known = _best(judged, ids[keep], labels[keep], settings)
        hits, note = known
        draws = None if hits is None else mean_draws(hits, settings.resampling, one.name)
        yield make_row(
            judged,
            float("nan") if hits is None else float(hits.mean()),
            task="categorization",
            data=one.name,
            policy=policy,
            metric="purity",
            draws=draws,
            extras=("sklearn",),
            n=int(keep.sum()),
            n_total=len(ids),
            n_oov=len(missing),
            random_state=settings.resampling.seed,
            note=note,
        )


def _best(
    judged: Judged, ids: Ids, labels: Labels, settings: _Settings
) -> tuple[NDArray[np.bool_] | None, str]:
    """Return which words the best clustering puts right, and its name; or None and why not."""
    n_clusters = len(np.unique(labels))
    if len(ids) and n_clusters < 2:
        return None, "one category only: nothing to tell apart"
    if len(ids) <= n_clusters:
        return None, f"not enough words ({len(ids)} for {n_clusters} categories)"
    # The items enter in a shuffled order: sets list them category by category, and where
    # distances tie the order of entry would leak the answer.
    seed = settings.resampling.seed
    order = np.random.default_rng(seed).permutation(len(ids))
    table = judged.take(ids[order]).astype(np.float64)
    hits = {
        kind: in_majority(
            cluster(table, n_clusters, kind, n_starts=settings.n_starts, seed=seed), labels[order]
        )
        for kind in settings.kinds
    }
    kind = max(hits, key=lambda name: hits[name].mean())
    back = np.empty_like(hits[kind])
    back[order] = hits[kind]
    return back, f"best of {len(hits)}: {kind}"


def cluster(
    table: NDArray[np.float64], n_clusters: int, kind: str, *, n_starts: int = 10, seed: int = 0
) -> Labels:
    """Return the cluster of each row by one of :data:`CLUSTERINGS`.

    The cosine distance to a row of zeros is 1.
    """
    sklearn_cluster = need("sklearn.cluster", "categorization", "evaluate")
    if kind == "kmeans":
        means = sklearn_cluster.KMeans(n_clusters, n_init=n_starts, random_state=seed)
        return _quietly(means, table)
    linkage, metric = kind.split("-")
    if metric == "cosine":
        table = _cosine_distances(table)
        metric = "precomputed"
    tree = sklearn_cluster.AgglomerativeClustering(n_clusters, metric=metric, linkage=linkage)
    return _quietly(tree, table)


def _quietly(model: Any, table: NDArray[np.float64]) -> Labels:
    import warnings

    with warnings.catch_warnings():
        # Codes and imputed words hold equal rows: fewer distinct points than clusters is no error.
        warnings.filterwarnings("ignore", message="Number of distinct clusters")
        labels: Labels = model.fit_predict(table)
    return labels


def _cosine_distances(table: NDArray[np.float64]) -> NDArray[np.float64]:
    directions = unit(table)
    distances: NDArray[np.float64] = 1.0 - directions @ directions.T
    np.clip(distances, 0.0, 2.0, out=distances)
    np.fill_diagonal(distances, 0.0)
    return distances

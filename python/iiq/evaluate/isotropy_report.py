"""Isotropy: the ratio of equation 3 and the estimate of equation 5, as rows of a report.

And :func:`cleaned`: vectors centred and rid of their largest directions, the float vectors that
codes are compared with beside the raw ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iiq._support.training_rows import training_rows
from iiq._support.validate import as_int, as_rows_numbers
from iiq.evaluate.judged import BLOCK_ROWS, FloatRows, Judged, judge
from iiq.evaluate.report import Report
from iiq.evaluate.row import make_row


def isotropy_report(vectors: Any, *, rows: int | None = None) -> Report:
    """Measure how isotropic vectors are.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        What is judged; of codes the vectors that their verbs compare (see :func:`judge`).
    rows : int, optional
        Only the first rows; None for all, which must fit in memory.

    Returns
    -------
    Report
        Two rows, policy ``covered``: ``isotropy, eq. 3`` (the least over the largest value of the
        partition function, over the directions +-v_j) and ``isotropy, eq. 5`` (its estimate).
    """
    from iiq.rows.isotropy import isotropy as measure

    judged = judge(vectors)
    n = judged.n if rows is None else min(as_int(rows, "rows", 1), judged.n)
    exact, estimate = measure(np.concatenate(list(judged.blocks(n))))
    return Report(
        make_row(
            judged,
            float(value),
            task="isotropy",
            data="vectors",
            policy="covered",
            metric=f"isotropy, eq. {equation}",
            n=n,
            n_total=judged.n,
        )
        for equation, value in ((3, exact), (5, estimate))
    )


def cleaned(vectors: Any, n_remove: int, *, train_rows: Any = 50_000) -> Judged:
    """Return float vectors centred and without their ``n_remove`` largest directions.

    Parameters
    ----------
    vectors : WordVectors or gensim KeyedVectors
        The raw vectors.
    n_remove : int
        Directions to drop, at most ``dim - 1``; 0 only centres.
    train_rows : int, None or array-like of int, default 50_000
        Mean and directions come from so many rows (see `iiq._support.training_rows`), all, or
        these.

    Returns
    -------
    Judged
        Of the method ``float, cleaned``; float32.
    """
    judged = judge(vectors)
    as_int(n_remove, "n_remove", 0, judged.dim - 1)
    rows = as_rows_numbers(judged.n if train_rows is None else train_rows, judged.n)
    if isinstance(rows, int):
        rows = training_rows(judged.words, rows, lambda: judged.n)
    ids = np.arange(min(rows, judged.n)) if isinstance(rows, int) else rows
    n = len(ids)
    total, gram = np.zeros(judged.dim), np.zeros((judged.dim, judged.dim))
    for start in range(0, n, BLOCK_ROWS):
        wide = judged.source.take(ids[start : start + BLOCK_ROWS]).astype(np.float64)
        total += wide.sum(axis=0)
        gram += wide.T @ wide
    mean = total / n
    _, directions = np.linalg.eigh(gram - n * np.outer(mean, mean))
    dropped = directions[:, judged.dim - n_remove :].astype(np.float32)
    kept = np.empty((judged.n, judged.dim), dtype=np.float32)
    start = 0
    for block in judged.blocks():
        centred = block - mean.astype(np.float32)
        kept[start : start + len(block)] = centred - (centred @ dropped) @ dropped.T
        start += len(block)
    return Judged(
        judged.words,
        FloatRows(kept),
        method="float, cleaned",
        parameters={
            "n_remove": n_remove,
            "train_rows": train_rows if isinstance(rows, int) else f"{n} chosen",
        },
        lookup=judged.lookup,
    )

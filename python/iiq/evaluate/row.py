"""A row of a report: one result with all that says what was measured."""

from __future__ import annotations

import importlib
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.version import __version__
from iiq.evaluate.intervals import interval
from iiq.evaluate.judged import Judged

Draws = NDArray[np.float64] | None


def versions(*extras: str) -> dict[str, str]:
    """Return the versions of iiq, Python, NumPy and the named modules."""
    found = {"iiq": __version__, "python": platform.python_version(), "numpy": np.__version__}
    for name in extras:
        found[name] = str(importlib.import_module(name).__version__)
    return found


@dataclass(frozen=True, eq=False)
class Row:
    """One result.

    ``score`` with its 95 % interval ``low`` .. ``high``; ``sd`` over seeds or runs where there are
    several. ``n`` of ``n_total`` items were judged, ``n_oov`` distinct words were missing.
    ``bits_per_vector`` and ``bytes`` count the vectors alone, not the words.
    """

    task: str
    data: str
    policy: str
    metric: str
    score: float
    method: str
    n_bits: int
    low: float = math.nan
    high: float = math.nan
    sd: float = math.nan
    n: int = 0
    n_total: int = 0
    n_oov: int = 0
    bits_per_vector: float = math.nan
    bytes: int = 0
    n_vectors: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    random_state: int | None = None
    view: str = ""
    note: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    draws: Draws = field(default=None, repr=False)


COLUMNS = tuple(f.name for f in fields(Row) if f.name != "draws")


def make_row(
    judged: Judged, score: float, *, draws: Draws = None, extras: Sequence[str] = (), **other: Any
) -> Row:
    """Build a row that describes ``judged``; the interval is read from the draws.

    ``other`` gives the row's task, data, policy, metric and whatever else it should say.
    """
    low, high = interval(draws)
    about: dict[str, Any] = {
        "method": judged.method,
        "n_bits": judged.n_bits,
        "view": judged.view,
        "bits_per_vector": judged.bits_per_vector,
        "bytes": judged.n_bytes,
        "n_vectors": judged.n,
        "parameters": judged.parameters,
        "seeds": judged.seeds,
        "low": low,
        "high": high,
        "versions": versions(*extras),
        "draws": draws,
    }
    return Row(score=float(score), **{**about, **other})


def mean_row(rows: Sequence[Row], *, data: str = "mean") -> Row:
    """Average rows over data sets; sets without a score are left out and named in the note."""
    good = [row for row in rows if not math.isnan(row.score)]
    left_out = [row.data for row in rows if math.isnan(row.score)]
    note = f"mean of {len(good)} of {len(rows)} sets"
    if left_out:
        note += f"; no score: {', '.join(left_out)}"
    every = [row.draws for row in good if row.draws is not None and len(row.draws)]
    draws = np.mean(every, axis=0) if good and len(every) == len(good) else None
    low, high = interval(draws)
    score = float(np.mean([row.score for row in good])) if good else math.nan
    return replace(
        rows[0],
        data=data,
        score=score,
        low=low,
        high=high,
        draws=draws,
        note=note,
        n=sum(row.n for row in rows),
        n_total=sum(row.n_total for row in rows),
        n_oov=sum(row.n_oov for row in rows),
    )


def difference(first: Row, second: Row) -> tuple[float, float, float]:
    """Return first minus second and its 95 % interval, resample by resample.

    The resamples of a data set are the same for every method, so that what is hard for both
    cancels. NaN bounds where a row has no draws or the two were judged on other items.
    """
    value = first.score - second.score
    paired = (
        first.draws is not None
        and second.draws is not None
        and len(first.draws) == len(second.draws)
        and (first.data, first.policy, first.n) == (second.data, second.policy, second.n)
    )
    if not paired or first.draws is None or second.draws is None:
        return value, math.nan, math.nan
    return value, *interval(first.draws - second.draws)

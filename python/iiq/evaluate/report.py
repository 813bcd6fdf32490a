"""A report: rows of results, each with all that says what was measured; Markdown and JSON.

Scores are in their natural unit (a correlation in -1..1, a rate in 0..1); the Markdown tables show
them times 100, as the paper does. A score that is not defined is NaN with a note, and no mean
takes it in silently.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from iiq._support.extras import need
from iiq.evaluate.intervals import interval
from iiq.evaluate.row import COLUMNS, Row
from iiq.evaluate.tables import html, markdown, pivot, table

_FEW_ROWS = 20


class Report:
    """An ordered table of :class:`Row`, without pandas.

    Examples
    --------
    >>> row = Row("similarity", "MEN", "covered", "spearman", 0.75, "iiq", 300, n=2, n_total=3)
    >>> report = Report([row])
    >>> len(report), report.where(data="MEN").column("score")
    (1, [0.75])
    """

    columns = COLUMNS

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, position: int) -> Row:
        return self.rows[position]

    def __add__(self, other: Report) -> Report:
        return Report([*self.rows, *other.rows])

    def __repr__(self) -> str:
        return f"Report({len(self)} rows)\n{self.to_markdown()}"

    def where(self, **wanted: Any) -> Report:
        """Return the rows whose fields equal ``wanted``; a list of values means any of them."""
        unknown = sorted(set(wanted) - set(COLUMNS))
        if unknown:
            raise ValueError(f"a report has no column {unknown[0]!r}: it has {', '.join(COLUMNS)}")

        def fits(row: Row) -> bool:
            return all(
                getattr(row, name) in value
                if isinstance(value, list | set)
                else getattr(row, name) == value
                for name, value in wanted.items()
            )

        return Report(row for row in self.rows if fits(row))

    def column(self, name: str) -> list[Any]:
        """Return one column as a list."""
        return [getattr(row, name) for row in self.rows]

    def score(self, **wanted: Any) -> float:
        """Return the score of the one row that :meth:`where` finds; other counts are an error."""
        found = self.where(**wanted)
        if len(found) != 1:
            raise ValueError(f"{len(found)} rows fit {wanted}, wanted one")
        return found[0].score

    def summary(self) -> Report:
        """Average the rows that differ in their seed alone.

        The score is the mean over the seeds, ``sd`` their standard deviation, and the interval
        that of the mean: each resample of the items is averaged over the seeds.
        """
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows:
            groups.setdefault(_key_without_seed(row), []).append(row)
        return Report(_over_seeds(rows) for rows in groups.values())

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries of plain values."""
        return [_plain(row) for row in self.rows]

    def to_json(self, *, indent: int | None = 1, draws: bool = False) -> str:
        """Return the report as JSON; a score that is not defined is null.

        ``draws=True`` keeps the bootstrap draws (float32, base64), so that reports read back can be
        compared pair by pair.
        """
        rows = self.to_dicts()
        for row, source in zip(rows, self.rows, strict=True):
            if draws and source.draws is not None:
                raw = source.draws.astype("<f4").tobytes()
                row["draws"] = base64.b64encode(raw).decode("ascii")
        return json.dumps({"rows": rows}, indent=indent, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read a report that :meth:`to_json` wrote."""
        return cls(_row_of(entry) for entry in json.loads(text)["rows"])

    def to_dataframe(self) -> Any:
        """Return a pandas DataFrame, one row a result (it needs pandas)."""
        pandas = need("pandas", "to_dataframe (unlike to_dicts and to_json)", "pandas")
        return pandas.DataFrame(self.to_dicts(), columns=list(COLUMNS))

    def to_markdown(self) -> str:
        """Return one Markdown line a row, scores times 100 with their interval."""
        head, *lines = table(self)
        return markdown(head, lines)

    def wide(self, *, policy: str, label: Callable[[Row], str] | None = None) -> str:
        """Return a Markdown table as the paper's: a line a method, a column a data set.

        Rows of one method that differ in their seed have a line each that names it; data sets
        judged by several metrics or tasks have a column each.
        """
        head, *body = pivot(self, policy=policy, label=label)
        return markdown(head, body)

    def _repr_html_(self) -> str:
        """Return the covered figures as a notebook shows them, all rows where they are few."""
        few = len(self) <= _FEW_ROWS
        return html(*(table(self) if few else pivot(self, policy="covered", best="<b>{}</b>")))


def _key_without_seed(row: Row) -> tuple[str, ...]:
    kept = {k: v for k, v in row.parameters.items() if k != "random_state"}
    named = (row.task, row.data, row.policy, row.metric, row.method, row.view, row.n_bits)
    return (*map(str, named), str(row.bits_per_vector), str(sorted(kept.items(), key=str)))


def _over_seeds(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    scores = np.array([row.score for row in rows])
    every = [row.draws for row in rows if row.draws is not None]
    draws = np.mean(every, axis=0) if len(every) == len(rows) else None
    low, high = interval(draws)
    return replace(
        rows[0],
        score=float(scores.mean()),
        sd=float(scores.std(ddof=1)),
        low=low,
        high=high,
        draws=draws,
        seeds=tuple(seed for row in rows for seed in row.seeds),
        parameters={k: v for k, v in rows[0].parameters.items() if k != "random_state"},
    )


def _plain(row: Row) -> dict[str, Any]:
    # The draws are left out: they are the resamples, not a result.
    entry = asdict(replace(row, draws=None))
    del entry["draws"]
    return {name: _json_value(value) for name, value in entry.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(value)
    if isinstance(value, dict):
        return {str(k): _json_value(v) for k, v in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_json_value(v) for v in value]
    if isinstance(value, np.integer):
        return int(value)
    return value if isinstance(value, bool | int | str | None) else str(value)


def _row_of(entry: dict[str, Any]) -> Row:
    raw = entry.pop("draws", None)
    for name in ("score", "low", "high", "sd", "bits_per_vector"):
        if entry[name] is None:
            entry[name] = math.nan
    entry["seeds"] = tuple(entry["seeds"])
    if raw is not None:
        entry["draws"] = np.frombuffer(base64.b64decode(raw), "<f4").astype(np.float64)
    return Row(**entry)

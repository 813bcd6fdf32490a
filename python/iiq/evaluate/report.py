"""A report: rows of results, each with all that says what was measured; Markdown and JSON.

Scores are in their natural unit (a correlation in -1..1, a rate in 0..1); the Markdown tables show
them times 100, as the paper does. A score that is not defined is NaN with a note, and no mean
takes it in silently.
"""

from __future__ import annotations

import base64
import importlib
import json
import math
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
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
        """Return a Markdown table as the paper's: a line a method, a column a data set."""
        chosen = [row for row in self.rows if row.policy == policy]
        name = label or _label
        sets = list(dict.fromkeys(row.data for row in chosen))
        lines: dict[str, dict[str, str]] = {}
        for row in chosen:
            lines.setdefault(name(row), {})[row.data] = show(row)
        body = [[method, *(cells.get(s, "") for s in sets)] for method, cells in lines.items()]
        return markdown(["method", *sets], body)


def table(report: Report) -> list[list[str]]:
    """Return what a person reads of a report: a header and a line a row, as text."""
    head = ["task", "data", "policy", "metric", "method", "view", "bits", "score"]
    head += ["95 %", "items", "note"]
    lines = [
        [
            row.task,
            row.data,
            row.policy,
            row.metric,
            row.method,
            row.view,
            show_bits(row),
            show(row),
            _band(row),
            f"{row.n}/{row.n_total}" if row.n_total else "",
            row.note,
        ]
        for row in report
    ]
    return [head, *lines]


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in r) + " |" for r in rows)


def show(row: Row) -> str:
    """Return a score times 100, with the standard deviation over seeds where there are several."""
    if math.isnan(row.score):
        return "-"
    spread = "" if math.isnan(row.sd) else f" ± {100 * row.sd:.1f}"
    return f"{100 * row.score:.1f}{spread}"


def show_bits(row: Row) -> str:
    """Return the bits of a vector, to a tenth where they are no whole number."""
    return f"{row.bits_per_vector:.1f}".removesuffix(".0")


def _band(row: Row) -> str:
    return "" if math.isnan(row.low) else f"{100 * row.low:.1f} - {100 * row.high:.1f}"


def _label(row: Row) -> str:
    return f"{row.method} ({show_bits(row)} bits)"


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

"""Rows of a report as a person reads them: all that they say, or methods by data sets; as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

from iiq.evaluate.row import Row


def pivot(
    report: Iterable[Row],
    *,
    policy: str,
    label: Callable[[Row], str] | None = None,
    best: str = "{}",
) -> list[list[str]]:
    """Return a head and a line a method, with a column for each data set, as text.

    ``best`` says how the best score of a column among the compressed is written, where there are
    several.
    """
    chosen = [row for row in report if row.policy == policy]
    columns = _column_names(chosen)
    lines: dict[str, dict[str, Row]] = {}
    for row, name in zip(chosen, _line_names(chosen, label or _label), strict=True):
        lines.setdefault(name, {})[columns[_column(row)]] = row
    names = list(dict.fromkeys(columns.values()))
    winners = {name: _winner([cells.get(name) for cells in lines.values()]) for name in names}
    body = []
    for method, cells in lines.items():
        shown = [(cells.get(name), winners[name]) for name in names]
        texts = [
            "" if r is None else (best.format(show(r)) if r is w else show(r)) for r, w in shown
        ]
        body.append([method, *texts])
    return [["method", *names], *body]


def _written(row: Row | None, winner: Row | None, best: str) -> str:
    if row is None:
        return ""
    return best.format(show(row)) if row is winner else show(row)


def _column(row: Row) -> tuple[str, str, str]:
    return row.task, row.data, row.metric


def _column_names(rows: Sequence[Row]) -> dict[tuple[str, str, str], str]:
    """Return the shortest name of each column that tells it from the others."""
    keys = list(dict.fromkeys(map(_column, rows)))
    names = {}
    for task, data, metric in keys:
        same = [key for key in keys if key[1] == data]
        name = data
        if len({key[0] for key in same}) > 1:
            name = f"{task} {name}"
        if sum(key[0] == task for key in same) > 1:
            name = f"{name} {metric}"
        names[task, data, metric] = name
    return names


def _line_names(rows: Sequence[Row], label: Callable[[Row], str]) -> list[str]:
    """Return what to call each row's line: with its seed, or a number, where two would meet."""
    seen: dict[tuple[str, tuple[str, str, str]], int] = {}
    for row in rows:
        key = label(row), _column(row)
        seen[key] = seen.get(key, 0) + 1
    crowded = {name for (name, _), count in seen.items() if count > 1}
    names: list[str] = []
    met: dict[tuple[str, tuple[str, str, str]], int] = {}
    for row in rows:
        name = label(row)
        if name in crowded and row.seeds:
            name = f"{name}, seed {', '.join(map(str, row.seeds))}"
        key = name, _column(row)
        met[key] = met.get(key, 0) + 1
        names.append(name if met[key] == 1 else f"{name} #{met[key]}")
    return names


def _winner(column: Sequence[Row | None]) -> Row | None:
    """Return the best row among the compressed, None where fewer than two have a score."""
    scored = [r for r in column if r is not None and r.view != "float" and not math.isnan(r.score)]
    return max(scored, key=lambda row: row.score) if len(scored) > 1 else None


def html(head: Sequence[str], *lines: Sequence[str]) -> str:
    """Return an HTML table; cells are escaped, but for bold ones."""

    def cell(tag: str, text: str) -> str:
        bold = text.startswith("<b>")
        inner = escape(text[3:-4] if bold else text)
        return f"<{tag}><b>{inner}</b></{tag}>" if bold else f"<{tag}>{inner}</{tag}>"

    body = "".join(f"<tr>{''.join(cell('td', one) for one in line)}</tr>" for line in lines)
    return f"<table><tr>{''.join(cell('th', one) for one in head)}</tr>{body}</table>"


def table(report: Iterable[Row]) -> list[list[str]]:
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

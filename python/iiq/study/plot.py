"""The figures: loss curve (figure 1), accuracies (figure 2), neighbours as rows of bits (figure 3).

And the frontier of quality against bits. Every function draws on the axes that it is given, or
makes a figure, without a screen: a notebook shows it, :func:`save` writes it. A method has the
same colour in all of them (``METHOD_COLOURS``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.evaluate.report import Report
from iiq.evaluate.row import Row
from iiq.evaluate.tables import show_bits
from iiq.study.bits import neighbours
from iiq.study.canvas import canvas, save
from iiq.study.palette import METHOD_COLOURS, METHOD_MARKERS, Style, styles

__all__ = [
    "METHOD_COLOURS",
    "METHOD_MARKERS",
    "accuracies",
    "frontier",
    "loss_curve",
    "neighbours",
    "save",
]


def loss_curve(curves: Any, *, n_values: int | None = None, ax: Any = None) -> Any:
    """Draw the quantization loss at each iteration (the paper's figure 1).

    Parameters
    ----------
    curves : fitted encoder, array-like (n_iter,), or a mapping of label to either
        What has or is a ``loss_curve_``. Where all know how many rows they learned from, the loss
        is that of a bit, so that curves of different lengths and sets compare.
    n_values : int, optional
        Divide the losses by this, the number of bits trained on (rows times n_bits).
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Figure
    """
    named = curves if isinstance(curves, Mapping) else {"": curves}
    if not named:
        raise ValueError("no curve to draw: pass a fitted encoder or its loss_curve_")
    counts = [_bits_trained_on(curve) if n_values is None else n_values for curve in named.values()]
    figure, (axes,) = canvas(ax, 6.0, 3.8)
    methods = [str(getattr(curve, "method", label)) for label, curve in named.items()]
    looks = styles([f"{method} {i}" for i, method in enumerate(methods)])
    for (label, curve), count, look in zip(named.items(), counts, looks.values(), strict=True):
        values = _losses(curve) / (count if count and all(counts) else 1)
        colour, line = (look.colour, look.line) if label else (METHOD_COLOURS["iiq"], "-")
        steps = np.arange(1, len(values) + 1)
        axes.plot(steps, values, color=colour, linestyle=line, label=label or None)
    axes.set_xlabel("iteration")
    axes.set_ylabel("quantization loss" + (" a bit" if all(counts) else ""))
    if any(named):
        axes.legend(frameon=False)
    return figure


def _losses(curve: Any) -> NDArray[np.float64]:
    values = np.asarray(getattr(curve, "loss_curve_", curve), dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"a loss curve is a row of numbers, got shape {values.shape}")
    return values


def _bits_trained_on(curve: Any) -> int:
    """Return the bits whose losses were summed up, 0 where that is not known."""
    return int(getattr(curve, "n_train_rows_", 0) or 0) * int(getattr(curve, "n_bits_", 0))


def frontier(report: Report, *, data: str = "mean", policy: str = "covered", ax: Any = None) -> Any:
    """Draw quality against bits: a line a method with its 95 % intervals.

    Parameters
    ----------
    report : Report
        Of one task, for example of :func:`iiq.compare`; seeds are averaged.
    data, policy : str
        Which rows.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Figure
        Bits on a logarithmic scale; float vectors as horizontal lines.

    Raises
    ------
    ValueError
        If no row with a score fits, or rows of several metrics do.
    """
    rows = _scored(report.where(data=data, policy=policy).summary())
    metrics = sorted({f"{row.task}: {row.metric}" for row in rows})
    if len(metrics) != 1:
        raise ValueError(
            f"{len(rows)} rows of {len(metrics)} metrics fit data={data!r}, policy={policy!r}: "
            "a frontier shows one (report.where chooses)"
        )
    floats = [row for row in rows if row.method.startswith("float")]
    figure, (axes,) = canvas(ax, 7.0, 4.4)
    for row, dashes in zip(floats, ("--", ":", "-."), strict=False):
        label = f"{row.method} ({show_bits(row)} bits)"
        colour = METHOD_COLOURS["float"]
        axes.axhline(100 * row.score, color=colour, linestyle=dashes, linewidth=1, label=label)
    methods = list(dict.fromkeys(row.method for row in rows if row not in floats))
    for method, look in styles(methods).items():
        own = sorted((r for r in rows if r.method == method), key=lambda r: r.bits_per_vector)
        _line(axes, own, look)
    axes.set_xscale("log", base=2)
    ticks = sorted({row.bits_per_vector for row in rows if row not in floats})
    axes.set_xticks(_spread(ticks))
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    axes.set_xlabel("bits a vector")
    axes.set_ylabel(f"{metrics[0].split(': ')[1]} x 100")
    axes.set_title(f"{rows[0].task}, {data}, {policy}", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def accuracies(report: Report, *, policy: str = "paper", ax: Any = None) -> Any:
    """Draw one point a method with the standard deviation over runs (the paper's figure 2).

    ``ax`` is where to draw, a matplotlib Axes; a new figure by default, which is returned.
    """
    rows = _scored(report.where(policy=policy).summary())
    if not rows:
        raise ValueError(f"no row with a score has policy={policy!r}: nothing to draw")
    figure, (axes,) = canvas(ax, 6.4, 0.8 + 0.32 * len(rows))
    looks = styles(list(dict.fromkeys(row.method for row in rows)))
    for place, row in enumerate(rows):
        spread = 0.0 if math.isnan(row.sd) else 100 * row.sd
        look = looks[row.method]
        marks = {"color": look.colour, "fmt": look.marker, "capsize": 3}
        axes.errorbar(100 * row.score, place, xerr=spread, **marks)
    labels = [f"{row.method} ({show_bits(row)} bits)" for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=9)
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_xlabel("accuracy x 100")
    return figure


def _scored(report: Report) -> list[Row]:
    return [row for row in report if not math.isnan(row.score)]


def _line(axes: Any, rows: Sequence[Row], look: Style) -> None:
    bits = [row.bits_per_vector for row in rows]
    scores = np.array([100 * row.score for row in rows])
    low = scores - np.array([100 * row.low for row in rows])
    high = np.array([100 * row.high for row in rows]) - scores
    axes.errorbar(
        bits,
        scores,
        yerr=np.nan_to_num(np.clip([low, high], 0, None)),
        color=look.colour,
        marker=look.marker,
        linestyle=look.line,
        markersize=5,
        linewidth=1.4,
        elinewidth=0.8,
        capsize=2,
        label=rows[0].method,
    )


def _spread(ticks: Iterable[float]) -> list[float]:
    """Return those ticks that have room beside their neighbours on a logarithmic axis."""
    kept: list[float] = []
    for tick in ticks:
        if not kept or tick >= 1.25 * kept[-1]:
            kept.append(tick)
    return kept

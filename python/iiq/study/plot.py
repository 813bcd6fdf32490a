"""The figures: loss curve (figure 1), accuracies (figure 2), neighbours as rows of bits (figure 3).

And the frontier of quality against bits. Every function returns a matplotlib Figure that is drawn
without a screen; :func:`save` writes it as SVG and PNG.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from iiq._support.extras import need
from iiq._support.validate import as_int
from iiq.evaluate.judged import judge
from iiq.evaluate.report import Report
from iiq.evaluate.row import Row
from iiq.evaluate.tables import show_bits

# Colours that stay apart for colour-blind readers (Okabe and Ito), each with its own marker.
_STYLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933")
_MARKERS = "osD^vP*X"


def save(figure: Any, path: str | os.PathLike[str]) -> list[Path]:
    """Write a figure as its name's ending says, or else as SVG and PNG beside each other.

    Parameters
    ----------
    figure : matplotlib Figure
    path : path
        Where to. Of ``.pdf``, ``.eps``, ``.jpg``, ``.webp`` and the like that one file is
        written; with ``.svg``, ``.png`` or another ending, or none, SVG and PNG.

    Returns
    -------
    list of Path
        What was written: the SVG file and the PNG file (150 dots an inch), or the one.

    Raises
    ------
    ModuleNotFoundError
        Without matplotlib; the text names the extra.
    """
    base = Path(path)
    if base.suffix in (".svg", ".png"):
        base = base.with_suffix("")
    elif base.suffix[1:] in figure.canvas.get_supported_filetypes():
        base.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(base, dpi=150)
        return [base]
    base.parent.mkdir(parents=True, exist_ok=True)
    files = [base.with_name(base.name + ending) for ending in (".svg", ".png")]
    matplotlib = need("matplotlib", "iiq.plot", "plot")
    with matplotlib.rc_context({"svg.hashsalt": "iiq", "svg.fonttype": "none"}):
        figure.savefig(files[0], metadata={"Date": None, "Creator": "iiq"})
    figure.savefig(files[1], dpi=150)
    return files


def loss_curve(curves: Any, *, n_values: int | None = None) -> Any:
    """Draw the quantization loss at each iteration (the paper's figure 1).

    Parameters
    ----------
    curves : fitted encoder, array-like (n_iter,), or a mapping of label to either
        What has or is a ``loss_curve_``.
    n_values : int, optional
        Divide the loss by this, the number of bits trained on (rows times n_bits), so that curves
        of different sets compare.

    Returns
    -------
    matplotlib Figure
    """
    named = curves if isinstance(curves, Mapping) else {"": curves}
    if not named:
        raise ValueError("no curve to draw: pass a fitted encoder or its loss_curve_")
    figure, axes = _figure(6.0, 3.8)
    for i, (label, curve) in enumerate(named.items()):
        values = np.asarray(getattr(curve, "loss_curve_", curve), dtype=np.float64)
        if values.ndim != 1 or len(values) == 0:
            raise ValueError(f"a loss curve is a row of numbers, got shape {values.shape}")
        values = values / (n_values or 1)
        steps = np.arange(1, len(values) + 1)
        axes.plot(steps, values, color=_STYLE[i % len(_STYLE)], label=label or None)
    axes.set_xlabel("iteration")
    axes.set_ylabel("quantization loss" + (" a bit" if n_values else ""))
    if any(named):
        axes.legend(frameon=False)
    return figure


def frontier(report: Report, *, data: str = "mean", policy: str = "covered") -> Any:
    """Draw quality against bits: a line a method with its 95 % intervals.

    Parameters
    ----------
    report : Report
        Of one task, for example of :func:`iiq.compare`; seeds are averaged.
    data, policy : str
        Which rows.

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
    figure, axes = _figure(7.0, 4.4)
    for row, dashes in zip(floats, ("--", ":", "-."), strict=False):
        label = f"{row.method} ({show_bits(row)} bits)"
        axes.axhline(100 * row.score, color="#555555", linestyle=dashes, linewidth=1, label=label)
    methods = list(dict.fromkeys(row.method for row in rows if row not in floats))
    for i, method in enumerate(methods):
        own = sorted((r for r in rows if r.method == method), key=lambda r: r.bits_per_vector)
        _line(axes, own, i)
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


def accuracies(report: Report, *, policy: str = "paper") -> Any:
    """Draw one point a method with the standard deviation over runs (the paper's figure 2)."""
    rows = _scored(report.where(policy=policy).summary())
    if not rows:
        raise ValueError(f"no row with a score has policy={policy!r}: nothing to draw")
    figure, axes = _figure(6.4, 0.8 + 0.32 * len(rows))
    places = range(len(rows))
    heights = [100 * row.score for row in rows]
    spread = [0.0 if math.isnan(row.sd) else 100 * row.sd for row in rows]
    axes.errorbar(heights, places, xerr=spread, fmt="o", color=_STYLE[0], capsize=3)
    axes.set_yticks(places, [f"{row.method} ({show_bits(row)} bits)" for row in rows], fontsize=9)
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_xlabel("accuracy x 100")
    return figure


def neighbours(vectors: Any, word: str, *, n: int = 100) -> Any:
    """Draw the bits of the nearest and of the furthest words (the paper's figure 3).

    Parameters
    ----------
    vectors : BinaryKeyedVectors
        Codes; each row of the picture is a word, each column a bit: 1 black, 0 white.
    word : str
        The word in question.
    n : int, default 100
        Words of either kind, in order of distance from the word, ties by lower row.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    KeyError
        If the word is missing.
    TypeError
        If the vectors are no codes.
    """
    judged = judge(vectors, view="signs")
    if judged.view != "signs":
        raise TypeError("figure 3 shows bits: pass a BinaryKeyedVectors (iiq.compress makes one)")
    as_int(n, "n", 1, max(1, (judged.n - 1) // 2))
    row = judged.lookup.own.get(word, -1)
    if row < 0:
        raise KeyError(f"Key '{word}' not present in vocabulary")
    own = judged.take(np.array([row]))[0]
    scores = np.concatenate([block @ own for block in judged.blocks()])
    ranked = np.argsort(-scores, kind="stable")
    ranked = ranked[ranked != row]
    figure, (left, right) = _figure(9.0, 4.6, columns=2)
    parts = (("nearest", ranked[:n]), ("furthest", ranked[-n:][::-1]))
    for axes, (kind, rows) in zip((left, right), parts, strict=True):
        table = judged.take(rows)
        axes.imshow(table, cmap="gray_r", aspect="auto", interpolation="nearest", vmin=-1, vmax=1)
        every = range(0, len(rows), max(1, len(rows) // 10))
        axes.set_yticks(list(every), [judged.words[rows[i]] for i in every], fontsize=8)
        axes.set_xlabel("bit")
        mean = float((1 + scores[rows].mean() / judged.dim) / 2)
        axes.set_title(f"{kind} {len(rows)}: {100 * mean:.0f} % of bits shared", fontsize=9)
        axes.spines[:].set_visible(True)
    figure.suptitle(f"“{word}”", fontsize=11)
    return figure


def _scored(report: Report) -> list[Row]:
    return [row for row in report if not math.isnan(row.score)]


def _figure(width: float, height: float, columns: int = 1) -> Any:
    module = need("matplotlib.figure", "iiq.plot", "plot")
    figure = module.Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns)
    for one in np.atleast_1d(axes):
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _line(axes: Any, rows: Sequence[Row], i: int) -> None:
    bits = [row.bits_per_vector for row in rows]
    scores = np.array([100 * row.score for row in rows])
    low = scores - np.array([100 * row.low for row in rows])
    high = np.array([100 * row.high for row in rows]) - scores
    axes.errorbar(
        bits,
        scores,
        yerr=np.nan_to_num(np.clip([low, high], 0, None)),
        color=_STYLE[i % len(_STYLE)],
        marker=_MARKERS[i % len(_MARKERS)],
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

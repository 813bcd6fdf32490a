"""How a picture looks: transparent, in tones for white and for black, one colour a method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from iiq.study.palette import METHOD_COLOURS

INK = "#7f8794"  # text and axes: as far from white as from black
FAINT = "#7f879455"
COLOURS = {
    **METHOD_COLOURS,
    "faiss": "#c9941a",
    "usearch": "#8f7be0",
    "NumPy": "#d1566c",
    "gensim": "#8a9a3b",
    "removed": METHOD_COLOURS["itq"],
}
_RC: Any = {
    "svg.hashsalt": "iiq",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Arial", "DejaVu Sans", "sans-serif"],
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
}


def canvas(width: float, height: float, columns: int = 1, **how: Any) -> tuple[Figure, Any]:
    """Return a figure and its axes, without the box around them."""
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False, **how)[0]
    for one in axes:
        one.patch.set_alpha(0)
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes[0] if columns == 1 else axes


def save(figure: Figure, folder: Path, name: str) -> Path:
    """Write the picture as SVG, the same bytes for the same picture."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.svg"
    with mpl.rc_context(_RC):
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": "iiq"})
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", "utf-8")
    return path

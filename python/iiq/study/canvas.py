"""What pictures are drawn on: a figure of our own that shows itself, or axes that are given."""

from __future__ import annotations

import io
import os
from functools import cache
from pathlib import Path
from typing import Any

from iiq._support.extras import need

_DOTS = 150  # an inch, of a PNG


@cache
def _figure_class() -> Any:
    module = need("matplotlib.figure", "iiq.plot", "plot")

    class Picture(module.Figure):  # type: ignore[misc,name-defined]
        """A figure that a notebook shows where a cell ends with it."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", dpi=_DOTS)
            return buffer.getvalue()

    return Picture


def canvas(ax: Any, width: float, height: float, columns: int = 1) -> tuple[Any, list[Any]]:
    """Return a figure and its axes, side by side: new ones, or those that are given.

    Parameters
    ----------
    ax : matplotlib Axes, or a sequence of them, or None
    width, height : float
        Of a new figure, in inches.
    columns : int
        How many axes there must be.
    """
    if ax is not None:
        axes = [ax] if hasattr(ax, "figure") else list(ax)
        if len(axes) != columns:
            raise ValueError(f"ax must be {columns} axes, got {len(axes)}")
        return axes[0].figure, axes
    figure = _figure_class()(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(1, columns, squeeze=False)[0])
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


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
        figure.savefig(base, dpi=_DOTS)
        return [base]
    base.parent.mkdir(parents=True, exist_ok=True)
    files = [base.with_name(base.name + ending) for ending in (".svg", ".png")]
    matplotlib = need("matplotlib", "iiq.plot", "plot")
    with matplotlib.rc_context({"svg.hashsalt": "iiq", "svg.fonttype": "none"}):
        figure.savefig(files[0], metadata={"Date": None, "Creator": "iiq"})
    figure.savefig(files[1], dpi=_DOTS)
    return files

"""Figure 3 of the paper: the bits of a word, of the nearest words and of the furthest ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import as_int
from iiq.evaluate.judged import Judged, judge
from iiq.study.canvas import canvas
from iiq.study.palette import METHOD_COLOURS

_LABELS = 12  # words named beside a panel, evenly spaced where there are more
_LONGEST = 16  # characters of such a name


def neighbours(vectors: Any, word: str, *, n: int = 100, ax: Any = None) -> Any:
    """Draw the bits of the nearest and of the furthest words (the paper's figure 3).

    Parameters
    ----------
    vectors : BinaryKeyedVectors
        Codes; each row of the picture is a word, each column a bit: 1 black, 0 white. The word's
        own code stands above both panels, in colour.
    word : str
        The word in question.
    n : int, default 100
        Words of either kind, in order of distance from the word, ties by lower row.
    ax : two matplotlib Axes, optional
        Where to draw; a new figure by default.

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
    figure, axes = canvas(ax, 9.0, 5.0, columns=2)
    parts = (("nearest", ranked[:n]), ("furthest", ranked[-n:][::-1]))
    for one, (kind, rows) in zip(axes, parts, strict=True):
        _panel(one, judged, own, rows)
        _label(one, judged, word, rows)
        shared = float((1 + scores[rows].mean() / judged.dim) / 2)
        one.set_title(f"{kind} {len(rows)}: {100 * shared:.0f} % of bits shared", fontsize=9)
    _key(figure, axes, word)
    return figure


def _panel(axes: Any, judged: Judged, own: NDArray[Any], rows: NDArray[np.int64]) -> None:
    """Draw the codes of words, and above them the word's own, high enough to be seen."""
    import matplotlib.colors

    height = max(1.0, len(rows) / 16)
    right, bottom = judged.dim - 0.5, len(rows) - 0.5
    look = {"aspect": "auto", "interpolation": "nearest", "vmin": -1, "vmax": 1}
    axes.imshow(judged.take(rows), cmap="gray_r", extent=(-0.5, right, bottom, -0.5), **look)
    own_look = matplotlib.colors.ListedColormap(["white", METHOD_COLOURS["iiq"]])
    own_place = (-0.5, right, -0.5 - height / 2, -0.5 - 3 * height / 2)
    axes.imshow(own[None], cmap=own_look, extent=own_place, **look)
    axes.axhline(-0.5, color="black", linewidth=0.8)
    axes.axhline(-0.5 - height / 2, color="black", linewidth=0.8)
    axes.axhspan(-0.5 - height / 2, -0.5, color="white")
    axes.set_ylim(bottom, -0.5 - 3 * height / 2)
    axes.spines[:].set_visible(True)
    axes.set_xlabel("bit")


def _label(axes: Any, judged: Judged, word: str, rows: NDArray[np.int64]) -> None:
    """Name the word and some of the others: as many as have room."""
    height = max(1.0, len(rows) / 16)
    every = range(0, len(rows), -(-len(rows) // _LABELS))
    places = [-0.5 - height, *every]
    texts = [word, *(judged.words[rows[i]] for i in every)]
    axes.set_yticks(places, [_short(text) for text in texts], fontsize=8)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)  # "$" is a word
    first = axes.get_yticklabels()[0]
    first.set(color=METHOD_COLOURS["iiq"], fontweight="bold")


def _key(figure: Any, axes: list[Any], word: str) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor="black", edgecolor="black", label="bit 1"),
        Patch(facecolor="white", edgecolor="black", label="bit 0"),
        Patch(facecolor=METHOD_COLOURS["iiq"], edgecolor="black", label=f"bit 1 of “{word}”"),
    ]
    look = {"ncols": 3, "frameon": False, "fontsize": 8}
    if hasattr(figure, "_repr_png_"):  # our own: the key has a place below both
        key = figure.legend(handles=handles, loc="outside lower center", **look)
    else:
        key = axes[0].legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.12), **look)
    for text in key.get_texts():
        text.set_parse_math(False)


def _short(word: str) -> str:
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"

"""The method in pictures, on the bundled words: strong directions, signs, the rotation."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import iiq
from bench.pictures.style import COLOURS, FAINT, INK, canvas
from iiq.evaluate.rank_statistics import spearman

Floats = NDArray[np.float64]
SHOWN = 20  # directions
DOTS = 700


class Sample:
    """The words, their coordinates along the principal directions, and the encoder of the paper."""

    def __init__(self, words: iiq.WordVectors) -> None:
        self.words = words
        X = np.asarray(words.vectors, dtype=np.float64)
        self.mean = X.mean(axis=0)
        centred = X - self.mean
        variances, V = np.linalg.eigh(centred.T @ centred / len(X))
        self.directions: Floats = V[:, ::-1]
        self.shares: Floats = variances[::-1] / variances.sum()
        self.raw: Floats = X @ self.directions
        self.centred: Floats = centred @ self.directions
        self.paper = iiq.IIQ(refine=None, random_state=0).fit(words)
        self.removed = int(self.paper.n_remove_)


def strong_directions(sample: Sample) -> Figure:
    """Draw what share of the spread each direction has, and how it follows word frequency."""
    figure, (left, right) = canvas(7.6, 3.0, 2)
    places = np.arange(1, SHOWN + 1)
    ranks = np.arange(len(sample.words), dtype=np.float64)
    follows = [abs(spearman(sample.centred[:, k], ranks)) for k in range(SHOWN)]
    kept = places > sample.removed
    for axes, values in ((left, 100 * sample.shares[:SHOWN]), (right, np.array(follows))):
        axes.bar(places[~kept], values[~kept], color=COLOURS["removed"], label="removed")
        axes.bar(places[kept], values[kept], color=COLOURS["iiq"], label="kept")
        axes.set_xlabel("direction, the strongest first")
        axes.set_xticks((1, 5, 10, 15, 20))
    left.set_title("share of the spread, %")
    right.set_title("how closely it follows word frequency")
    right.set_ylim(0, 1)
    right.legend(frameon=False, labelcolor=INK)
    return figure


def signs(sample: Sample) -> Figure:
    """Draw the words as they came and cleaned, in the plane of two bits."""
    figure, axes = canvas(7.6, 3.7, 2)
    rows = np.linspace(0, len(sample.words) - 1, DOTS).astype(int)
    D = sample.removed
    parts = (
        ("as they came", sample.raw[:, :2], "removed"),
        ("centred, strong directions removed", sample.centred[:, D : D + 2], "iiq"),
    )
    for one, (title, plane, colour) in zip(axes, parts, strict=True):
        reach = 1.15 * np.abs(plane[rows]).max()
        one.axhline(0, color=INK, linewidth=0.8)
        one.axvline(0, color=INK, linewidth=0.8)
        one.plot(*plane[rows].T, ".", color=COLOURS[colour], markersize=2.6)
        for x, y in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            share = ((plane[:, 0] * x > 0) & (plane[:, 1] * y > 0)).mean()
            told = f"bits {int(x > 0)}{int(y > 0)}\n{100 * share:.0f} %"
            one.text(0.84 * x * reach, 0.84 * y * reach, told, ha="center", va="center", color=INK)
        one.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
        one.spines[:].set_visible(False)
        one.set_title(title)
    return figure


def rotation(sample: Sample) -> Figure:
    """Draw a made-up cloud before and after its best turn, and the loss on the words."""
    figure, axes = canvas(9.2, 3.2, 3)
    rng = np.random.default_rng(5)
    heads = np.array([[1.5, 0.0], [-1.5, 0.0], [0.0, 1.0], [0.0, -1.0]])
    cloud = heads[rng.integers(0, 4, 240)] + 0.2 * rng.standard_normal((240, 2))
    for one, angle, title in ((axes[0], 0, "before"), (axes[1], np.pi / 4, "after the turn")):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned = cloud @ turn
        _corners(one, turned, title)
    _loss(axes[2], sample)
    return figure


def _corners(axes: Any, points: Floats, title: str) -> None:
    """Draw points and the lines to their corners, which the rotation makes short."""
    corners = np.where(points >= 0, 1.0, -1.0)
    for point, corner in zip(points[::4], corners[::4], strict=True):
        axes.plot(*np.array([point, corner]).T, color=FAINT, linewidth=0.7)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.plot(*points.T, ".", color=COLOURS["iiq"], markersize=3.5)
    axes.plot(*np.array([[-1, -1, 1, 1], [-1, 1, -1, 1]]), "s", color=COLOURS["itq"], markersize=8)
    loss = ((points - corners) ** 2).sum(axis=1).mean()
    axes.set(xlim=(-2.1, 2.1), ylim=(-2.1, 2.1), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    axes.set_title(f"{title}: loss {loss:.2f}")


def _loss(axes: Any, sample: Sample) -> None:
    curve = np.asarray(sample.paper.loss_curve_)
    axes.plot(np.arange(1, len(curve) + 1), 100 * curve / curve[0], color=COLOURS["iiq"])
    axes.set_xlabel("turn")
    axes.set_title("loss on the words, % of the first")


def bits(vocabulary: iiq.BinaryKeyedVectors, word: str, n: int = 40) -> Figure:
    """Draw the bits of the nearest and the furthest words (figure 3 of the paper)."""
    signs_of = np.asarray(vocabulary.signs[:])
    row = vocabulary.key_to_index[word]
    shared = signs_of @ signs_of[row]
    order = np.argsort(-shared, kind="stable")
    order = order[order != row]
    figure, axes = canvas(7.6, 4.6, 2)
    parts = (("nearest", order[:n]), ("furthest", order[-n:][::-1]))
    for one, (kind, rows) in zip(axes, parts, strict=True):
        picture = np.zeros((n, signs_of.shape[1], 4))
        own = [int(COLOURS["iiq"][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        picture[..., :3] = own
        picture[..., 3] = signs_of[rows] > 0
        one.imshow(picture, aspect="auto", interpolation="nearest")
        every = range(0, n, 4)
        one.set_yticks(list(every), [vocabulary.index_to_key[rows[i]] for i in every])
        one.tick_params(length=0)
        one.set_xlabel("bit")
        share = (1 + shared[rows].mean() / signs_of.shape[1]) / 2
        one.set_title(f"{kind} {n}: {100 * share:.0f} % of the bits shared")
    return figure

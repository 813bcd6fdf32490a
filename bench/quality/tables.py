"""The tables and plots of docs/quality.md, from the lines that frontier.py wrote."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq.evaluate.tables import markdown
from iiq.study.palette import METHOD_COLOURS

Line = dict[str, Any]  # of the results: a fit, its parameters and figures
Numbers = NDArray[np.float64]

T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 10: 2.26}  # two-sided, of the t distribution
FIGURES = (
    "similarity",
    "similarity, decoded",
    "recall",
    "recall, stored query",
    "recall, float query",
)
HEADS = ("similarity", "of decoded", "recall@10 codes", "stored query", "float query")


def show(paths: Sequence[str], plots: str | None) -> None:
    """Print every table that the results allow, and draw the plots into a folder."""
    results = Results(paths)
    for table in (at_the_dimension, frontier, flips, removed_directions, trained_removal):
        print(table(results), end="\n\n")
    if plots:
        draw(results, Path(plots))


class Results:
    """Lines grouped by set, and by method and parameters without the seed."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.floats: dict[str, Line] = {}
        self.random: dict[str, dict[int, Numbers]] = {}
        self.groups: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
        for path in paths:
            for text in Path(path).read_text().splitlines():
                self._add(json.loads(text))
        self.sets = list(self.floats)

    def _add(self, line: Line) -> None:
        name, method = line["set"], line["method"]
        if method == "float":
            self.floats[name] = line
        elif method == "random":
            self.random[name] = {int(d): np.array(x) for d, x in line["profile"].items()}
        else:
            rest = {k: v for k, v in line["parameters"].items() if k != "random_state"}
            self.groups[name, method, json.dumps(rest, sort_keys=True)].append(line)

    def get(self, name: str, method: str, **parameters: object) -> list[Line]:
        """Return the lines of these parameters, one a seed."""
        return self.groups.get((name, method, json.dumps(parameters, sort_keys=True)), [])


def values(lines: list[Line], figure: str) -> Numbers:
    """Return one figure of each line that has it."""
    return np.array([line[figure] for line in lines if figure in line])


def interval(values: Numbers) -> float:
    """Half the 95 % interval of the mean over seeds."""
    n = len(values)
    if n < 2:
        return float("nan")
    return float(T95.get(n, 2.1) * np.std(values, ddof=1) / np.sqrt(n))


def cell(lines: list[Line], figure: str) -> str:
    """Return the mean of a figure over seeds, with half its interval where there are several."""
    found = values(lines, figure)
    if not len(found):
        return ""
    half = interval(found)
    return f"{np.mean(found):.1f}" + ("" if np.isnan(half) else f" ± {half:.1f}")


def titled(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table under its title."""
    return f"**{title}**\n\n" + markdown(head, [list(map(str, row)) for row in rows])


def at_the_dimension(results: Results) -> str:
    rows = []
    for name in results.sets:
        line = results.floats[name]
        dim, n_remove = line["dim"], line["n_remove"]
        floats = f"{line['float']:.1f} / {line['cleaned'][str(n_remove)]:.1f} ({n_remove})"
        iiq = results.get(name, "iiq", n_bits=dim)
        if not iiq:
            continue
        row = [name, floats, cell(results.get(name, "sign"), "similarity")]
        for method in ("lsh", "itq"):
            row.append(cell(results.get(name, method, n_bits=dim), "similarity"))
        row.append(cell(iiq, "similarity") + f" ({len(iiq)} seeds)")
        row += [cell(iiq, figure) for figure in ("recall", "recall, float query")]
        rows.append(row)
    head = ("vectors, d bits", "float / cleaned (D)", "sign", "LSH", "ITQ", "IIQ",
            "IIQ recall@10, codes", "float query")  # fmt: skip
    return titled("Codes of d bits", head, rows)


def lengths(results: Results, name: str) -> list[tuple[int, list[Line]]]:
    """Return (n_bits, lines) of the default encoder, ascending."""
    found = []
    for (which, method, text), lines in results.groups.items():
        parameters = json.loads(text)
        if which == name and method == "iiq" and set(parameters) == {"n_bits"}:
            found.append((parameters["n_bits"], lines))
    return sorted(found, key=lambda pair: pair[0])


def frontier(results: Results) -> str:
    rows = []
    for name in results.sets:
        for n_bits, lines in lengths(results, name):
            ratio = 32 * results.floats[name]["dim"] / n_bits
            row = [name, n_bits, f"{ratio:.3g}x", len(lines)]
            rows.append(row + [cell(lines, figure) for figure in FIGURES])
    return titled("The frontier", ("vectors", "bits", "ratio", "seeds", *HEADS), rows)


def flips(results: Results) -> str:
    rows = []
    for name in results.sets:
        dim = results.floats[name]["dim"]
        for ratio in (1, 2, 3):
            for refine in (None, "hamming", "balanced", "decoded"):
                given = {} if refine == "balanced" else {"refine": refine}
                lines = results.get(name, "iiq", n_bits=ratio * dim, **given)
                if lines and results.get(name, "iiq", n_bits=ratio * dim, refine=None):
                    row = [name, ratio * dim, refine or "none", len(lines)]
                    rows.append(row + [cell(lines, figure) for figure in FIGURES])
    return titled("What codes are chosen for", ("vectors", "bits", "refine", "seeds", *HEADS), rows)


def removed_directions(results: Results) -> str:
    rows = []
    for name, profile in results.random.items():
        if name not in results.floats:
            continue
        line = results.floats[name]
        means = {d: float(x.mean()) for d, x in profile.items()}
        best = max(means, key=lambda d: means[d])
        chosen = line["n_remove"]
        at_rule = np.interp(chosen, list(means), list(means.values()))
        near = [d for d in means if means[best] - means[d] <= 0.5]
        error = np.mean([x.std(ddof=1) / np.sqrt(len(x)) for x in profile.values()])
        rows.append(
            [name, line["dim"], line["n_words"], line["n_pairs"], f"{means[0]:.1f}",
             f"{means[best]:.1f} ({best})", ", ".join(map(str, near)),
             f"{at_rule:.1f} ({chosen})", f"{means[best] - at_rule:.1f}", f"{error:.1f}"]
        )  # fmt: skip
    head = ("vectors", "d", "words", "pairs", "D = 0", "best (D)", "D within 0.5", "rule (D)",
            "regret", "± a figure")  # fmt: skip
    return titled("The choice of D, d bits, 20 random rotations each", head, rows)


def trained_removal(results: Results) -> str:
    rows = []
    for name in results.sets:
        dim = results.floats[name]["dim"]
        found = {d: results.get(name, "iiq", n_bits=dim, n_remove=d) for d in (0, 2, 4, 6, 10)}
        if all(found.values()):
            cells = [cell(lines, "similarity") for lines in found.values()]
            rows.append([name, *cells])
    head = ("vectors", *(f"D = {d}" for d in (0, 2, 4, 6, 10)))
    return titled("The choice of D, d bits, trained rotations", head, rows)


def draw(results: Results, folder: Path) -> None:
    """Draw both plots into a folder, the frontier where a set has several lengths."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from cycler import cycler

    folder.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    plt.rcParams["axes.prop_cycle"] = cycler(color=list(METHOD_COLOURS.values()))
    names = [name for name in results.sets if len(lengths(results, name)) > 1]
    if names:
        figure, axes = plt.subplots(
            2, len(names), figsize=(3.1 * len(names), 5.6), sharey="row", squeeze=False
        )
        for column, name in zip(axes.T, names, strict=True):
            draw_frontier(results, name, column)
        axes[0, 0].set_ylabel("Spearman x 100, covered pairs")
        axes[1, 0].set_ylabel("recall@10 x 100")
        for row in axes:
            row[-1].legend(frameon=False, fontsize=8)
        save(figure, folder / "quality-frontier")
    draw_removed(results, plt.subplots(figsize=(7.5, 4.2)), folder)


def draw_removed(results: Results, canvas: tuple[Any, Any], folder: Path) -> None:
    """Draw similarity against D, one line a set of vectors."""
    figure, axis = canvas
    for i, (name, profile) in enumerate(results.random.items()):
        means = np.array([x.mean() for x in profile.values()])
        means -= means.max()
        color = f"C{i % 10}"
        style = "--" if i >= 10 else "-"
        axis.plot(list(profile), means, style, color=color, linewidth=1.2, label=name)
        chosen = results.floats[name]["n_remove"]
        axis.plot(chosen, np.interp(chosen, list(profile), means), "o", color=color, markersize=6)
    axis.set_xlabel("directions removed, D (dot: the rule's)")
    axis.set_ylabel("Spearman x 100 below the best D")
    axis.set_ylim(-8, 0.3)
    axis.set_xticks(range(0, 21, 2))
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    save(figure, folder / "quality-removed")


def draw_frontier(results: Results, name: str, column: Any) -> None:
    """Draw similarity and, under it, recall of one set against the number of bits."""
    line = results.floats[name]
    found = lengths(results, name)
    top = (("similarity", "codes"), ("similarity, decoded", "codes, decoded"))
    bottom = (
        ("recall", "codes"),
        ("recall, stored query", "stored query"),
        ("recall, float query", "float query"),
    )
    for axis, figures in zip(column, (top, bottom), strict=True):
        for figure, label in figures:
            scored = [(n, values(lines, figure)) for n, lines in found]
            points = [(n, x.mean(), np.nan_to_num(interval(x))) for n, x in scored if len(x)]
            bits, means, halves = np.array(points).T
            axis.errorbar(bits, means, halves, marker="o", markersize=3, capsize=2, label=label)
        axis.set_xscale("log", base=2)
        axis.set_xticks([n for n, _ in found], [str(n) for n, _ in found], fontsize=7)
        axis.minorticks_off()
        axis.axvline(line["dim"], color="#bbbbbb", linewidth=0.8, linestyle=":")
    column[0].axhline(line["float"], color="#555555", linewidth=0.8, linestyle="--", label="float")
    best = line["cleaned"][str(line["n_remove"])]
    column[0].axhline(best, color="#555555", linewidth=0.8, label="float, cleaned")
    column[0].set_title(name, loc="left", fontsize=9)
    column[1].set_xlabel("bits")


def save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path.with_suffix(".svg"), bbox_inches="tight")
    figure.savefig(path.with_suffix(".png"), dpi=140, bbox_inches="tight")

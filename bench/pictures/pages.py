"""Pictures of figures that stand in the tables of docs/: the picture follows the page."""

from __future__ import annotations

import re
from pathlib import Path

from matplotlib.figure import Figure

from bench.pictures.style import COLOURS, INK, canvas

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
SET = "glove-100d"
FLOAT_BITS = 3200


def rows(page: str, *starts: str) -> list[list[str]]:
    """Return the cells of those table rows of a page whose first cells are ``starts``."""
    found = []
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if [*cells[: len(starts)]] == list(starts):
            found.append(cells)
    if not found:
        raise ValueError(f"docs/{page} has no table row that starts with {starts}")
    return found


def number(cell: str) -> float:
    """Return the first number of a cell."""
    match = NUMBER.search(cell)
    if match is None:
        raise ValueError(f"no number in the cell {cell!r}")
    return float(match[0])


def similarity_frontier() -> Figure:
    """Draw agreement with people against the bits of a word, GloVe 100-d."""
    of_d_bits = next(row for row in rows("quality.md", SET) if "/" in row[1])
    floats, sign, lsh, itq = of_d_bits[1:5]
    raw, cleaned = (float(value) for value in NUMBER.findall(floats)[:2])
    figure, axes = canvas(7.2, 4.1)
    for value, told in ((raw, "the float vectors, 3200 bits"), (cleaned, "the same, cleaned")):
        axes.axhline(value, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.text(24, value + 0.25, told, color=INK, va="bottom", fontsize=10)
    lines = (("none", 2, "the paper's signs", "o--"), ("balanced", 3, "iiq", "o-"))
    for kind, cell, told, line in lines:
        points = sorted((number(row[0].split(",")[1]), number(row[cell])) for row in _codes(kind))
        bits, scores = zip(*points, strict=True)
        axes.plot(bits, scores, line, color=COLOURS["iiq"], linewidth=2, markersize=5)
        axes.annotate(
            told,
            (bits[2], scores[2]) if told == "iiq" else (bits[3], scores[3]),
            (-6, 6) if told == "iiq" else (8, -16),
            textcoords="offset points",
            color=COLOURS["iiq"],
            ha="right" if told == "iiq" else "left",
            weight="bold",
        )
    for name, cell_text, shift in (("sign", sign, 0), ("itq", itq, 0), ("lsh", lsh, -3)):
        score = number(cell_text)
        axes.plot([100], [score], "o", color=COLOURS[name], markersize=7)
        axes.annotate(
            {"sign": "sign bits", "itq": "ITQ", "lsh": "LSH"}[name],
            (100, score),
            (9, -4 + shift),
            textcoords="offset points",
            color=COLOURS[name],
            weight="bold",
        )
    axes.set_xscale("log")
    ticks = (25, 50, 100, 200, 400)
    axes.set_xticks(ticks, [f"{bits}\n{FLOAT_BITS / bits:.3g}x" for bits in ticks])
    axes.minorticks_off()
    axes.set_xlabel("bits a word, and how many times smaller than float32")
    axes.set_ylabel("agreement with people (Spearman x 100)")
    return figure


def _codes(kind: str) -> list[list[str]]:
    """Return the rows of GloVe's codes of one kind, every length once."""
    found = {}
    for bits in (25, 50, 100, 200, 300, 500):
        found[bits] = rows("quality.md", f"{SET}, {bits}", kind)[0]
    return list(found.values())


def search_speed() -> Figure:
    """Draw a batch of exact searches beside other libraries, 2 million codes of 300 bits."""
    bars = (
        ("iiq", "iiq avx512", "iiq"),
        ("faiss", "faiss IndexBinaryFlat 1.15.1", "faiss"),
        ("NumPy", "NumPy 2.4.6", "NumPy"),
        ("usearch", "usearch exact b1 2.26.6", "usearch"),
        ("gensim", "gensim float32 4.4.0", "gensim, float32"),
    )
    values = [number(_of_300_bits(start)[3]) for _, start, _ in bars]
    figure, axes = canvas(7.2, 2.6)
    places = range(len(bars))
    axes.barh(places, values, color=[COLOURS[name] for name, _, _ in bars], height=0.62)
    for place, value in zip(places, values, strict=True):
        axes.text(value * 1.1, place, f"{value:.2g} ns", va="center", color=INK)
    axes.set_yticks(places, [told for _, _, told in bars])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(0.08, 300)
    axes.set_xlabel("nanoseconds for one code and one query, batch of 1000, one thread")
    return figure


def _of_300_bits(contestant: str) -> list[str]:
    """Return the row of the last table, the batch, of 300 bits: 38 bytes a code, 40 or 1200."""
    found = [row for row in rows("performance.md", contestant) if row[1] in ("38", "40", "1200")]
    return found[-1]


def decoder_gain() -> Figure:
    """Draw what a learned decoder adds: neighbours found by stored codes, a line for each set."""
    named = {
        "glove-50d, 50": "GloVe 50-d, 50 bits",
        "glove-100d, 100": "GloVe 100-d, 100 bits",
        "minilm-384d, 384": "sentences 384-d, 384 bits",
        "spacy-300d, 300": "spaCy 300-d, 300 bits",
        "googlenews-300d, 300": "GoogleNews 300-d, 300 bits",
    }
    figure, axes = canvas(7.2, 2.9)
    for place, start in enumerate(named):
        ends = [number(rows("quality.md", start, kind)[0][5]) for kind in ("none", "balanced")]
        axes.plot(ends, [place, place], color=INK, linewidth=1.5, zorder=1)
        for value, inside in zip(ends, ("none", COLOURS["iiq"]), strict=True):
            axes.plot(value, place, "o", color=COLOURS["iiq"], markerfacecolor=inside, markersize=8)
    for value, told in zip(ends, ("signs", "learned"), strict=True):
        axes.annotate(told, (value, place), (0, 9), textcoords="offset points", ha="center",
                      color=COLOURS["iiq"], weight="bold")  # fmt: skip
    axes.set_yticks(range(len(named)), list(named.values()))
    axes.set_ylim(-0.6, len(named) - 0.2)
    axes.set_xlabel("of the ten nearest words, found by stored codes (%)")
    return figure

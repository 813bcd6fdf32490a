"""What the pictures show of the bundled words: neighbours found by each method at each size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import iiq
from bench.pictures.style import COLOURS, INK, canvas
from iiq.evaluate.judged import unit
from iiq.evaluate.recall import recall_at_k
from iiq.vocabulary.kept_vectors import Kind

QUERIES, K = 500, 10
BITS = (25, 50, 100, 150, 200, 300, 400)
KEPT: tuple[Kind, ...] = ("int4", "int8", "float16")


class Point(NamedTuple):
    """One kind of compressed vocabulary: bytes a word, and the share of neighbours it finds."""

    method: str
    bytes_a_word: float
    recall: float


class Judge:
    """The true neighbours: by cosine of the float vectors as they came, among all words."""

    def __init__(self, words: iiq.WordVectors) -> None:
        self.words = words
        self.unit = unit(np.asarray(words.vectors, dtype=np.float32))
        self.rows = np.linspace(0, len(words) - 1, QUERIES).astype(np.int64)

    def recall(self, found: NDArray[np.int64]) -> float:
        """Return the share of the K true neighbours among rows (QUERIES, at least K)."""
        return float(recall_at_k(self.unit, self.rows, {"": found}, [K])["", K].mean())

    def ask(self, vocabulary: iiq.BinaryKeyedVectors, **how: Any) -> float:
        """Ask a vocabulary for the neighbours of the words, by its own verb."""
        words = [self.words.words[row] for row in self.rows]
        ids, _ = vocabulary.most_similar_batch(words, topn=K, output="arrays", **how)
        return self.recall(ids)


def points(words: iiq.WordVectors) -> Iterator[Point]:
    """Yield the frontier: other methods by their bits, ours by its verbs."""
    judge = Judge(words)
    for method in ("lsh", "itq", "iiq"):
        how = {} if method == "iiq" else {"scoring": "hamming"}
        options: dict[str, Any] = {"refine": None} if method == "itq" else {}
        for n_bits in BITS:
            vocabulary = iiq.compress(
                words, n_bits=n_bits, method=method, random_state=0, **options
            )
            yield Point(method, n_bits / 8, judge.ask(vocabulary, **how))
    sign = iiq.compress(words, method="sign", n_bits=words.dim)
    yield Point("sign", words.dim / 8, judge.ask(sign, scoring="hamming"))
    for kind in KEPT:
        kept = iiq.compress(words, keep_vectors=kind, random_state=0)
        assert kept.kept_vectors is not None
        each = kept.kept_vectors.nbytes / len(words)
        yield Point("iiq+kept", words.dim / 8 + each, judge.ask(kept))


def frontier(found: list[Point]) -> Figure:
    """Draw neighbours found against bytes a word; codes alone, and with kept vectors."""
    figure, axes = canvas(7.2, 4.0)
    for name, told in (
        ("lsh", "LSH"),
        ("itq", "ITQ"),
        ("sign", "sign"),
        ("iiq", "iiq, codes alone"),
    ):
        own = [(point.bytes_a_word, 100 * point.recall) for point in found if point.method == name]
        axes.plot(*zip(*own, strict=True), "o-", color=COLOURS[name], markersize=5, label=told)
    kept = [(p.bytes_a_word, 100 * p.recall) for p in found if p.method == "iiq+kept"]
    axes.plot(*zip(*kept, strict=True), "s--", color=COLOURS["iiq"], markersize=7,
              label="iiq, codes and kept vectors")  # fmt: skip
    for (size, recall), name in zip(kept, KEPT, strict=True):
        axes.annotate(name, (size, recall), (0, -17), textcoords="offset points", color=INK,
                      ha="center")  # fmt: skip
    axes.axvline(400, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(385, 20, "float32", color=INK, ha="right", rotation=90)
    axes.set_xscale("log")
    ticks = (3, 6, 12, 25, 50, 100, 200, 400)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set(ylim=(0, 104), xlabel="bytes a word", ylabel="of the ten nearest words, found (%)")
    axes.legend(frameon=False, labelcolor=INK, loc="upper left")
    return figure

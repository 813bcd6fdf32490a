"""What does n_remove="auto" cost? Its regret: quality at the best fixed D less that at its own D.

    python -m bench.quality.removal --data EVAL --words NAME=PATH ... [--variants unit first10000]
    python -m bench.quality.removal --rows NAME=FILE.npy[:LABELS.npy] ...

``--words``: similarity (Spearman x 100, mean of the sets, covered pairs) of d-bit codes by random
rotations; ``alphabetical``, ``unit`` and ``firstN`` measure the same words in another order, with
rows of length 1, or the first N alone. ``--rows``: vectors of texts, without words; recall@10 x 100
of their raw cosine neighbours by such codes, and how many of ten neighbours share the label.
The best D is the best of figures with errors: regret is too high by about one standard error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import iiq
from bench.common import command_line, print_head, print_row
from bench.quality.task import Task, random_rotations
from iiq.encoders import IIQ
from iiq.encoders._rotation import random_rotation
from iiq.evaluate.judged import unit
from iiq.evaluate.recall import recall_at_k

REMOVED = (0, 1, 2, 3, 4, 5, 6, 8, 10)  # D tried
FIXED = 6  # a constant D to compare with
ROWS, K = 4000, 10
Floats = NDArray[Any]


def variants(vectors: iiq.WordVectors, names: list[str]) -> Iterator[tuple[str, iiq.WordVectors]]:
    """Yield the vectors themselves, then changed as the names say."""
    yield "", vectors
    for name in names:
        rows, words = list(range(len(vectors))), vectors.words
        if name == "alphabetical":
            rows.sort(key=lambda row: words[row])
        elif name.startswith("first"):
            rows = rows[: int(name.removeprefix("first"))]
        matrix = np.asarray(vectors.vectors[rows], dtype=np.float32)
        matrix = unit(matrix) if name == "unit" else matrix
        yield f", {name}", iiq.WordVectors([words[i] for i in rows], matrix)


def choice(X: Any) -> tuple[int, str]:
    """Return the D of the rule, and why."""
    encoder = IIQ(n_iter=0, refine=None, random_state=0, threads=1).fit(X)
    return encoder.n_remove_, encoder.n_remove_reason_.partition(": ")[2]


def of_words(task: Task, seeds: int) -> None:
    """Print the regret of one table of words."""
    chosen, reason = choice(task.sample)
    grid = [d for d in REMOVED if d <= task.dim // 3]
    found = {d: np.array(random_rotations(task, d, seeds)) for d in {*grid, chosen}}
    means = {d: float(x.mean()) for d, x in found.items()}
    best = max(means, key=lambda d: means[d])
    error = np.mean([x.std(ddof=1) / len(x) ** 0.5 for x in found.values()])
    print_row(
        task.name, task.n_words, task.dim, f"{means[0]:.1f}", f"{means.get(FIXED, np.nan):.1f}",
        f"{means[best]:.1f} ({best})", f"{means[chosen]:.1f} ({chosen})",
        f"{means[best] - means[chosen]:.1f}", f"{error:.1f}", reason,
    )  # fmt: skip


def of_rows(name: str, X: Floats, labels: Floats | None, seeds: int) -> None:
    """Print what removal does to vectors of texts."""
    X = X[:ROWS].astype(np.float32)
    chosen, reason = choice(X)
    truth, every = unit(X), np.arange(len(X))
    mean = X.mean(axis=0, dtype=np.float64)
    directions = np.linalg.svd(X - mean, full_matrices=False)[2].T
    cells = []
    for n_remove in (0, chosen, FIXED):
        found = []
        for seed in range(seeds):
            kept = (X - mean) @ directions[:, n_remove:]
            rotation = random_rotation(kept.shape[1], X.shape[1], np.random.default_rng(seed))
            ids = neighbours(np.where(kept @ rotation >= 0, 1, -1).astype(np.float32))
            same = np.nan if labels is None else (labels[ids] == labels[: len(X), None]).mean()
            shares = recall_at_k(truth, every, {"": ids}, [K])["", K]
            found.append((shares.mean(), same))
        recall, label = 100 * np.mean(found, axis=0)
        cells.append(f"{recall:.1f}" + ("" if labels is None else f" / {label:.1f}"))
    print_row(name, len(X), X.shape[1], chosen, *cells, reason)


def neighbours(rows: Floats) -> NDArray[np.int64]:
    """Return the ten nearest other rows by inner product."""
    products = rows @ rows.T
    np.fill_diagonal(products, -np.inf)
    return np.argpartition(-products, K, axis=1)[:, :K]


def main() -> None:
    """Print one row a table."""
    parser = command_line(__doc__)
    parser.add_argument("--data", help="folder of the evaluation sets, for --words")
    parser.add_argument("--words", nargs="+", default=[], metavar="NAME=PATH")
    parser.add_argument("--variants", nargs="+", default=[])
    parser.add_argument("--rows", nargs="+", default=[], metavar="NAME=FILE.npy[:LABELS.npy]")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.words:
        print_head("vectors", "words", "d", "D = 0", f"D = {FIXED}", "best (D)", "rule (D)",
                   "regret", "± a figure", "what decided")  # fmt: skip
    for named in arguments.words:
        name, _, path = named.partition("=")
        for suffix, vectors in variants(iiq.read_vectors(path), arguments.variants):
            of_words(Task(name + suffix, vectors, arguments.data), arguments.seeds)
    if arguments.rows:
        print_head("rows", "n", "d", "D", "D = 0", "rule", f"D = {FIXED}", "what decided")
    for named in arguments.rows:
        name, _, paths = named.partition("=")
        path, _, labels = paths.partition(":")
        given = np.load(labels) if labels else None
        of_rows(name, np.load(path), given, arguments.seeds)


if __name__ == "__main__":
    main()

"""What codes are worth where they are decoded: similarity, and recall of stored and float queries.

    python -m bench.quality.goals --data EVAL --words NAME=PATH ... --sentences NAME=PATH.npy ...
        [--ratios 1 2] [--refine none balanced] [--seeds 5]

EVAL is the folder of evaluation sets (docs/evaluation.md); PATH anything `iiq.read_vectors` reads.
For words: the mean Spearman correlation of the similarity sets (covered pairs), of codes and of
decoded codes; and recall@10 of 300 queries among the 20 000 first words, the truth being the cosine
of the cleaned float vectors. For sentences: every fourth row is not learned from and asked, at most
300 of them, among all rows; the truth is the cosine of the vectors as they came (n_remove=0).
*codes*: a code among codes. *stored query*: a decoded code among decoded codes. *float query*: the
vector itself among these. A figure is the mean over seeds and, behind ±, their standard deviation.
"""

from __future__ import annotations

import numpy as np

import iiq
from bench.common import command_line, print_head, print_row
from bench.quality.tables import FIGURES, HEADS
from bench.quality.task import K, Task, answers, score
from iiq.encoders import Encoder
from iiq.evaluate.judged import unit

QUERIES = 300


class Sentences:
    """Sentence vectors: every fourth row is not learned from, and asked."""

    def __init__(self, path: str) -> None:
        self.near = np.load(path).astype(np.float32)
        self.dim = self.near.shape[1]
        asked = np.arange(len(self.near)) % 4 == 3
        self.frequent, self.queries = self.near[~asked], np.flatnonzero(asked)[:QUERIES]
        rows = unit(self.near)
        cosines = rows[self.queries] @ rows.T
        cosines[np.arange(len(self.queries)), self.queries] = -np.inf
        self._true = cosines >= np.partition(cosines, -K, axis=1)[:, -K, None] - 1e-6

    def score(self, encoder: Encoder) -> dict[str, float]:
        """Return the three recalls; there are no similarity sets of sentences here."""
        figures = {}
        for name, found in answers(self.near, self.queries, encoder).items():
            hits = [
                true[ids[ids != query][:K]].sum()
                for true, query, ids in zip(self._true, self.queries, found, strict=True)
            ]
            figures[name] = 100 * float(np.mean(hits)) / K
        return figures


def encoder_of(task: Task | Sentences, name: str, n_bits: int, seed: int) -> Encoder:
    """Return a fitted encoder: another method by its name, IIQ by what its codes are chosen for."""
    if name in iiq.ENCODERS:
        encoder = iiq.ENCODERS[name]().set_params(n_bits=n_bits, random_state=seed)
    else:
        refine = None if name == "none" else name
        encoder = iiq.IIQ(n_bits, refine=refine, random_state=seed, threads=1)
        if isinstance(task, Sentences):
            encoder.set_params(n_remove=0)
    return encoder.fit(task.sample if isinstance(task, Task) else task.frequent)


def figures_of(task: Task | Sentences, encoder: Encoder) -> dict[str, float]:
    """Return the figures that a task has."""
    return score(task, encoder) if isinstance(task, Task) else task.score(encoder)


def summary(values: list[float]) -> str:
    """Return mean and standard deviation over seeds, '-' where there is no figure."""
    if not values:
        return "-"
    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"


def main() -> None:
    """Print one row for each set of vectors, length and kind of codes."""
    parser = command_line(__doc__)
    parser.add_argument("--data", help="folder of the evaluation sets, for words")
    parser.add_argument("--words", nargs="*", default=[], metavar="NAME=PATH")
    parser.add_argument("--sentences", nargs="*", default=[], metavar="NAME=PATH")
    parser.add_argument("--ratios", nargs="*", type=float, default=[1.0], help="bits a dimension")
    parser.add_argument("--refine", nargs="*", default=["none", "balanced"], help="or a method")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    print_head("vectors, bits", "codes chosen for", *HEADS, left=2)
    for kind, named in (("words", options.words), ("sentences", options.sentences)):
        for one in named:
            name, _, path = one.partition("=")
            task: Task | Sentences = (
                Task(name, path, options.data, QUERIES) if kind == "words" else Sentences(path)
            )
            for ratio in options.ratios:
                n_bits = round(ratio * task.dim)
                for refine in options.refine:
                    found = [
                        figures_of(task, encoder_of(task, refine, n_bits, seed))
                        for seed in range(options.seeds)
                    ]
                    cells = [summary([x[f] for x in found if f in x]) for f in FIGURES]
                    print_row(f"{name}, {n_bits}", refine, *cells)


if __name__ == "__main__":
    main()

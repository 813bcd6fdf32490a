"""Measure what codes are worth: the frontier of quality and bits, the choice of D, bit flips.

    python -m bench.quality.frontier measure --data EVAL --vectors NAME=PATH ... --out FILE.jsonl
    python -m bench.quality.frontier show FILE.jsonl [--plots FOLDER]

``measure`` appends one line a fit and skips those the file has, so it can be stopped. EVAL is
the folder of evaluation sets (docs/evaluation.md); PATH anything `iiq.read_vectors` reads. ``show``
prints the tables of docs/quality.md and draws its plots.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import iiq
from bench.common import Clock, command_line
from bench.quality.tables import show
from bench.quality.task import Task, random_rotations, score

RATIOS = (0.25, 0.5, 1, 2, 3)  # bits a dimension ...
LONG_RATIOS = (5, 9.6)  # ... and of vectors of at most 100 dimensions
REMOVED = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)  # D tried with random rotations
RANDOM_SEEDS = 20
TRAINED = (0, 2, 4, 6, 10)  # D tried with trained ones


Parameters = dict[str, Any]
Job = tuple[str, Parameters]  # a method and its parameters


def rivals(dim: int, seed: int) -> Iterator[Job]:
    """Yield the methods that IIQ is to beat."""
    for method in ("itq", "lsh"):
        yield method, {"n_bits": dim, "random_state": seed}


def frontier(dim: int, seed: int) -> Iterator[Job]:
    """Yield the lengths of a code."""
    for ratio in RATIOS + (LONG_RATIOS if dim <= 100 else ()):
        yield "iiq", {"n_bits": round(ratio * dim), "random_state": seed}


def flips(dim: int, seed: int) -> Iterator[Job]:
    """Yield codes chosen for something else than the default's."""
    for ratio in (1, 2, 3):
        for refine in (None, "hamming", "decoded"):
            yield "iiq", {"n_bits": ratio * dim, "refine": refine, "random_state": seed}


def removed(dim: int, seed: int) -> Iterator[Job]:
    """Yield numbers of directions removed."""
    for d in TRAINED:
        yield "iiq", {"n_bits": dim, "n_remove": d, "random_state": seed}


PARTS = {"rivals": rivals, "frontier": frontier, "flips": flips, "removed": removed}


class Results:
    """The file of results: one line a fit, none twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        self.done = {self._key(x["set"], x["method"], x["parameters"]) for x in found}

    @staticmethod
    def _key(name: str, method: str, parameters: Parameters) -> str:
        return json.dumps([name, method, parameters], sort_keys=True)

    def add(
        self,
        name: str,
        method: str,
        parameters: Parameters,
        figures: Callable[[], dict[str, Any]],
    ) -> None:
        """Take the figures and write their line, unless it is there."""
        key = self._key(name, method, parameters)
        if key in self.done:
            return
        line = {"set": name, "method": method, "parameters": parameters, **figures()}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.done.add(key)


def measure(arguments: argparse.Namespace) -> None:
    """Score every set of vectors, as far as the file of results lacks it."""
    results = Results(Path(arguments.out))
    for named in arguments.vectors:
        name, _, path = named.partition("=")
        task = Task(name, path, arguments.data)
        results.add(name, "float", {}, partial(floats, task))
        results.add(name, "random", {}, partial(profile, task))
        results.add(name, "sign", {}, partial(fit, task, "sign", {}, recall=True))
        for part in arguments.parts:
            for seed in range(arguments.seeds):
                for method, parameters in PARTS[part](task.dim, seed):
                    one = partial(fit, task, method, parameters, recall=part != "removed")
                    results.add(name, method, parameters, one)


def floats(task: Task) -> dict[str, Any]:
    """Score the float vectors, raw and cleaned of each D."""
    n_remove = iiq.IIQ(task.dim, n_iter=0).fit(task.sample).n_remove_
    cleaned = {d: task.similarity(task.cleaned(task.words, d)) for d in (*REMOVED, n_remove)}
    return {
        "float": task.similarity(task.words),
        "cleaned": cleaned,
        "n_remove": n_remove,
        "dim": task.dim,
        "n_words": task.n_words,
        "n_pairs": sum(len(pairs.places) for pairs in task.pairs),
        "sets": len(task.pairs),
    }


def profile(task: Task) -> dict[str, Any]:
    """Score random rotations of each D."""
    grid = [d for d in REMOVED if d <= task.dim // 3]
    return {"profile": {d: random_rotations(task, d, RANDOM_SEEDS) for d in grid}}


def fit(task: Task, method: str, parameters: Parameters, *, recall: bool) -> dict[str, float]:
    """Fit a method and score its codes."""
    options = {"threads": 1} if method in ("iiq", "itq") else {}
    with Clock() as clock:
        encoder = iiq.ENCODERS[method](**parameters, **options).fit(task.sample)
        figures = score(task, encoder, recall=recall)
    return {**figures, "seconds": clock.cpu}


def main() -> None:
    """Measure, or show what was measured."""
    parser = command_line(__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    first = verbs.add_parser("measure", help="fit and score")
    first.add_argument("--data", required=True, help="folder of the evaluation sets")
    first.add_argument("--vectors", required=True, nargs="+", metavar="NAME=PATH")
    first.add_argument("--out", required=True, help="results, one JSON line a fit")
    first.add_argument("--seeds", type=int, default=5)
    first.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    second = verbs.add_parser("show", help="print tables, draw plots")
    second.add_argument("results", nargs="+")
    second.add_argument("--plots", help="folder for the plots")
    arguments = parser.parse_args()
    if arguments.verb == "measure":
        measure(arguments)
    else:
        show(arguments.results, arguments.plots)


if __name__ == "__main__":
    main()

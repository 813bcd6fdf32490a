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
import time
from pathlib import Path

import iiq
from bench.quality.tables import show
from bench.quality.task import Task, random_rotations, score

RATIOS = (0.25, 0.5, 1, 2, 3)  # bits a dimension ...
LONG_RATIOS = (5, 9.6)  # ... and of vectors of at most 100 dimensions
REMOVED = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20)  # D tried with random rotations
RANDOM_SEEDS = 20
TRAINED = (0, 2, 4, 6, 10)  # D tried with trained ones


def rivals(dim, seed):
    for method in ("itq", "lsh"):
        yield method, {"n_bits": dim, "random_state": seed}


def frontier(dim, seed):
    for ratio in RATIOS + (LONG_RATIOS if dim <= 100 else ()):
        yield "iiq", {"n_bits": round(ratio * dim), "random_state": seed}


def flips(dim, seed):
    for ratio in (2, 3):
        for refine in (None, "asymmetric"):
            yield "iiq", {"n_bits": ratio * dim, "refine": refine, "random_state": seed}


def removed(dim, seed):
    for d in TRAINED:
        yield "iiq", {"n_bits": dim, "n_remove": d, "random_state": seed}


PARTS = {"rivals": rivals, "frontier": frontier, "flips": flips, "removed": removed}


def key_of(name, method, parameters):
    return json.dumps([name, method, parameters], sort_keys=True)


def floats(task):
    """Score the float vectors, raw and cleaned of each D."""
    n_remove = iiq.IIQ(task.dim, n_iter=0).fit(task.frequent).n_remove_
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


def measure(arguments):
    out = Path(arguments.out)
    done = set()
    if out.exists():
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        done = {key_of(x["set"], x["method"], x["parameters"]) for x in lines}
    for named in arguments.vectors:
        name, _, path = named.partition("=")
        task = Task(name, path, arguments.data)
        if key_of(name, "float", {}) not in done:
            add(out, done, name, "float", {}, floats(task))
        if key_of(name, "random", {}) not in done:
            grid = [d for d in REMOVED if d <= task.dim // 3]
            profile = {d: random_rotations(task, d, RANDOM_SEEDS) for d in grid}
            add(out, done, name, "random", {}, {"profile": profile})
        every = [("sign", {}, True)]
        for part in arguments.parts:
            for seed in range(arguments.seeds):
                every += [(*job, part != "removed") for job in PARTS[part](task.dim, seed)]
        for method, parameters, recall in every:
            if key_of(name, method, parameters) not in done:
                add(out, done, name, method, parameters, fit(task, method, parameters, recall))


def fit(task, method, parameters, recall):
    start = time.process_time()
    options = {"threads": 1} if method in ("iiq", "itq") else {}
    encoder = iiq.ENCODERS[method](**parameters, **options).fit(task.frequent)
    return {**score(task, encoder, recall=recall), "seconds": time.process_time() - start}


def add(out, done, name, method, parameters, figures):
    line = {"set": name, "method": method, "parameters": parameters, **figures}
    with out.open("a") as file:
        file.write(json.dumps(line) + "\n")
    done.add(key_of(name, method, parameters))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
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

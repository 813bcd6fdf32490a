"""The paper's systems and today's baselines on one set of vectors (docs/methods-baselines.md).

    python -m bench.quality.systems glove6b_341k_100d.vectors.f16.npy --data FOLDER

Word similarity, mean of the seven sets, both policies; results are kept in ``--out FILE`` as they
come, and a run that is started again goes on where it stopped.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import NLB_FEW_ROWS, command_line, print_head, print_row
from iiq.evaluate import Judged
from iiq.study.compare import System, build, chosen_n_remove

HALF = {"train_rows": 50_000}
ALL = {"train_rows": None}

# name, system, rows it learns from, seeds; in the order of the table
SYSTEMS: list[tuple[str, System, int]] = [
    ("float16", System("float16"), 1),
    ("int8", System("int8"), 1),
    ("pruned, 95 %", System("prune"), 1),
    ("RaBitQ, first 50k", System("rabitq", 104, HALF), 3),
    ("LSH, all", System("lsh", 100), 3),
    ("ITQ, all", System("itq", 100, ALL), 3),
    ("ITQ, first 50k", System("itq", 100), 3),
    ("DCCL, 25 x 16, first 50k", System("dccl", None, {"n_codebooks": 25, "codebook_size": 16}), 2),
    ("product quantization, first 50k", System("pq", 104, HALF), 2),
    (
        "NLB, inputs at 0.7, lambda_reg 4, first 50k",
        System("nlb", 100, {**HALF, **NLB_FEW_ROWS}),
        3,
    ),
    ("NLB, all", System("nlb", 100, ALL), 3),
    ("plain sign", System("sign"), 1),
    ("IIQ, all", System("iiq", 100, ALL), 3),
    ("IIQ, first 50k", System("iiq", 100), 5),
    ("LSH, all", System("lsh", 256), 3),
    ("RaBitQ, first 50k", System("rabitq", 256, HALF), 3),
    ("DCCL, 64 x 16, first 50k", System("dccl", None, {"n_codebooks": 64, "codebook_size": 16}), 1),
    ("product quantization, first 50k", System("pq", 256, HALF), 2),
    (
        "NLB, inputs at 0.7, lambda_reg 4, first 50k",
        System("nlb", 256, {**HALF, **NLB_FEW_ROWS}),
        3,
    ),
    ("NLB, all", System("nlb", 256, ALL), 3),
    ("IIQ, first 50k", System("iiq", 256), 5),
    ("RaBitQ, first 50k", System("rabitq", 512, HALF), 3),
    ("NLB, all", System("nlb", 512, ALL), 3),
    ("IIQ, first 50k", System("iiq", 512), 5),
]

# The same on vectors cleaned as IIQ cleans them (centred, its D directions removed).
CLEANED: list[tuple[str, System, int]] = [
    ("product quantization of the cleaned vectors, first 50k", System("pq", 104, HALF), 2),
    ("product quantization of the cleaned vectors, first 50k", System("pq", 256, HALF), 2),
    ("RaBitQ of the cleaned vectors, first 50k", System("rabitq", 256, HALF), 3),
]


def scores(judged: Any, data: str) -> dict[str, float]:
    """Return the mean over the sets, times 100, of each policy."""
    report = iiq.evaluate.similarity(judged, data=data, n_resamples=0)
    return {row.policy: 100 * row.score for row in report if row.data == "mean"}


def measure(words: iiq.WordVectors, system: System, seed: int, data: str) -> dict[str, Any]:
    """Fit a system and score it."""
    start = time.process_time()
    judged: Judged = build(system, words, seed, view="signs")
    bits = judged.bits_per_vector
    return {**scores(judged, data), "bits": bits, "cpu": round(time.process_time() - start, 1)}


def row(name: str, results: list[dict[str, Any]]) -> tuple[object, ...]:
    """Return a row of the table: means over seeds."""
    covered = [one["covered"] for one in results]
    spread = f" +- {statistics.stdev(covered):.1f}" if len(covered) > 1 else ""
    mean = {key: np.mean([one[key] for one in results]) for key in ("covered", "paper", "bits")}
    means = (f"{mean['bits']:.0f}", f"{mean['covered']:.1f}{spread}", f"{mean['paper']:.1f}")
    return name, *means, len(results), f"{results[0]['cpu']:.0f}"


def show_floats(words: iiq.WordVectors, cleaned: Judged, data: str) -> None:
    """Print the rows of the float vectors, raw and cleaned."""
    for name, judged in (("float32", words), ("cleaned", cleaned)):
        found = scores(judged, data)
        both = (f"{found['covered']:.1f}", f"{found['paper']:.1f}")
        print_row(name, 32 * words.dim, *both, "", "")


def main() -> None:
    """Print the table."""
    parser = command_line(__doc__)
    parser.add_argument("vectors")
    parser.add_argument("--data", required=True, help="the folder of evaluation sets")
    parser.add_argument("--out", type=Path, default=Path("systems.json"))
    parser.add_argument("--only", help="only the methods of this name")
    arguments = parser.parse_args()
    words = iiq.read_vectors(arguments.vectors)
    done = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    print_head("system", "bits", "covered", "paper", "seeds", "CPU s", left=6)
    judged = iiq.evaluate.cleaned(words, chosen_n_remove(words))
    show_floats(words, judged, arguments.data)
    rows = judged.take(np.arange(judged.n))
    cleaned = iiq.WordVectors(words.words, rows)
    jobs = [(words, *one) for one in SYSTEMS] + [(cleaned, *one) for one in CLEANED]
    for vectors, name, system, n_seeds in jobs:
        if arguments.only not in (None, system.method):
            continue
        results = []
        for seed in range(n_seeds):
            key = f"{name} {system.n_bits} {seed}"
            if key not in done:
                done[key] = measure(vectors, system, seed, arguments.data)
                arguments.out.write_text(json.dumps(done, indent=1))
            results.append(done[key])
        print_row(*row(name, results))


if __name__ == "__main__":
    main()

"""What the reproduction runs: the systems of table 1 and more, and how much of each profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.common import NLB_FEW_ROWS
from iiq.baselines.dccl import CONFIGURATIONS
from iiq.evaluate._cnn import Training
from iiq.study.compare import System, known_methods

PAPER_TASKS = ("similarity", "categorization", "classification")
EVERY = (*PAPER_TASKS, "neighbours", "isotropy", "analogy")
PLAIN = {"refine": None}  # the paper's codes: signs, judged as +-1
OURS = "iiq-32, our defaults"  # codes chosen for a learned decoder, judged as what they decode to
# What is run after what for all vectors, and whether of the methods that train for long: the claims
# first; the slow methods have one round, so that each is fitted once.
ROUNDS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("similarity", "isotropy"), False),
    (("classification", "categorization"), False),
    (("neighbours",), False),
    (EVERY, True),
    (("analogy",), False),
)


@dataclass(frozen=True)
class Profile:
    """How much of everything is run."""

    seeds: dict[str, int]
    options: dict[str, dict[str, Any]]
    lengths: tuple[float, ...]  # of the codes of the frontier, in dimensions
    slow: dict[str, dict[str, Any]]  # parameters of the methods that train for long
    slow_seeds: int  # and at most so many seeds of theirs
    codebook: int  # words in each of DCCL's codebooks
    imdb: dict[str, Any]
    imdb_runs: int
    imdb_training: Training


QUICK = Profile(
    seeds={"similarity": 2, "neighbours": 1, "categorization": 1, "classification": 1},
    options={
        "neighbours": {"n_queries": 200},
        "categorization": {"n_starts": 3},
        "analogy": {"max_questions": 1000},
    },
    lengths=(0.25, 0.5, 1, 2),
    slow={"dccl": {"n_epochs": 5, "train_rows": 10_000}, "nlb": {"n_epochs": 2}},
    slow_seeds=1,
    codebook=16,
    imdb={"n_words": 5000, "dim": 50, "epochs": 3, "length": 100, "n_reviews": 2000},
    imdb_runs=1,
    imdb_training=Training(rate=1e-3),
)
# What docs/reproduction.md shows: some four hours of one core, most of them for IMDB.
FULL = Profile(
    seeds={
        "similarity": 5,
        "neighbours": 3,
        "categorization": 3,
        "classification": 3,
        "analogy": 3,
    },
    options={"neighbours": {"n_queries": 300}},
    lengths=(0.25, 0.5, 1, 1.5, 2, 3),
    slow={"dccl": {}, "nlb": {}},
    slow_seeds=3,
    codebook=16,
    imdb={"n_words": 50_000, "dim": 300, "epochs": 3, "length": 400},
    imdb_runs=3,
    imdb_training=Training(rate=1e-3),  # so that three epochs go as far as twenty of the paper's
)
# The paper's own sizes wherever it says them: days.
PAPER = replace(
    FULL,
    slow={"dccl": CONFIGURATIONS["glove"], "nlb": {}},
    slow_seeds=1,
    imdb={**FULL.imdb, "epochs": 20},
    imdb_runs=10,
    imdb_training=Training(),
)
PROFILES = {"quick": QUICK, "full": FULL, "paper": PAPER}


def systems(dim: int, profile: Profile) -> list[tuple[System, tuple[str, ...]]]:
    """Return what is judged by which tasks: table 1, each rival on our rows too, the frontier."""
    some = ("similarity", "neighbours")
    half, quarter = dim // 2, dim // 4
    all_rows, our_rows = {"train_rows": None}, {"train_rows": 50_000}
    table = [
        (System("prune", None, {}, "prune"), EVERY),
        (System("dccl", None, _dccl(dim, profile), "dccl"), EVERY),
        (System("nlb", dim, {**profile.slow["nlb"], **all_rows}, "nlb, all rows"), EVERY),
        (System("nlb", dim, {**profile.slow["nlb"], **our_rows, **NLB_FEW_ROWS}, "nlb"), EVERY),
        (System("lsh", dim, {}, "lsh"), EVERY),
        (System("sign", None, {}, "sign"), EVERY),
        (System("itq", dim, all_rows, "itq, all rows"), EVERY),
        (System("itq", dim, {}, "itq"), EVERY),
        (System("iiq", dim, {**all_rows, **PLAIN}, "iiq-32, all rows"), EVERY),
        (System("iiq", dim, PLAIN, "iiq-32"), EVERY),
        (System("iiq", half, PLAIN, "iiq-64"), EVERY),
        (System("iiq", quarter, PLAIN, "iiq-128"), EVERY),
        (System("iiq", dim, {}, OURS, view="decoded"), EVERY),
        (System("itq", half, {}, "itq-64"), some),
        (System("itq", quarter, {}, "itq-128"), some),
    ]
    done = {(s.method, s.n_bits) for s, _ in table}
    for length in profile.lengths:
        for method in ("iiq", "itq", "lsh"):
            n_bits = int(length * dim)
            if (method, n_bits) not in done:
                given = PLAIN if method == "iiq" else {}
                table.append((System(method, n_bits, given, f"{method}, {n_bits} bits"), some))
    there = known_methods()
    return [(system, tasks) for system, tasks in table if system.method in there]


def _dccl(dim: int, profile: Profile) -> dict[str, Any]:
    # About one bit a number, as all codes here (the paper: 32 codebooks of 256 words for 300).
    size = profile.codebook
    return {
        "n_codebooks": max(1, dim // int(np.log2(size))),
        "codebook_size": size,
        **profile.slow["dccl"],
    }

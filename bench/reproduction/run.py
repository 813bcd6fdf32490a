r"""Reproduce the paper's tables and figures on the vectors given, step by step, resumable.

    python -m bench.reproduction.run GloVe-100d=glove.npy --data eval --profile quick
    python -m bench.reproduction.run NAME=FILE ... --data eval --profile full --sentiment \
        --page docs/reproduction.md

Every step (a system, a seed, a task) writes one JSON file under ``--out`` and is skipped where that
file is there already with the same settings: an interrupted run goes on where it stopped. Settings
do not tell one version of the code from another: after a change of the code, take a new folder.
``--page`` writes the page of tables and figures from all steps under ``--out``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.reproduction.page import write_page
from bench.reproduction.profiles import EVERY, PROFILES, ROUNDS, Profile, systems
from bench.reproduction.steps import IMDB, Steps
from iiq.evaluate import Judged, cleaned, isotropy, sentiment, train_embedding
from iiq.evaluate.datasets import VARIABLE
from iiq.study.compare import System, build, chosen_n_remove, float_rows, is_random, run_tasks


def run_rounds(entries: list[str], data: str, out: Path, profile: Profile) -> None:
    """Run every missing step for all sets of vectors, a round of tasks after the other."""
    for tasks, slow in ROUNDS:
        for entry in entries:
            run_vectors(entry, data, out, profile, tasks, slow=slow)


def run_vectors(
    entry: str, data: str, out: Path, profile: Profile, only: tuple[str, ...], *, slow: bool
) -> None:
    """Run every missing step of the tasks ``only`` for one set of vectors.

    ``slow``: of the methods that train for long, and not of the others.
    """
    name, _, path = entry.rpartition("=")
    name = name or Path(path).stem
    words = _read(path)
    steps = Steps(out / name)
    say(f"{name}: {len(words)} x {words.dim}")
    n_remove = chosen_n_remove(words)
    floats = float_rows(words, n_remove)
    about = {"n": len(words), "dim": words.dim, "n_remove": n_remove}
    (steps.folder / "about.json").write_text(json.dumps(about))
    jobs: list[tuple[str, tuple[str, ...], int, Any, dict[str, Any]]] = [
        (judged.method, EVERY, 0, judged, {"n_remove": n_remove}) for judged in floats
    ]
    everywhere = cleaned(floats[0], n_remove, train_rows=None)
    label = "float, cleaned, all rows"
    jobs.append((label, ("similarity", "isotropy"), 0, everywhere, {"n_remove": n_remove}))
    for system, tasks in systems(words.dim, profile):
        settings = {"method": system.method, "n_bits": system.n_bits, **system.parameters}
        most = max(profile.seeds.values()) if is_random(system.method) else 1
        if system.method in profile.slow:
            most = min(most, profile.slow_seeds)
        for seed in range(most):
            wanted = tuple(t for t in tasks if seed < profile.seeds.get(t, 1))
            jobs.append((system.name, wanted, seed, system, settings))
    for label, tasks, seed, what, settings in jobs:
        if slow != (isinstance(what, System) and what.method in profile.slow):
            continue
        missing = [
            (task, own)
            for task in tasks
            if task in only
            and not steps.has(
                label, task, seed, own := {**settings, **profile.options.get(task, {})}
            )
        ]
        draw = label == "iiq-32" and seed == 0 and _undrawn(words, steps.folder)
        if missing or draw:
            start = time.process_time()
            judged = _built(what, words, seed, floats[0])
            if judged is None:
                continue
            fit = time.process_time() - start
            say(f"{name}: {label}, seed {seed}: fitted in {fit:.1f} s of CPU")
            if draw:
                for word in draw:
                    iiq.plot.save(iiq.plot.neighbours(judged, word), _figure_3(steps.folder, word))
            _run_missing(steps, judged, label, seed, missing, data, profile, floats, fit)


def _undrawn(words: Any, folder: Path) -> list[str]:
    """Return the words of the paper's figure 3 that are there and not drawn yet."""
    there = [word for word in ("cook", "man") if word in words and len(words) > 200]
    return [word for word in there if not _figure_3(folder, word).with_suffix(".svg").is_file()]


def _figure_3(folder: Path, word: str) -> Path:
    return folder / f"figure3-{word}"


def _built(what: System | Judged, words: Any, seed: int, raw: Judged) -> Judged | None:
    """Return what is judged, fitted if need be; None, said, where a package is missing."""
    if isinstance(what, Judged):
        return what
    try:
        return build(what, words, seed, raw.lookup)
    except ModuleNotFoundError as error:
        say(f"{what.name}: not run: {error}")
        return None


def _run_missing(
    steps: Steps,
    judged: Judged,
    label: str,
    seed: int,
    missing: list[tuple[str, dict[str, Any]]],
    data: str,
    profile: Profile,
    floats: list[Judged],
    fit: float,
) -> None:
    for task, settings in missing:
        start = time.process_time()
        report = run_tasks(judged, [task], data=data, options=profile.options, floats=floats)
        seconds = time.process_time() - start
        say(f"    {task}: {seconds:.1f} s of CPU")
        extra: dict[str, Any] = {"fit_cpu_s": fit, "task_cpu_s": seconds}
        curve = getattr(judged.encoder, "loss_curve_", None)
        if curve is not None and task == "similarity" and seed == 0:
            rows = settings.get("train_rows", 50_000)
            extra["loss_curve"] = np.asarray(curve).tolist()
            extra["loss_bits"] = min(judged.n, rows or judged.n) * judged.dim
        rows_json = json.loads(report.to_json(draws=True))["rows"]
        steps.write(label, task, seed, settings, rows=rows_json, **extra)


def run_imdb(data: str, out: Path, profile: Profile) -> None:
    """Run section 5.4: train the network with its embedding, compress that, judge each frozen."""
    steps = Steps(out / IMDB)
    settings = {**profile.imdb, "training": str(profile.imdb_training)}
    embedding = _embedding(data, out, steps, profile, settings)
    words = iiq.WordVectors(list(embedding.words), embedding.source.matrix)
    about = {"n": len(words), "dim": words.dim, "settings": settings}
    (out / IMDB / "about.json").write_text(json.dumps(about))
    options = {k: profile.imdb[k] for k in ("epochs", "length", "n_reviews") if k in profile.imdb}
    options |= {"runs": profile.imdb_runs, "training": profile.imdb_training, "data": data}
    raw, clean = float_rows(words)
    chosen = [
        s
        for s, tasks in systems(words.dim, profile)
        if "isotropy" in tasks and "all rows" not in s.name
    ]
    for what in (raw, clean, *chosen):
        label = what.method if isinstance(what, Judged) else what.name
        own = settings if isinstance(what, Judged) else {**settings, **what.parameters}
        own = {**own, "runs": profile.imdb_runs}
        if steps.has(label, "sentiment", 0, own):
            continue
        start = time.process_time()
        judged = _built(what, words, 0, raw)
        if judged is None:
            continue
        report = sentiment(judged, verbose=sys.stderr.isatty(), **options)
        seconds = time.process_time() - start
        say(f"{IMDB}: {label}: {100 * report[0].score:.2f}, {seconds:.0f} s of CPU")
        rows = json.loads((report + isotropy(judged)).to_json(draws=True))["rows"]
        steps.write(label, "sentiment", 0, own, rows=rows, task_cpu_s=seconds)


def _embedding(
    data: str, out: Path, steps: Steps, profile: Profile, settings: dict[str, Any]
) -> Judged:
    from iiq.evaluate.judged import FloatRows

    saved = out / IMDB / "embedding.npz"
    if saved.is_file() and steps.has("trained with its embedding", "sentiment", 0, settings):
        with np.load(saved) as file:
            words = str(file["words"]).split("\n")
            return Judged(words, FloatRows(file["vectors"]))
    start = time.process_time()
    judged, report = train_embedding(
        data=data, training=profile.imdb_training, verbose=sys.stderr.isatty(), **profile.imdb
    )
    seconds = time.process_time() - start
    say(f"{IMDB}: trained to {100 * report[0].score:.2f}, {seconds:.0f} s of CPU")
    matrix = judged.take(np.arange(judged.n))
    np.savez(saved, words="\n".join(judged.words), vectors=matrix)
    rows = json.loads(report.to_json(draws=True))["rows"]
    label = "trained with its embedding"
    steps.write(label, "sentiment", 0, settings, rows=rows, task_cpu_s=seconds)
    return judged


def _read(path: str) -> Any:
    if path == "bundled":
        from iiq.vectors.samples import bundled

        return bundled()
    return iiq.read_vectors(path, verbose=sys.stderr.isatty())


def say(text: str) -> None:
    """Write progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("vectors", nargs="*", help="NAME=FILE; FILE 'bundled' is the sample")
    parser.add_argument("--data", default=os.environ.get(VARIABLE), help="folder of data sets")
    parser.add_argument("--out", type=Path, default=Path("build/reproduction"))
    parser.add_argument("--profile", choices=PROFILES, default="quick")
    parser.add_argument("--sentiment", action="store_true", help="run section 5.4 (IMDB) too")
    parser.add_argument("--page", type=Path, help="write the page of tables and figures here")
    arguments = parser.parse_args()
    profile = PROFILES[arguments.profile]
    if (arguments.vectors or arguments.sentiment) and not arguments.data:
        parser.error(f"--data FOLDER or {VARIABLE} is wanted: docs/evaluation.md says its form")
    run_rounds(arguments.vectors, arguments.data, arguments.out, profile)
    if arguments.sentiment:
        run_imdb(arguments.data, arguments.out, profile)
    if arguments.page:
        write_page(arguments.page, arguments.out)


if __name__ == "__main__":
    main()

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

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import iiq
from bench.common import Clock, command_line
from bench.reproduction.page import write_page
from bench.reproduction.profiles import EVERY, PROFILES, ROUNDS, Profile, systems
from bench.reproduction.steps import IMDB, Steps
from iiq.evaluate import Judged, cleaned, isotropy_report, sentiment, train_embedding
from iiq.evaluate.datasets import VARIABLE
from iiq.study.compare import System, build, chosen_n_remove, float_rows, is_random, run_tasks


def run_rounds(
    entries: list[str], data: str, out: Path, profile: Profile, labels: Sequence[str] = ()
) -> None:
    """Run every missing step for all sets of vectors, a round of tasks after the other.

    ``labels``: of these systems only, beside the float vectors; none: of all.
    """
    for tasks, slow in ROUNDS:
        for entry in entries:
            run_vectors(entry, data, out, profile, tasks, labels, slow=slow)


@dataclass(frozen=True)
class Job:
    """What is judged with one seed, by which tasks, under which settings."""

    label: str
    tasks: tuple[str, ...]
    seed: int
    what: System | Judged
    settings: dict[str, Any]

    def is_slow(self, profile: Profile) -> bool:
        """Return whether its method trains for long."""
        return isinstance(self.what, System) and self.what.method in profile.slow


@dataclass(frozen=True)
class Subject:
    """One set of vectors: its words, its float rows, its finished steps."""

    name: str
    words: iiq.WordVectors
    floats: list[Judged]
    steps: Steps


def run_vectors(
    entry: str,
    data: str,
    out: Path,
    profile: Profile,
    only: tuple[str, ...],
    labels: Sequence[str],
    *,
    slow: bool,
) -> None:
    """Run every missing step of the tasks ``only`` for one set of vectors.

    ``slow``: of the methods that train for long, and not of the others.
    """
    name, _, path = entry.rpartition("=")
    name = name or Path(path).stem
    words = _read(path)
    say(f"{name}: {len(words)} x {words.dim}")
    n_remove = chosen_n_remove(words)
    subject = Subject(name, words, float_rows(words, n_remove), Steps(out / name))
    subject.steps.write_about(n=len(words), dim=words.dim, n_remove=n_remove)
    every = [*float_jobs(subject.floats, n_remove), *system_jobs(words.dim, profile)]
    named = [j for j in every if not labels or isinstance(j.what, Judged) or j.label in labels]
    jobs = [job for job in named if job.is_slow(profile) == slow]
    for number, job in enumerate(jobs, 1):
        run_job(job, subject, data, profile, only, f"{number} of {len(jobs)}")


def float_jobs(floats: list[Judged], n_remove: int) -> Iterator[Job]:
    """Yield the float vectors: raw, cleaned, cleaned by the statistics of all rows."""
    settings = {"n_remove": n_remove}
    for judged in floats:
        yield Job(judged.method, EVERY, 0, judged, settings)
    everywhere = cleaned(floats[0], n_remove, train_rows=None)
    yield Job("float, cleaned, all rows", ("similarity", "isotropy"), 0, everywhere, settings)


def system_jobs(dim: int, profile: Profile) -> Iterator[Job]:
    """Yield the systems, each with as many seeds as its tasks want."""
    for system, tasks in systems(dim, profile):
        settings = {"method": system.method, "n_bits": system.n_bits, **system.parameters}
        if system.view:
            settings["view"] = system.view
        most = max(profile.seeds.values()) if is_random(system.method) else 1
        if system.method in profile.slow:
            most = min(most, profile.slow_seeds)
        for seed in range(most):
            wanted = tuple(t for t in tasks if seed < profile.seeds.get(t, 1))
            yield Job(system.name, wanted, seed, system, settings)


def run_job(
    job: Job, subject: Subject, data: str, profile: Profile, only: tuple[str, ...], number: str
) -> None:
    """Run what is missing of one job, the n-th of N: it is fitted once for all its tasks."""
    wanted = {
        task: {**job.settings, **profile.options.get(task, {})}
        for task in job.tasks
        if task in only
    }
    missing = {
        task: settings
        for task, settings in wanted.items()
        if not subject.steps.has(job.label, task, job.seed, settings)
    }
    drawn = job.label == "iiq-32" and job.seed == 0
    draw = _undrawn(subject.words, subject.steps.folder) if drawn else []
    if not missing and not draw:
        return
    with Clock() as fit:
        judged = _built(job.what, subject.words, job.seed, subject.floats[0])
    if judged is None:
        return
    named = f"{subject.name}, {number}: {job.label}, seed {job.seed}"
    say(f"{named}: fitted in {fit.cpu:.1f} s of CPU")
    for word in draw:
        file = _figure_3(subject.steps.folder, word)
        iiq.plot.save(iiq.plot.neighbours(judged, word), file)
    for task, settings in missing.items():
        with Clock() as judging:
            report = run_tasks(
                judged, [task], data=data, options=profile.options, floats=subject.floats
            )
        say(f"    {task}: {judging.cpu:.1f} s of CPU")
        extra: dict[str, Any] = {"fit_cpu_s": fit.cpu, "task_cpu_s": judging.cpu}
        if task == "similarity" and job.seed == 0:
            extra |= _loss_curve(judged, settings)
        subject.steps.write(job.label, task, job.seed, settings, report, **extra)


def _loss_curve(judged: Judged, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the loss of each iteration and the numbers it sums over, where there is one."""
    curve = getattr(judged.encoder, "loss_curve_", None)
    if curve is None:
        return {}
    rows = settings.get("train_rows", 50_000)
    bits = min(judged.n, rows or judged.n) * judged.dim
    return {"loss_curve": np.asarray(curve).tolist(), "loss_bits": bits}


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
        return build(what, words, seed, raw.lookup, view="signs")
    except ModuleNotFoundError as error:
        say(f"{what.name}: not run: {error}")
        return None


def run_imdb(data: str, out: Path, profile: Profile) -> None:
    """Run section 5.4: train the network with its embedding, compress that, judge each frozen."""
    steps = Steps(out / IMDB)
    settings = {**profile.imdb, "training": str(profile.imdb_training)}
    words = _embedding(data, steps, profile, settings)
    steps.write_about(n=len(words), dim=words.dim, settings=settings)
    options: dict[str, Any] = {
        "runs": profile.imdb_runs,
        "training": profile.imdb_training,
        "data": data,
    }
    shared = ("epochs", "length", "n_reviews")
    options |= {key: profile.imdb[key] for key in shared if key in profile.imdb}
    floats = float_rows(words)
    jobs = list(imdb_jobs(floats, words.dim, profile, settings))
    for number, job in enumerate(jobs, 1):
        if steps.has(job.label, "sentiment", 0, job.settings):
            continue
        with Clock() as clock:
            judged = _built(job.what, words, 0, floats[0])
            if judged is None:
                continue
            report = sentiment(judged, verbose=sys.stderr.isatty(), **options)
        named = f"{IMDB}, {number} of {len(jobs)}: {job.label}"
        say(f"{named}: {100 * report[0].score:.2f}, {clock.cpu:.0f} s of CPU")
        both = report + isotropy_report(judged)
        steps.write(job.label, "sentiment", 0, job.settings, both, task_cpu_s=clock.cpu)


def imdb_jobs(
    floats: list[Judged], dim: int, profile: Profile, settings: dict[str, Any]
) -> Iterator[Job]:
    """Yield the embedding as it is, cleaned, and by the systems of table 1."""
    settings = {**settings, "runs": profile.imdb_runs}
    for judged in floats:
        yield Job(judged.method, ("sentiment",), 0, judged, settings)
    for system, tasks in systems(dim, profile):
        if "isotropy" in tasks and "all rows" not in system.name:
            own = {**settings, **system.parameters}
            yield Job(system.name, ("sentiment",), 0, system, own)


def _embedding(
    data: str, steps: Steps, profile: Profile, settings: dict[str, Any]
) -> iiq.WordVectors:
    """Return the embedding trained with its network; it is trained once."""
    label = "trained with its embedding"
    saved = steps.folder / "embedding.npz"
    if saved.is_file() and steps.has(label, "sentiment", 0, settings):
        with np.load(saved) as file:
            return iiq.WordVectors(str(file["words"]).split("\n"), file["vectors"])
    with Clock() as clock:
        judged, report = train_embedding(
            data=data, training=profile.imdb_training, verbose=sys.stderr.isatty(), **profile.imdb
        )
    say(f"{IMDB}: trained to {100 * report[0].score:.2f}, {clock.cpu:.0f} s of CPU")
    words = iiq.WordVectors(list(judged.words), judged.take(np.arange(judged.n)))
    np.savez(saved, words="\n".join(words.words), vectors=words.vectors)
    steps.write(label, "sentiment", 0, settings, report, task_cpu_s=clock.cpu)
    return words


def _read(path: str) -> iiq.WordVectors:
    if path == "bundled":
        return iiq.samples.bundled()
    return iiq.read_vectors(path, verbose=sys.stderr.isatty())


def say(text: str) -> None:
    """Write progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Run the missing steps; write the page where one is asked for."""
    parser = command_line(__doc__)
    parser.add_argument("vectors", nargs="*", help="NAME=FILE; FILE 'bundled' is the sample")
    parser.add_argument("--data", default=os.environ.get(VARIABLE), help="folder of data sets")
    parser.add_argument("--out", type=Path, default=Path("build/reproduction"))
    parser.add_argument("--profile", choices=PROFILES, default="quick")
    parser.add_argument("--sentiment", action="store_true", help="run section 5.4 (IMDB) too")
    parser.add_argument("--only", nargs="+", default=[], metavar="SYSTEM", help="these rows only")
    parser.add_argument("--page", type=Path, help="write the page of tables and figures here")
    arguments = parser.parse_args()
    profile = PROFILES[arguments.profile]
    if (arguments.vectors or arguments.sentiment) and not arguments.data:
        parser.error(f"--data FOLDER or {VARIABLE} is wanted: docs/evaluation.md says its form")
    run_rounds(arguments.vectors, arguments.data, arguments.out, profile, arguments.only)
    if arguments.sentiment:
        run_imdb(arguments.data, arguments.out, profile)
    if arguments.page:
        write_page(arguments.page, arguments.out)


if __name__ == "__main__":
    main()

"""Compare methods on one's own vectors: fit each, judge each, one table.

The only place that joins encoders with the evaluation, which itself builds nothing.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from iiq._support.training_rows import training_rows
from iiq._support.validate import as_int
from iiq.evaluate import Judged, Report, cleaned, judge
from iiq.evaluate.judged import VIEWS, CodeRows, FloatRows, Lookup
from iiq.vectors.word_vectors import WordVectors

TRAIN_ROWS = 50_000  # that the encoders learn from by default
TASKS = (
    "similarity",
    "categorization",
    "analogy",
    "classification",
    "sentiment",
    "neighbours",
    "isotropy",
)


@dataclass(frozen=True)
class System:
    """A method with its code length and parameters; ``n_bits`` None where the method has its own.

    ``name`` is what the report calls it; ``view`` what of its codes is judged, where that is not
    what all are asked for.
    """

    method: str
    n_bits: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    view: str | None = None

    @property
    def name(self) -> str:
        """The label, or else the method's name."""
        return self.label or self.method


def compare(
    vectors: Any,
    *,
    methods: Sequence[str] = ("iiq", "itq", "lsh", "sign"),
    n_bits: Sequence[int] | int | None = None,
    tasks: Sequence[str] = ("similarity",),
    data: str | os.PathLike[str] | None = None,
    seeds: Sequence[int] | int = (0,),
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    view: str = "decoded",
    verbose: bool = False,
) -> Report:
    """Fit methods to vectors and judge them all, the float vectors first.

    Parameters
    ----------
    vectors : WordVectors, path, gensim KeyedVectors, mapping, or (words, matrix)
        What is compressed.
    methods : names, default ("iiq", "itq", "lsh", "sign")
        Of ``iiq.ENCODERS`` and ``iiq.BASELINES``. ``sign`` has one bit a dimension and the
        baselines their own size: they come once, whatever ``n_bits`` is.
    n_bits : int or sequence of int, optional
        Lengths of the codes; None: as many as the vectors have dimensions.
    tasks : names, default ("similarity",)
        Of similarity, categorization, analogy, classification, sentiment, neighbours (against the
        float and the cleaned float vectors) and isotropy.
    data : path, optional
        The folder of data sets; None takes ``IIQ_DATA``.
    seeds : sequence of int, or how many, default (0,)
        ``random_state`` of the methods that have one: a row each; ``report.summary()`` averages.
        A number n stands for the seeds 0 .. n - 1.
        Differences of a point mean nothing with fewer than five.
    parameters : mapping of method to parameters, optional
        For example ``{"itq": {"train_rows": None}}``.
    options : mapping of task to keyword arguments, optional
        For example ``{"classification": {"epochs": 4}}``.
    view : {"decoded", "signs"}
        What of codes is judged: the vectors that they decode to, which the verbs of a vocabulary
        compare, or the codes as +-1, as in the paper's tables (Hamming distances).
    verbose : bool
        Show a progress bar on standard error.

    Returns
    -------
    Report
        The rows of ``float``, of ``float, cleaned`` (centred, without the directions that IIQ drops
        here) and of every method, bits and seed.

    Raises
    ------
    ValueError
        For an unknown method or task, also in ``parameters`` and ``options``.

    Examples
    --------
    >>> import iiq
    >>> report = iiq.compare("glove.txt", data="eval", seeds=range(5))  # doctest: +SKIP
    >>> print(report.summary().where(data="mean"))  # doctest: +SKIP
    """
    from iiq.vectors.word_blocks import as_word_vectors

    _known("task", tasks, TASKS)
    _known("view", [view], VIEWS)
    wanted = [n_bits] if isinstance(n_bits, int) else n_bits
    numbers = range(as_int(seeds, "seeds", 1)) if isinstance(seeds, int) else seeds
    chosen = [as_int(seed, "seeds", 0) for seed in numbers]
    _known("method", methods, known_methods())
    _known("method in parameters", parameters or {}, methods)
    _known("task in options", options or {}, tasks)
    words = as_word_vectors(vectors)
    lengths = [words.dim] if wanted is None else [as_int(n, "n_bits", 1) for n in wanted]
    own: Mapping[str, Mapping[str, Any]] = parameters or {}
    systems = [
        System(method, length, own.get(method) or {})
        for method in methods
        for length in (lengths if takes_bits(method) else [None])
    ]
    floats = float_rows(words)
    report = Report()
    for judged in _judged(floats, words, systems, chosen, view=view, verbose=verbose):
        report += run_tasks(judged, tasks, data=data, options=options, floats=floats)
    return report


def float_rows(words: WordVectors, n_remove: int | None = None) -> list[Judged]:
    """Return the raw and the cleaned float vectors; ``n_remove`` None takes IIQ's own choice."""
    raw = judge(words, lookup=Lookup(words.words))
    if n_remove is None:
        n_remove = chosen_n_remove(words)
    return [raw, cleaned(raw, n_remove, train_rows=TRAIN_ROWS)]


def chosen_n_remove(words: WordVectors) -> int:
    """Return how many directions IIQ drops from these vectors with its defaults."""
    from iiq.encoders import IIQ

    rows = training_rows(words.words, TRAIN_ROWS, lambda: len(words))
    encoder = IIQ(n_iter=1, random_state=0, train_rows=rows)
    return int(encoder.fit(words).n_remove_)


def known_methods() -> dict[str, Any]:
    """Return the classes of all methods by name: ``ENCODERS`` and ``BASELINES``."""
    from iiq.baselines import BASELINES
    from iiq.encoders import ENCODERS

    return {**ENCODERS, **BASELINES}


def takes_bits(method: str) -> bool:
    """Return whether a method makes codes of any length."""
    made = known_methods()[method]
    return "n_bits" in inspect.signature(made).parameters


def is_random(method: str) -> bool:
    """Return whether a method has a seed."""
    made = known_methods()[method]
    return "random_state" in inspect.signature(made).parameters


def build(
    system: System,
    words: WordVectors,
    seed: int,
    lookup: Lookup | None = None,
    *,
    view: str = "decoded",
) -> Judged:
    """Fit one system to the vectors and return what the evaluation judges: see `compare`."""
    arguments = dict(system.parameters)
    if takes_bits(system.method) and system.n_bits is not None:
        arguments["n_bits"] = system.n_bits
    arguments.update(_training_rows(system, words))
    seeded = is_random(system.method)
    if seeded:
        arguments["random_state"] = seed
    seeds = (seed,) if seeded else ()
    fitted = known_methods()[system.method](**arguments).fit(words.vectors)
    if hasattr(fitted, "transform"):
        return Judged(
            words.words,
            CodeRows(
                fitted.codes_of(words.vectors),
                fitted.n_bits_,
                None if (system.view or view) == "signs" else fitted.decoder_,
            ),
            method=system.name,
            parameters=_told(fitted),
            seeds=seeds,
            encoder=fitted,
            lookup=lookup,
        )
    return Judged(
        words.words,
        FloatRows(fitted.decode()),
        method=system.name,
        parameters=_told(fitted),
        seeds=seeds,
        bits_per_vector=float(fitted.bits_per_vector),
        lookup=lookup,
    )


def run_tasks(
    judged: Judged,
    tasks: Iterable[str],
    *,
    data: str | os.PathLike[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    floats: Sequence[Judged] = (),
) -> Report:
    """Judge one system by several tasks; ``floats`` are what its neighbours are compared with."""
    import iiq.evaluate

    report = Report()
    for task in tasks:
        own = dict((options or {}).get(task, {}))
        if task == "neighbours":
            for reference in floats:
                if reference is not judged:
                    name = reference.method
                    report += iiq.evaluate.neighbours(
                        judged, reference, source=floats[0], reference_name=name, **own
                    )
        elif task == "isotropy":
            report += iiq.evaluate.isotropy_report(judged, **own)
        else:
            function: Callable[..., Report] = getattr(iiq.evaluate, task)
            report += function(judged, data=data, **own)
    return report


def _judged(
    floats: list[Judged],
    words: WordVectors,
    systems: list[System],
    seeds: list[int],
    *,
    view: str,
    verbose: bool,
) -> Iterator[Judged]:
    from tqdm import tqdm

    jobs: list[tuple[System, int]] = [
        (system, seed)
        for system in systems
        for seed in (seeds if is_random(system.method) else seeds[:1])
    ]
    yield from floats
    bar = tqdm(jobs, desc="compare", disable=not verbose)
    for system, seed in bar:
        bar.set_postfix_str(f"{system.name} {system.n_bits or ''} seed {seed}")
        yield build(system, words, seed, floats[0].lookup, view=view)


def _training_rows(system: System, words: WordVectors) -> dict[str, Any]:
    """Return evenly spaced rows to learn from where the words stand in alphabetical order.

    Baselines take no row numbers: theirs stay the first ones.
    """
    from iiq.encoders import ENCODERS

    if system.method not in ENCODERS:
        return {}
    own = inspect.signature(known_methods()[system.method]).parameters.get("train_rows")
    count = system.parameters.get("train_rows", own.default if own is not None else None)
    if not isinstance(count, int):
        return {}
    return {"train_rows": training_rows(words.words, count, lambda: len(words))}


def _told(fitted: Any) -> dict[str, Any]:
    told: dict[str, Any] = fitted.get_params() if hasattr(fitted, "get_params") else {}
    rows = told.get("train_rows")
    if rows is not None and np.ndim(rows):
        told["train_rows"] = f"{len(rows)} evenly spaced"
    for name in ("threads", "verbose", "n_bits"):
        told.pop(name, None)
    if hasattr(fitted, "n_remove_"):
        told["n_remove"] = int(fitted.n_remove_)
    return told


def _known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    there = list(known)
    unknown = [name for name in given if name not in there]
    if unknown:
        raise ValueError(f"unknown {what} {unknown[0]!r}: choose of {', '.join(there)}")

"""Sentiment: a network on a frozen embedding of words judges film reviews (the paper's 5.4)."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from iiq._support.extras import need
from iiq._support.validate import as_int
from iiq.evaluate._cnn import Trained, Training, train
from iiq.evaluate._reviews import OOV, Reviews, Table, as_rows, frequent_words, load_reviews
from iiq.evaluate.intervals import Resampling, mean_draws
from iiq.evaluate.judged import FloatRows, Judged, judge
from iiq.evaluate.report import Report
from iiq.evaluate.row import Row, make_row
from iiq.evaluate.similarity import POLICIES


def sentiment(
    vectors: Any,
    *,
    data: str | os.PathLike[str] | None = None,
    runs: int = 3,
    epochs: int = 20,
    length: int = 400,
    training: Training | None = None,
    n_reviews: int | None = None,
    n_resamples: int = 1000,
    random_state: int = 0,
    verbose: bool = False,
) -> Report:
    """Train the paper's network on a frozen embedding of words and judge unseen reviews.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        The embedding; of codes the vectors that their verbs compare. :func:`train_embedding`
        makes the paper's.
    data
        The folder with ``sentiment/imdb_train.tsv.xz`` and ``imdb_test.tsv.xz``.
    runs : int, default 3
        Networks trained, each with its own start, order and held-out fifth; the paper's 10.
    epochs : int, default 20
        Passes over the training reviews; the best on the held-out reviews is judged.
    length : int, default 400
        Tokens of a review that are read: its last ones.
    training : Training, optional
        The other numbers of the network, the paper's by default; ``epochs`` above wins.
    n_reviews : int, optional
        Train and judge on a random sample of so many reviews of each file.
    n_resamples, random_state : int
        Bootstrap resamples of the test reviews; seed of them and of the first run.
    verbose : bool
        Show a progress bar on standard error.

    Returns
    -------
    Report
        A row of each policy, the mean accuracy over the runs with its standard deviation:
        ``paper`` (a missing word is the ``<oov>`` vector where there is one, else the mean) and
        ``covered`` (a missing word is left out). Where both read the same texts, one training
        gives both rows.

    Notes
    -----
    One epoch of 20 000 reviews of 400 words of 300 numbers is about 5e12 multiplications.
    """
    need("torch", "sentiment", "sentiment")
    resampling = Resampling(n_resamples, random_state)
    settings = replace(training or Training(), epochs=as_int(epochs, "epochs", 1))
    as_int(runs, "runs", 1)
    as_int(length, "length", settings.width)
    judged = judge(vectors)
    parts = _load(data, n_reviews, random_state)
    rows: list[Row] = []
    previous: list[Trained] = []
    for policy in POLICIES:
        table = Table(judged, parts, policy)
        if not table.n_found:
            raise ValueError(
                f"no word of the reviews is in the vocabulary of {judged.n} words (its first: "
                f"{judged.words[0]!r}): are the words of another language, or with a prefix?"
            )
        if not (previous and table.same_for_both):
            previous = _runs(table, parts, length, settings, (runs, random_state), verbose=verbose)
        hits = np.mean([one.hits for one in previous], axis=0)
        scores = [float(one.hits.mean()) for one in previous]
        rows.append(
            make_row(
                judged,
                float(np.mean(scores)),
                task="sentiment",
                data="IMDB",
                policy=policy,
                metric="accuracy",
                sd=float(np.std(scores, ddof=1)) if runs > 1 else float("nan"),
                draws=mean_draws(hits, resampling, "IMDB"),
                extras=("torch",),
                n=len(hits),
                n_total=len(hits),
                n_oov=table.n_oov,
                random_state=random_state,
                note=_note(runs, parts, settings, previous),
            )
        )
    return Report(rows)


def train_embedding(
    *,
    data: str | os.PathLike[str] | None = None,
    n_words: int = 50_000,
    dim: int = 300,
    epochs: int = 20,
    length: int = 400,
    training: Training | None = None,
    n_reviews: int | None = None,
    random_state: int = 0,
    verbose: bool = False,
) -> tuple[Judged, Report]:
    """Train the network with its embedding, the first half of the paper's experiment.

    Parameters
    ----------
    n_words, dim : int
        Size of the embedding, ``<pad>`` and ``<oov>`` among the words; the paper's 50 000 x 300.
    data, epochs, length, training, n_reviews, random_state, verbose
        As for :func:`sentiment`.

    Returns
    -------
    embedding : Judged
        The words, most frequent first, with the vectors of the best epoch: compress
        ``embedding.words`` and ``embedding.source.matrix``, and judge the codes by
        :func:`sentiment`.
    report : Report
        The accuracy of the network that came with it, the paper's baseline.
    """
    need("torch", "sentiment", "sentiment")
    settings = replace(training or Training(), epochs=as_int(epochs, "epochs", 1))
    as_int(n_words, "n_words", 3)
    parts = _load(data, n_reviews, random_state)
    words = frequent_words(parts[0], n_words)
    row_of = {word: row for row, word in enumerate(words)}
    texts = [as_rows(part, row_of, length, row_of[OOV]) for part in parts]
    start = np.random.default_rng(random_state).uniform(
        -0.05, 0.05, (len(words), as_int(dim, "dim", 1))
    )
    result = train(
        start.astype(np.float32),
        texts[0],
        parts[0].labels,
        (texts[1], parts[1].labels),
        training=settings,
        frozen=False,
        seed=random_state,
        progress=_bar(settings, len(texts[0]), 1, verbose=verbose),
    )
    parameters = {"trained": True, **asdict(settings)}
    judged = Judged(words, FloatRows(result.vectors), parameters=parameters, seeds=(random_state,))
    rows = [
        make_row(
            judged,
            float(result.hits.mean()),
            task="sentiment",
            data="IMDB",
            policy=policy,
            metric="accuracy",
            draws=mean_draws(result.hits, Resampling(1000, random_state), "IMDB"),
            extras=("torch",),
            n=len(result.hits),
            n_total=len(result.hits),
            random_state=random_state,
            note="embedding trained too; " + _note(1, parts, settings, [result]),
        )
        for policy in POLICIES
    ]
    return judged, Report(rows)


def _load(
    data: str | os.PathLike[str] | None, most: int | None, seed: int
) -> tuple[Reviews, Reviews]:
    if most is not None:
        as_int(most, "n_reviews", 10)
    first = load_reviews(data, "imdb_train", most, seed)
    return first, load_reviews(data, "imdb_test", most, seed)


def _runs(
    table: Table,
    parts: tuple[Reviews, Reviews],
    length: int,
    settings: Training,
    runs: tuple[int, int],
    *,
    verbose: bool,
) -> list[Trained]:
    first, second = (table.texts(part, length) for part in parts)
    n_runs, seed = runs
    progress = _bar(settings, len(first), n_runs, verbose=verbose)
    return [
        train(
            table.vectors,
            first,
            parts[0].labels,
            (second, parts[1].labels),
            training=settings,
            frozen=True,
            seed=seed + run,
            progress=progress,
        )
        for run in range(n_runs)
    ]


def _bar(settings: Training, n_texts: int, runs: int, *, verbose: bool) -> Any:
    from tqdm import tqdm

    n_held = max(1, int(n_texts * settings.validation))
    batches = -(-(n_texts - n_held) // settings.batch)
    bar = tqdm(total=batches * settings.epochs * runs, desc="sentiment", disable=not verbose)
    return bar.update


def _note(
    runs: int, parts: tuple[Reviews, Reviews], settings: Training, results: list[Trained]
) -> str:
    best = ", ".join(str(one.best_epoch) for one in results)
    n_train = len(parts[0].labels)
    return (
        f"{runs} runs of {settings.epochs} epochs on {n_train} reviews "
        f"(a fifth held out; best epochs {best})"
    )

"""Topic classification: averaged word vectors, a small network, five folds (the paper's 5.3)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need
from iiq._support.validate import as_int
from iiq.evaluate.datasets import DataSet, load_sets
from iiq.evaluate.intervals import Resampling, mean_draws
from iiq.evaluate.judged import Judged, judge
from iiq.evaluate.report import Report
from iiq.evaluate.row import Row, make_row, mean_row
from iiq.evaluate.similarity import POLICIES, raise_nothing_in_common

Labels = NDArray[np.int64]
Features = NDArray[np.float32]
CLASSIFIERS = ("mlp", "logistic")


def classification(
    vectors: Any,
    *,
    data: str | os.PathLike[str] | None = None,
    sets: Iterable[str | os.PathLike[str]] | str | None = None,
    classifier: str = "mlp",
    epochs: int = 10,
    n_folds: int = 5,
    n_resamples: int = 1000,
    random_state: int = 0,
    verbose: bool = False,
) -> Report:
    """Classify texts by the mean of their words' vectors, cross-validated.

    Parameters
    ----------
    vectors : WordVectors, BinaryKeyedVectors or gensim KeyedVectors
        What is judged, averaged in float32; of codes the vectors that their verbs compare.
    data, sets
        The folder of data sets and which of them: see :func:`iiq.evaluate.load_sets`. Texts are
        tokens separated by spaces; labels are 0 and 1 (or more classes, whole numbers).
    classifier : {"mlp", "logistic"}
        A network with one hidden layer of 50 rectified units (SentEval's), trained by Adam at
        0.001 in batches of 64 without early stopping; or logistic regression.
    epochs : int, default 10
        Passes of the network over the training folds: the paper's for GloVe; 4 for HDC.
    n_folds : int, default 5
        Folds, shuffled and stratified.
    n_resamples, random_state : int
        Bootstrap resamples of the texts (the predictions held fixed); seed of them, of the folds
        and of the network.
    verbose : bool
        Show a progress bar on standard error.

    Returns
    -------
    Report
        Accuracy per set, and for their mean, a row of each policy: ``paper`` takes missing words
        as zero vectors that count in the mean; ``covered`` averages the words that are present and
        leaves out texts without any. Sets of one class have NaN and a note.
    """
    if classifier not in CLASSIFIERS:
        raise ValueError(f"classifier must be of {', '.join(CLASSIFIERS)}, got {classifier!r}")
    settings = _Settings(
        classifier,
        as_int(epochs, "epochs", 1),
        as_int(n_folds, "n_folds", 2),
        Resampling(n_resamples, random_state),
    )
    need("sklearn.model_selection", "classification", "evaluate")
    from tqdm import tqdm

    judged = judge(vectors)
    loaded = load_sets("classification", data, sets)
    rows: list[Row] = []
    n_found = 0
    for one in tqdm(loaded, desc="classification", leave=False, disable=not verbose):
        texts = _Texts(judged, one)
        n_found += len(texts.used)
        rows += _rows_of_set(judged, one, texts, settings)
    if n_found == 0:
        raise_nothing_in_common(judged, loaded)
    if len(loaded) > 1:
        rows += [mean_row([row for row in rows if row.policy == policy]) for policy in POLICIES]
    return Report(rows)


@dataclass(frozen=True)
class _Settings:
    classifier: str
    epochs: int
    n_folds: int
    resampling: Resampling

    def __str__(self) -> str:
        passes = f", {self.epochs} epochs" if self.classifier == "mlp" else ""
        return f"{self.classifier}, {self.n_folds} folds{passes}"


class _Texts:
    """The texts of a set as a sparse count matrix of the vocabulary's rows."""

    def __init__(self, judged: Judged, one: DataSet) -> None:
        from scipy.sparse import csr_array

        self.labels = np.array(one.numbers("label")).astype(np.int64)
        tokens = [text.split() for text in one.column("text")]
        self.n_tokens = np.array([len(text) for text in tokens])
        ids = judged.lookup.rows(token for text in tokens for token in text)
        text_of = np.repeat(np.arange(len(tokens)), self.n_tokens)
        known = ids >= 0
        flat = [token for text in tokens for token in text]
        self.n_oov = len({flat[i] for i in np.flatnonzero(~known)})
        self.used, column = np.unique(ids[known], return_inverse=True)
        shape = (len(tokens), max(1, len(self.used)))
        ones = np.ones(len(column), dtype=np.float32)
        self.counts = csr_array((ones, (text_of[known], column)), shape=shape)
        self.n_known = np.bincount(text_of[known], minlength=len(tokens))

    def features(self, judged: Judged, policy: str) -> Features:
        """Return the mean vector of each text, float32."""
        table = judged.take(self.used) if len(self.used) else np.zeros((1, judged.dim), np.float32)
        sums = self.counts @ table
        divisor = self.n_known if policy == "covered" else self.n_tokens
        means: Features = (sums / np.maximum(divisor, 1)[:, None]).astype(np.float32)
        return means


def _rows_of_set(judged: Judged, one: DataSet, texts: _Texts, settings: _Settings) -> Iterator[Row]:
    for policy in POLICIES:
        keep = texts.n_known > 0 if policy == "covered" else np.ones(len(one), dtype=bool)
        labels = texts.labels[keep]
        score, draws, note = float("nan"), None, _why_not(labels, settings.n_folds)
        if not note:
            features = texts.features(judged, policy)[keep]
            hits = _out_of_fold_hits(features, labels, settings)
            score, note = float(hits.mean()), str(settings)
            draws = mean_draws(hits, settings.resampling, one.name)
        yield make_row(
            judged,
            score,
            task="classification",
            data=one.name,
            policy=policy,
            metric="accuracy",
            draws=draws,
            extras=("sklearn",),
            n=int(keep.sum()),
            n_total=len(one),
            n_oov=texts.n_oov,
            random_state=settings.resampling.seed,
            note=note,
        )


def _why_not(labels: Labels, n_folds: int) -> str:
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        return f"one class only ({len(labels)} texts): nothing to tell apart"
    if counts.min() < n_folds:
        return f"not enough texts of a class ({counts.min()}) for {n_folds} folds"
    return ""


def _out_of_fold_hits(features: Features, labels: Labels, settings: _Settings) -> NDArray[np.bool_]:
    from sklearn.model_selection import StratifiedKFold

    hits = np.zeros(len(labels), dtype=bool)
    folds = StratifiedKFold(settings.n_folds, shuffle=True, random_state=settings.resampling.seed)
    for train, test in folds.split(features, labels):
        model = _model(settings, len(train))
        _fit(model, features[train], labels[train])
        hits[test] = model.predict(features[test]) == labels[test]
    return hits


def _fit(model: Any, features: NDArray[Any], labels: NDArray[Any]) -> None:
    """Fit quietly. Ctrl-C, of which scikit-learn makes a warning and a half-trained model, ends."""
    try:
        with warnings.catch_warnings():
            # A fixed number of epochs is the protocol: not having converged is no news.
            warnings.filterwarnings("ignore", message=".*aximum iterations.*")
            warnings.filterwarnings("ignore", message=".*failed to converge.*")
            warnings.filterwarnings("error", message=".*interrupted by user.*")
            model.fit(features, labels)
    except UserWarning as told:
        if "interrupted by user" in str(told):
            raise KeyboardInterrupt from told
        raise


def _model(settings: _Settings, n_train: int) -> Any:
    if settings.classifier == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        (50,),
        batch_size=min(64, n_train),
        max_iter=settings.epochs,
        tol=0.0,
        n_iter_no_change=settings.epochs + 1,
        random_state=settings.resampling.seed,
    )

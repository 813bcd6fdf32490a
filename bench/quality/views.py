"""A compressed vocabulary in three views: similarity, neighbours, analogies, texts.

    python -m bench.quality.views VECTORS --data EVAL [--words 20000] [--seeds 5]

float            the vectors that came
float, cleaned   centred, without the directions that the encoder removed
decoded          what the verbs of a compressed vocabulary compare
signs            its codes as +1 and -1: Hamming distance

Similarity is the mean Spearman over the sets, of covered pairs; recall that of the ten nearest
words by the cleaned floats; analogies are a quarter of Google's questions; all x 100, over the
first WORDS words. The last table takes a logistic regression, and a small torch network where
torch is there, trained on texts as means of floats, and gives it means of decoded vectors:
`restore(words)` to one trained on the source's, `vectors` to one trained on cleaned floats.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

import iiq
from bench.common import command_line, print_head, print_row
from iiq.evaluate import Judged, cleaned, judge, load_sets
from iiq.evaluate.judged import Lookup

Floats = NDArray[np.float32]
FIGURES = ("similarity", "recall@10", "analogy")


def figures(judged: Judged, truth: Judged, data: str) -> list[float]:
    """Return the three figures of one view, x 100."""
    pairs = iiq.evaluate.similarity(judged, data=data, n_resamples=0)
    similarity = next(r.score for r in pairs.where(policy="covered") if r.data == "mean")
    near = iiq.evaluate.neighbours(judged, truth, k=(10,), n_queries=500, n_resamples=0)
    asked = iiq.evaluate.analogy(judged, data=data, sets="Google", max_questions=4886)
    analogy = next(r.score for r in asked.where(policy="covered"))
    return [100 * similarity, 100 * near[0].score, 100 * analogy]


def print_views(words: iiq.WordVectors, arguments: argparse.Namespace) -> None:
    """Print a row a view and ratio: means over seeds, with the standard deviation."""
    lookup = Lookup(words.words)
    raw = judge(words, lookup=lookup)
    print_head("ratio", "view", *FIGURES, left=2)
    truth = None
    for ratio in arguments.ratios:
        found: dict[str, list[list[float]]] = {"decoded": [], "signs": []}
        for seed in range(arguments.seeds):
            kv = iiq.compress(words, ratio=ratio, random_state=seed)
            if truth is None:
                truth = cleaned(raw, kv.encoder.n_remove_)
                for name, floats in (("float", raw), ("float, cleaned", truth)):
                    print_row(
                        "1", name, *(f"{x:.1f}" for x in figures(floats, truth, arguments.data))
                    )
            for view, rows in found.items():
                rows.append(figures(judge(kv, view=view, lookup=lookup), truth, arguments.data))
        for view, rows in found.items():
            means, spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=len(rows) > 1)
            cells = (f"{m:.1f} +- {s:.1f}" for m, s in zip(means, spread, strict=True))
            print_row(ratio, view, *cells)


class Texts:
    """The texts of a data set as means of their words' vectors."""

    def __init__(self, words: iiq.WordVectors, name: str, data: str) -> None:
        (one,) = load_sets("classification", data, name)
        self.labels = np.array(one.numbers("label")).astype(np.int64)
        lookup = Lookup(words.words)
        found = [lookup.rows(text.split()) for text in one.column("text")]
        self._rows = [rows[rows >= 0] for rows in found]

    def means(self, table: Floats) -> Floats:
        """Return the mean vector of each text; zeros where it has no known word."""
        zero = np.zeros(table.shape[1], np.float32)
        return np.array([table[rows].mean(axis=0) if len(rows) else zero for rows in self._rows])


def models() -> Iterator[tuple[str, Any]]:
    """Yield what is trained: functions of features and labels that return a predictor."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    def logistic(X: Floats, y: NDArray[np.int64]) -> Any:
        scaler = StandardScaler().fit(X)
        model = LogisticRegression(max_iter=1000).fit(scaler.transform(X), y)
        return lambda Z: model.predict(scaler.transform(Z))

    yield "logistic regression", logistic
    if find_spec("torch") is not None:
        yield "torch, one hidden layer of 50", torch_network


def torch_network(X: Floats, y: NDArray[np.int64]) -> Any:
    """Train a small network on features and labels; return its predictor."""
    import torch

    torch.manual_seed(0)
    mean, scale = X.mean(axis=0), X.std(axis=0) + 1e-6
    inputs = torch.tensor((X - mean) / scale)
    layers = torch.nn.Linear(X.shape[1], 50), torch.nn.ReLU(), torch.nn.Linear(50, 2)
    network = torch.nn.Sequential(*layers)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(10):
        for rows in torch.randperm(len(X)).split(64):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(network(inputs[rows]), torch.tensor(y)[rows])
            loss.backward()
            optimiser.step()

    def predict(Z: Floats) -> NDArray[np.int64]:
        with torch.no_grad():
            found: NDArray[np.int64] = network(torch.tensor((Z - mean) / scale)).argmax(1).numpy()
        return found

    return predict


def print_transfer(words: iiq.WordVectors, arguments: argparse.Namespace) -> None:
    """Print the accuracy of models trained on floats, given floats and what codes decode to."""
    raw = np.asarray(words.vectors, dtype=np.float32)
    tables: dict[str, dict[str, Floats]] = {"float": {"same": raw}, "float, cleaned": {}}
    for ratio in arguments.ratios:
        kv = iiq.compress(words, ratio=ratio, random_state=0)
        truth = cleaned(judge(words), kv.encoder.n_remove_)
        tables["float, cleaned"].setdefault("same", np.concatenate(list(truth.blocks())))
        tables["float"][f"{ratio}x"] = kv.restore(list(range(len(kv))))
        tables["float, cleaned"][f"{ratio}x"] = np.asarray(kv.vectors)
    print_head("set", "model", "trained on", *tables["float"], left=3)
    for name in ("CR", "MPQA", "MR", "SUBJ"):
        texts = Texts(words, name, arguments.data)
        train = np.random.default_rng(0).random(len(texts.labels)) < 0.8
        for trained_on, given in tables.items():
            features = [texts.means(table) for table in given.values()]
            for model, fit in models():
                predict = fit(features[0][train], texts.labels[train])
                right = [(predict(X[~train]) == texts.labels[~train]).mean() for X in features]
                print_row(name, model, trained_on, *(f"{100 * share:.1f}" for share in right))


def main() -> None:
    """Print both tables."""
    parser = command_line(__doc__)
    parser.add_argument("vectors", help="a file of word vectors, or bundled")
    parser.add_argument("--data", required=True, help="the folder of evaluation sets")
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--ratios", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.vectors == "bundled":
        words = iiq.samples.bundled()
    else:
        words = iiq.read_vectors(arguments.vectors, limit=arguments.words)
    print(f"{len(words)} words, {words.dim} dimensions, {arguments.seeds} seeds\n")
    print_views(words, arguments)
    print()
    print_transfer(words, arguments)


if __name__ == "__main__":
    main()

"""The network of the sentiment task: embedding, convolution, the best epoch on validation.

torch is imported here alone. Its global generator is put back as it was.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need

Tokens = NDArray[np.int64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Training:
    """How a network is trained: the paper's numbers are the defaults."""

    epochs: int = 20
    batch: int = 128
    rate: float = 1e-4
    filters: int = 250
    width: int = 3
    hidden: int = 250
    dropout: float = 0.2
    validation: float = 0.2


@dataclass(frozen=True)
class Trained:
    """What came of one training: the embedding at the best epoch, and the right test answers."""

    vectors: NDArray[np.float32]
    hits: NDArray[np.bool_]
    best_epoch: int
    validation: float


def train(
    vectors: NDArray[np.float32],
    texts: Tokens,
    labels: Labels,
    test: tuple[Tokens, Labels],
    *,
    training: Training,
    frozen: bool,
    seed: int,
    progress: Any = None,
) -> Trained:
    """Train the network on texts of rows of ``vectors`` and judge its best epoch on the test texts.

    Parameters
    ----------
    vectors : ndarray (n, dim) float32
        The embedding, which stays as it is where ``frozen``.
    texts, labels : ndarray (m, length) int64, (m,) int64
        What is trained on; a random part of it is held out to choose the epoch.
    test : (texts, labels)
        What the chosen epoch is judged by.
    progress : callable, optional
        Called after each batch.
    """
    torch = need("torch", "sentiment", "sentiment")
    shuffle = np.random.default_rng(seed)
    order = shuffle.permutation(len(texts))
    n_held = max(1, int(len(texts) * training.validation))
    held, kept = order[:n_held], order[n_held:]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        embedding = torch.nn.Embedding.from_pretrained(torch.tensor(vectors), freeze=frozen)
        network = torch.nn.ModuleList([embedding, _body(torch, vectors.shape[1], training)])
        parameters = [p for p in network.parameters() if p.requires_grad]
        optimiser = torch.optim.Adam(parameters, lr=training.rate)
        best_score, best_epoch, best_state = -1.0, 0, network.state_dict()
        for epoch in range(1, training.epochs + 1):
            network.train()
            for rows in _batches(shuffle.permutation(kept), training.batch):
                _step(network, optimiser, texts[rows], labels[rows])
                if progress is not None:
                    progress()
            score = float(_right(network, texts[held], labels[held]).mean())
            if score > best_score:
                best_score, best_epoch = score, epoch
                best_state = copy.deepcopy(network.state_dict())
        network.load_state_dict(best_state)
        hits = _right(network, *test)
    return Trained(embedding.weight.detach().numpy(), hits, best_epoch, best_score)


def _body(torch: Any, dim: int, training: Training) -> Any:
    nn = torch.nn
    return nn.Sequential(
        nn.Dropout(training.dropout),
        nn.Conv1d(dim, training.filters, training.width),
        nn.ReLU(),
        nn.AdaptiveMaxPool1d(1),
        nn.Flatten(),
        nn.Linear(training.filters, training.hidden),
        nn.Dropout(training.dropout),
        nn.ReLU(),
        nn.Linear(training.hidden, 1),
        nn.Flatten(0),
    )


def _output(network: Any, texts: Tokens) -> Any:
    embedding, body = network
    torch = need("torch", "sentiment", "sentiment")
    return body(embedding(torch.from_numpy(texts)).transpose(1, 2))


def _step(network: Any, optimiser: Any, texts: Tokens, labels: Labels) -> None:
    torch = need("torch", "sentiment", "sentiment")
    output = _output(network, texts)
    wanted = torch.from_numpy(labels).to(output.dtype)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(output, wanted)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _right(network: Any, texts: Tokens, labels: Labels) -> NDArray[np.bool_]:
    torch = need("torch", "sentiment", "sentiment")
    network.eval()
    hits = []
    with torch.no_grad():
        for rows in _batches(np.arange(len(texts)), 256):
            output = _output(network, texts[rows]).numpy()
            hits.append((output >= 0) == (labels[rows] == 1))
    return np.concatenate(hits)


def _batches(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]

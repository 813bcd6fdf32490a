"""The network of DCCL and its training in torch; every random number comes from one generator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHECK_ROWS = 8192  # of the training rows, for the loss of the hard codes
_CODEWORD_RANGE = 0.01  # of the uniform start
_TINY = 1e-20  # keeps logarithms finite


@dataclass(frozen=True)
class Settings:
    """How DCCL is trained; checked when made."""

    n_codebooks: int
    codebook_size: int
    n_epochs: int
    tol: float | None
    patience: int
    batch_size: int
    learning_rate: float
    temperature: float
    seed: int
    verbose: bool

    def __post_init__(self) -> None:
        if self.tol is not None and not 0 <= self.tol < 1:
            raise ValueError(f"tol must be None or in 0 <= tol < 1, got {self.tol!r}")
        for name in ("learning_rate", "temperature"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)!r}")


class Network:
    """Parameters of encoder and codebooks, and the two ways to use them."""

    def __init__(self, torch: Any, dim: int, settings: Settings, generator: Any) -> None:
        m, k = settings.n_codebooks, settings.codebook_size
        hidden = max(m * k // 2, 1)

        def uniform(rows: int, columns: int, limit: float) -> Any:
            start = torch.rand(rows, columns, generator=generator, dtype=torch.float32)
            return ((2 * start - 1) * limit).requires_grad_()

        self._torch = torch
        self._shape = (m, k)
        self._generator = generator
        self._w1 = uniform(dim, hidden, math.sqrt(6 / (dim + hidden)))
        self._b1 = torch.zeros(hidden, dtype=torch.float32, requires_grad=True)
        self._w2 = uniform(hidden, m * k, math.sqrt(6 / (hidden + m * k)))
        self._b2 = torch.zeros(m * k, dtype=torch.float32, requires_grad=True)
        self._a = uniform(m * k, dim, _CODEWORD_RANGE)
        self.parameters = [self._w1, self._b1, self._w2, self._b2, self._a]

    def _activation(self, x: Any) -> Any:
        hidden = self._torch.tanh(x @ self._w1 + self._b1)
        return self._torch.nn.functional.softplus(hidden @ self._w2 + self._b2)

    def loss(self, x: Any, temperature: float) -> Any:
        """Return the mean of ``||x - x'||^2 / 2`` with soft, noisy choices."""
        torch = self._torch
        logits = torch.log(self._activation(x) + _TINY).view(-1, *self._shape)
        waiting = torch.empty_like(logits).exponential_(generator=self._generator)
        # -log of an exponential variable is a Gumbel variable
        noisy = (logits - torch.log(waiting + _TINY)) / temperature
        choice = torch.softmax(noisy, dim=2).reshape(len(x), -1)  # (rows, M K)
        return ((choice @ self._a - x) ** 2).sum(dim=1).mean() / 2

    def _hard(self, x: Any) -> Any:
        """Return the chosen rows of the (M K, d) codebooks, (rows, M)."""
        m, k = self._shape
        best = self._activation(x).view(-1, m, k).argmax(dim=2)
        return best + k * self._torch.arange(m)

    def hard_loss(self, x: Any) -> float:
        """Return ``||x - x'||^2 / ||x||^2`` with the codewords chosen for good."""
        torch = self._torch
        with torch.no_grad():
            error = energy = 0.0
            for part in x.split(1024):
                # one row at a time of M codewords would need M times the memory of x
                decoded = torch.nn.functional.embedding_bag(self._hard(part), self._a, mode="sum")
                error += float(((decoded - part) ** 2).sum())
                energy += float((part**2).sum())
        return error / energy if energy > 0 else error

    def codes(self, block: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the numbers of the codewords of each row, int64 (rows, M)."""
        m, k = self._shape
        with self._torch.no_grad():
            rows = self._hard(self._torch.from_numpy(block))
            numbers: NDArray[np.int64] = (rows - k * self._torch.arange(m)).numpy()
        return numbers

    def codebooks(self) -> NDArray[np.float32]:
        """Return the codebooks, float32 (M, K, d)."""
        flat: NDArray[np.float32] = self._a.detach().numpy()
        return flat.reshape(*self._shape, -1).copy()

    def state(self) -> list[Any]:
        """Return a copy of the parameters."""
        return [parameter.detach().clone() for parameter in self.parameters]

    def load(self, state: list[Any]) -> None:
        """Put a copy made by `state` back."""
        with self._torch.no_grad():
            for parameter, kept in zip(self.parameters, state, strict=True):
                parameter.copy_(kept)


def train(
    torch: Any, vectors: NDArray[np.float32], scale: float, settings: Settings
) -> tuple[Network, list[float]]:
    """Train until the loss is flat; return the best network and the loss after each epoch.

    Parameters
    ----------
    torch : module
    vectors : ndarray float32 (n, d)
        The training rows; they are multiplied by ``scale``.
    settings : Settings
    """
    from tqdm import tqdm

    generator = torch.Generator().manual_seed(settings.seed)
    rows = torch.from_numpy(vectors * np.float32(scale))
    spaced = np.linspace(0, len(vectors) - 1, min(len(vectors), _CHECK_ROWS)).astype(np.int64)
    check = rows[torch.from_numpy(spaced)]
    network = Network(torch, vectors.shape[1], settings, generator)
    optimizer = torch.optim.Adam(network.parameters, lr=settings.learning_rate)
    losses: list[float] = []
    best = network.state()
    with tqdm(
        total=settings.n_epochs, desc="dccl", unit="epoch", disable=not settings.verbose
    ) as bar:
        for _ in range(settings.n_epochs):
            _epoch(torch, network, optimizer, rows, generator, settings, len(losses))
            losses.append(network.hard_loss(check))
            _stop_if_diverged(losses[-1], len(losses), settings)
            if losses[-1] == min(losses):
                best = network.state()
            bar.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
            bar.update()
            if is_flat(losses, settings.tol, settings.patience):
                break
    network.load(best)
    return network, losses


def _epoch(
    torch: Any,
    network: Network,
    optimizer: Any,
    rows: Any,
    generator: Any,
    settings: Settings,
    n_done: int,
) -> None:
    order = torch.randperm(len(rows), generator=generator)
    for batch in order.split(settings.batch_size):
        loss = network.loss(rows[batch], settings.temperature)
        _stop_if_diverged(float(loss.detach()), n_done + 1, settings)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def _stop_if_diverged(loss: float, epoch: int, settings: Settings) -> None:
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss of DCCL became {loss} in epoch {epoch}: lower learning_rate "
            f"(now {settings.learning_rate:g}), or raise temperature (now "
            f"{settings.temperature:g})"
        )


def is_flat(losses: list[float], tol: float | None, patience: int) -> bool:
    """Return whether the last ``patience`` losses improve on those before by less than ``tol``."""
    if tol is None or len(losses) <= patience:
        return False
    before = min(losses[:-patience])
    return min(losses[-patience:]) > (1 - tol) * before

"""A torch module that looks up bits: 32 times smaller than an embedding of floats."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.extras import need

if TYPE_CHECKING:
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors


def embedding_bag(vocabulary: BinaryKeyedVectors, *, mode: str = "mean") -> Any:
    """Return a torch module like ``torch.nn.EmbeddingBag`` whose table is the packed codes.

    Parameters
    ----------
    vocabulary : BinaryKeyedVectors
        Row i of the table is word i.
    mode : {"mean", "sum"}

    Returns
    -------
    torch.nn.Module
        ``module(input, offsets=None, per_sample_weights=None)`` gives float32 (bags, d): the mean
        or sum of the decoded vectors of each bag's rows, zeros for an empty bag. Call it with a
        matrix of bags of one length, or with all rows in one line and ``offsets``, the start of
        each bag. Rows of -1 (missing words) count for nothing. The table is a buffer of uint8, the
        decoder one of float32: they move with the module, are saved with it, and not trained.

    Raises
    ------
    ModuleNotFoundError
        If torch is missing.

    Examples
    --------
    >>> import iiq
    >>> codes = iiq.pack([[1, 1, 0], [1, 0, 0]])
    >>> vocabulary = iiq.BinaryKeyedVectors(["a", "b"], iiq.HammingIndex(codes, 3))
    >>> import torch
    >>> embedding_bag(vocabulary)(torch.tensor([[0, 1], [0, 0]]))
    tensor([[ 1.,  0., -1.],
            [ 1.,  1., -1.]])
    """
    if mode not in ("mean", "sum"):
        raise ValueError(f"mode must be 'mean' or 'sum', got {mode!r}")
    n_bits, encoder = vocabulary.n_bits, vocabulary.encoder
    decoder = np.eye(n_bits) if encoder is None else encoder.decoder_  # (n_bits, d)
    return _bag_class()(vocabulary.codes, decoder.astype(np.float32), mode)


@lru_cache(1)
def _bag_class() -> Any:
    """Make the class where torch is there to inherit from."""
    torch = need("torch", "embedding_bag", "torch")
    module: Any = torch.nn.Module

    class BinaryEmbeddingBag(module):  # type: ignore[misc]
        """Sums or means of the decoded vectors of rows of packed codes."""

        codes: Any
        decoder: Any
        shifts: Any

        def __init__(
            self, codes: NDArray[np.uint8], decoder: NDArray[np.float32], mode: str
        ) -> None:
            super().__init__()
            self.n_bits, self.dim = decoder.shape
            self.mode = mode
            self.register_buffer("codes", torch.from_numpy(codes.copy()))
            self.register_buffer("decoder", torch.from_numpy(decoder))
            self.register_buffer("shifts", torch.arange(8, dtype=torch.uint8), persistent=False)

        def extra_repr(self) -> str:
            return (
                f"{len(self.codes)} codes, {self.n_bits} bits, dim={self.dim}, mode={self.mode!r}"
            )

        def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
            rows = input.reshape(-1)
            bags = self._bags(input, offsets)
            known = (rows >= 0).to(torch.float32)
            packed = self.codes[rows.clamp(min=0)]
            bits = (packed[:, :, None] >> self.shifts) & 1
            signs = bits.reshape(len(rows), -1)[:, : self.n_bits].to(torch.float32) * 2 - 1
            weights = (
                known if per_sample_weights is None else known * per_sample_weights.reshape(-1)
            )
            n_bags = len(input) if offsets is None else len(offsets)
            sums = signs.new_zeros(n_bags, self.n_bits)
            sums.index_add_(0, bags, signs * weights[:, None])
            sums = sums @ self.decoder  # (bags, n_bits) @ (n_bits, d)
            if self.mode == "sum":
                return sums
            counts = signs.new_zeros(n_bags).index_add_(0, bags, known)
            return sums / counts.clamp(min=1)[:, None]

        def _bags(self, input: Any, offsets: Any) -> Any:
            """Return the number of the bag of each row."""
            if input.dim() == 2 and offsets is None:
                numbers = torch.arange(len(input), device=input.device)
                return numbers.repeat_interleave(input.shape[1])
            if input.dim() != 1 or offsets is None or (len(offsets) and int(offsets[0]) != 0):
                raise ValueError(
                    "input must be 2-D (bags, rows), or 1-D with offsets that start at 0, got "
                    f"shape {tuple(input.shape)} and offsets {offsets}"
                )
            places = torch.arange(len(input), device=input.device)
            return torch.searchsorted(offsets.contiguous(), places, right=True) - 1

    BinaryEmbeddingBag.__qualname__ = BinaryEmbeddingBag.__name__
    return BinaryEmbeddingBag


def __getattr__(name: str) -> Any:
    """Return the class by its name, which is how pickle looks for it."""
    if name == "BinaryEmbeddingBag":
        return _bag_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

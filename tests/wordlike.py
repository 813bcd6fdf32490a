"""Made-up rows that resemble word vectors, made-up codes, and the loss by its definition."""

import numpy as np

from iiq.codes.bits import pack
from iiq.encoders import IIQ


def vectors(n: int = 1500, d: int = 24, seed: int = 0, dtype: type = np.float32) -> np.ndarray:
    """Rows like word vectors: a few strong directions, a mean, heavy tails."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((d, d)))[0]
    spread = np.r_[6.0, 4.0, 3.0, np.linspace(1.6, 0.5, d - 3)]
    return ((rng.standard_t(8, (n, d)) * spread) @ basis + rng.standard_normal(d)).astype(dtype)


def random_codes(n: int, n_bits: int, seed: int = 0) -> np.ndarray:
    """Packed codes of random bits."""
    return pack(np.random.default_rng(seed).integers(0, 2, (n, n_bits), dtype=np.uint8))


def loss(encoder: IIQ, X: np.ndarray) -> float:
    """Eq. 2 from its definition: ||B - Z R||^2."""
    projected = (X.astype(np.float64) - encoder.mean_) @ encoder.projection_
    signs = np.where(projected >= 0, 1.0, -1.0)
    return float(((signs - projected) ** 2).sum())

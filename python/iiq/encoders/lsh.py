"""Random hyperplanes (Charikar 2002): signs of projections on Gaussian directions."""

from __future__ import annotations

from typing import Any

import numpy as np

from iiq._support.validate import as_generator, as_int
from iiq.encoders.base import Encoder
from iiq.rows import Rows
from iiq.rows.moments import moments


class LSH(Encoder):
    """Locality-sensitive hashing by random hyperplanes.

    Parameters
    ----------
    n_bits : int, optional
        Bits of a code; default: the dimension.
    center : bool, default True
        Subtract the mean of the training rows first.
    threads : int, optional
        Default: all cores.
    random_state : None, int or numpy Generator
        Seed of the hyperplanes.

    References
    ----------
    M. Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
    """

    method = "lsh"

    def __init__(
        self,
        n_bits: int | None = None,
        *,
        center: bool = True,
        threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_bits = n_bits
        self.center = center
        self.threads = threads
        self.random_state = random_state

    def _learn(self, rows: Rows) -> Rows:
        n_bits = rows.n_columns if self.n_bits is None else as_int(self.n_bits, "n_bits", 1)
        rng = as_generator(self.random_state)
        stats = moments(rows, gram=False)
        self.mean_ = stats.mean if self.center else np.zeros(rows.n_columns)
        self.projection_ = rng.standard_normal((rows.n_columns, n_bits))
        return rows

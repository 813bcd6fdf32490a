"""Plain signs: one bit a dimension, nothing learned but, if asked, the mean."""

from __future__ import annotations

import numpy as np

from iiq.encoders.base import Encoder
from iiq.rows import Rows
from iiq.rows.moments import moments


class SignBinarizer(Encoder):
    """Keep the sign of each number of a vector: ``n_bits`` is the dimension.

    Parameters
    ----------
    center : bool, default False
        Subtract the mean of the training rows first.
    threads : int, optional
        Default: all cores.

    Examples
    --------
    >>> import numpy as np
    >>> SignBinarizer().fit_transform(np.array([[1.0, -2.0, 0.0], [-1.0, 3.0, -0.5]]))
    array([[5],
           [2]], dtype=uint8)
    """

    method = "sign"

    def __init__(self, *, center: bool = False, threads: int | None = None) -> None:
        self.center = center
        self.threads = threads

    def _learn(self, rows: Rows) -> Rows:
        stats = moments(rows, gram=False)
        self.mean_ = stats.mean if self.center else np.zeros(rows.n_columns)
        self.projection_ = np.eye(rows.n_columns)
        return rows

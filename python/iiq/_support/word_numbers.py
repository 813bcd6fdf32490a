"""What words tell as numbers: made by vectors/, carried by rows/, read by encoders/."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class WordNumbers(NamedTuple):
    """What the words of some rows say of their vectors.

    Attributes
    ----------
    texts : float
        The share of entries that are texts of several words.
    pairs : ndarray int64 (m, 2)
        Row numbers of a word and of a longer form of it, "walk" and "walking", by ascending
        number of the later row: in the order of frequency where the rows are in that order.
    """

    texts: float
    pairs: NDArray[np.int64]

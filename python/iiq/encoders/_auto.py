"""How many top directions to remove, from the spectrum alone: the rule behind ``n_remove="auto"``.

Word vectors trained on text keep frequency and register in a few directions of large variance, far
above the rest; these directions decide most signs of a code and tell little of meaning. The rule
counts the directions that stand out and removes them, within two bounds: the best number is flat
between about 4 and 30 on vectors that have such directions, so few suffice, and a direction that
does not stand out carries meaning, so a flat spectrum loses none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST = 6  # never remove more directions than this
LEAST_SHARE = 0.015  # of the whole variance: below it a direction does not stand out ...
LEAST_RATIO = 1.5  # ... nor below this many times the mean share of a direction
RANK_TOLERANCE = 1e-6  # directions below this part of the largest variance count as absent
DIRECTIONS_PER_REMOVED = 8  # keep at least seven of eight


def choose_n_remove(eigenvalues: NDArray[np.float64], n_rows: int) -> int:
    """Choose how many of the top principal directions to remove before binarizing.

    Parameters
    ----------
    eigenvalues : ndarray float64 (d,)
        Variances along the principal directions of the centred vectors, in any unit, largest
        first.
    n_rows : int
        Rows that they come from: ``n_rows`` rows have at most ``n_rows - 1`` directions.

    Returns
    -------
    int
        ``min(6, r // 8, number of directions k with w_k / sum(w) >= max(0.015, 1.5 / r))``, ``r``
        being the numerical rank; 0 for vectors that are all alike.

    Notes
    -----
    O(d). The figures behind the rule are in ``docs/quality.md``.

    Examples
    --------
    >>> import numpy as np
    >>> choose_n_remove(np.ones(100), 5000)  # a flat spectrum: nothing stands out
    0
    >>> choose_n_remove(np.r_[30.0, 9.0, 5.0, np.ones(97)], 5000)
    3
    """
    w = np.maximum(np.asarray(eigenvalues, dtype=np.float64), 0.0)
    if w.size == 0 or w[0] <= 0.0:
        return 0
    rank = min(int(np.count_nonzero(w > RANK_TOLERANCE * w[0])), max(n_rows - 1, 1))
    share = w / w.sum()
    standing_out = int(np.count_nonzero(share >= max(LEAST_SHARE, LEAST_RATIO / rank)))
    return min(MOST, rank // DIRECTIONS_PER_REMOVED, standing_out)

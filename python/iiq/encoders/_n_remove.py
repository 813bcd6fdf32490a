"""How many top directions to remove, by spectrum and mean: the rule of ``n_remove="auto"``.

Word vectors trained on text may keep frequency and register in a few directions of large variance,
which then decide most signs of a code and tell little of meaning. The rule counts the directions
that stand out from the rest and removes them, but few: how many depends on whether the strongest
direction is that of the mean vector, as it is in GloVe and its kin, where removing up to 30 helps.
In vectors without that mark (word2vec, the tables of language models) strong directions carry
meaning, and removing more than about three costs. ``docs/quality.md`` has the figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_ALIGNED = 6  # the most to remove where the strongest direction is that of the mean
MOST_UNKNOWN = 4  # where there is no mean to go by
MOST_APART = 3  # where the mean points elsewhere
ALIGNED = 0.28  # cosine from which on a direction counts as that of the mean
LEAST_MEAN = 0.005  # squared length of a mean to go by, as a part of the mean squared length
LEAST_SHARE = 0.015  # of the whole variance: below it a direction does not stand out ...
LEAST_RATIO = 1.5  # ... nor below this many times the mean share of a direction
RANK_TOLERANCE = 1e-6  # directions below this part of the largest variance count as absent
DIRECTIONS_PER_REMOVED = 8  # keep at least seven of eight


def choose_n_remove(
    eigenvalues: NDArray[np.float64], n_rows: int, alignment: float | None = None
) -> int:
    """Choose how many of the top principal directions to remove before binarizing.

    Parameters
    ----------
    eigenvalues : ndarray float64 (d,)
        Variances along the principal directions of the centred vectors, in any unit, largest
        first.
    n_rows : int
        Rows that they come from: ``n_rows`` rows have at most ``n_rows - 1`` directions.
    alignment : float, optional
        What `mean_alignment` says; None where it is not known.

    Returns
    -------
    int
        ``min(most, r // 8, number of directions k with w_k / sum(w) >= max(0.015, 1.5 / r))``,
        ``r`` being the numerical rank, and ``most`` 6 for an alignment of at least 0.28, 3 for a
        smaller one, 4 for none; 0 for vectors that are all alike.

    Notes
    -----
    O(d). Neither the unit of the variances nor the order of the rows matters.

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
    most = MOST_UNKNOWN
    if alignment is not None:
        most = MOST_ALIGNED if alignment >= ALIGNED else MOST_APART
    return min(most, rank // DIRECTIONS_PER_REMOVED, standing_out)


def mean_alignment(
    mean: NDArray[np.float64], strongest: NDArray[np.float64], variance: float
) -> float | None:
    """Return the cosine, without its sign, of the mean vector and the strongest direction.

    Parameters
    ----------
    mean : ndarray float64 (d,)
        Of the vectors before centring.
    strongest : ndarray float64 (d,)
        The first principal direction, of length 1.
    variance : float
        The sum of the variances, in the unit of ``mean`` squared.

    Returns
    -------
    float or None
        None where the mean is next to nothing: the vectors were centred before.
    """
    square = float(mean @ mean)
    if square <= LEAST_MEAN * (square + variance):
        return None
    return float(abs(mean @ strongest) / np.sqrt(square))

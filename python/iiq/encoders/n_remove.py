"""How many of the strongest directions to remove: the rule of ``n_remove="auto"``.

Word vectors trained on text may keep frequency and register in a few directions of large variance,
which then decide most signs of a code and tell little of meaning. In other tables, and in what
models make of texts, the strong directions carry meaning. The rule asks in turn, and says what it
saw: are the entries texts; does any direction stand out; are words nearer to their own longer forms
without the directions; and, where no words tell, are the rows of one length, or nearly one vector.
``docs/quality.md`` has the figures.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.validate import Vectors
from iiq._support.word_numbers import WordNumbers
from iiq.rows import Rows
from iiq.rows.moments import Moments

Float64 = NDArray[np.float64]

MOST_ALIGNED = 6  # the most to remove where the strongest direction is that of the mean
MOST_UNKNOWN = 4  # where there is no mean to go by
MOST_APART = 3  # where the mean points elsewhere
ALIGNED = 0.28  # cosine from which on a direction counts as that of the mean
LEAST_MEAN = 0.005  # squared length of a mean to go by, as a part of the mean squared length
LEAST_SHARE = 0.015  # of the whole variance: below it a direction does not stand out ...
LEAST_RATIO = 1.5  # ... nor below this many times the mean share of a direction
RANK_TOLERANCE = 1e-6  # directions below this part of the largest variance count as absent
DIRECTIONS_PER_REMOVED = 8  # keep at least seven of eight

TEXTS = 0.5  # share of entries of several words from which on the rows are of texts
LEAST_PAIRS = 200  # of words and longer forms: fewer say little
LEAST_GAIN = 0.1  # by which forms must stand out more
CLEARLY_ALIGNED = 0.7  # cosine with the mean that needs no forms: frequency, beyond doubt
SHIFTS = (31, 57, 91)  # pairs to the next word compared: about as frequent, of another stem
ONE_LENGTH = 0.01  # spread of lengths, as a part of their mean, below which they are one
MOSTLY_MEAN = 0.5  # part of the squared length from which on rows are nearly one vector


class Choice(NamedTuple):
    """How many directions to remove, and the sentence that says why."""

    n_remove: int
    reason: str


def choose_n_remove(rows: Rows, stats: Moments, variances: Float64, directions: Float64) -> Choice:
    """Choose how many of the strongest directions to remove before binarizing.

    Parameters
    ----------
    rows : Rows
        All rows; their ``word_numbers``, if any, name rows that are read.
    stats : Moments
        Of the rows learned from.
    variances : ndarray float64 (d,)
        Along the principal directions, in the unit of the rows squared, largest first.
    directions : ndarray float64 (d, d)

    Notes
    -----
    O(m d) for m pairs of words and longer forms, at most 3000; O(d) without words.
    """
    variance = float(variances.sum())
    alignment = mean_alignment(stats.mean, directions[:, 0], variance)
    count = standing_out(variances, stats.n_rows, alignment)
    words = rows.word_numbers
    if words is not None and words.texts >= TEXTS:
        return _because(0, f"{100 * words.texts:.0f} % of the entries are texts of several words")
    if count == 0:
        return _because(0, "no direction stands out")
    if words is not None and alignment is not None and alignment >= CLEARLY_ALIGNED:
        return _because(count, "they stand out, and the strongest is that of the mean vector")
    if words is None or len(words.pairs) < LEAST_PAIRS or not rows.replayable:
        return _without_words(stats, variance, count)
    gain = gain_of_forms(*_read_pairs(rows, words), stats.mean, directions[:, :MOST_ALIGNED])
    return _because(
        count if gain >= LEAST_GAIN else 0,
        f"without the strongest ones {len(words.pairs)} words find their own longer forms (as dog, "
        f"dogs) {100 * gain:.0f} % better, where {100 * LEAST_GAIN:.0f} % is asked",
    )


def _without_words(stats: Moments, variance: float, count: int) -> Choice:
    """Choose by the matrix alone."""
    if one_length(stats.sample):
        return _because(
            0, "all rows have one length, as models give them (word vectors: pass the words too)"
        )
    share = mean_share(stats.mean, variance)
    if share >= MOSTLY_MEAN:
        return _because(1, f"the mean holds {100 * share:.0f} % of the squared length of the rows")
    return _because(count, "they stand out, and no words tell more (model output: n_remove=0)")


def _because(count: int, reason: str) -> Choice:
    removed = {0: "nothing is removed", 1: "1 direction is removed"}
    return Choice(count, f"{removed.get(count, f'{count} directions are removed')}: {reason}")


def standing_out(variances: Float64, n_rows: int, alignment: float | None = None) -> int:
    """Count the directions that stand out from the rest, up to a few.

    Parameters
    ----------
    variances : ndarray float64 (d,)
        Along the principal directions of the centred vectors, in any unit, largest first.
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
    >>> standing_out(np.ones(100), 5000)  # a flat spectrum
    0
    >>> standing_out(np.r_[30.0, 9.0, 5.0, np.ones(97)], 5000)
    3
    """
    w = np.maximum(np.asarray(variances, dtype=np.float64), 0.0)
    if w.size == 0 or w[0] <= 0.0:
        return 0
    rank = min(int(np.count_nonzero(w > RANK_TOLERANCE * w[0])), max(n_rows - 1, 1))
    share = w / w.sum()
    found = int(np.count_nonzero(share >= max(LEAST_SHARE, LEAST_RATIO / rank)))
    most = MOST_UNKNOWN
    if alignment is not None:
        most = MOST_ALIGNED if alignment >= ALIGNED else MOST_APART
    return min(most, rank // DIRECTIONS_PER_REMOVED, found)


def mean_share(mean: Float64, variance: float) -> float:
    """Return the squared length of the mean as a part of the mean squared length of the rows."""
    square = float(mean @ mean)
    return square / (square + variance) if square > 0 else 0.0


def mean_alignment(mean: Float64, strongest: Float64, variance: float) -> float | None:
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
    if mean_share(mean, variance) <= LEAST_MEAN:
        return None
    return float(abs(mean @ strongest) / np.sqrt(mean @ mean))


def one_length(rows: Vectors) -> bool:
    """Return whether all rows (n, d) but those of zeros have one length, within 1 %."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    lengths = lengths[lengths > 0]
    return len(lengths) > 1 and float(lengths.std()) < ONE_LENGTH * float(lengths.mean())


def gain_of_forms(words: Vectors, forms: Vectors, mean: Float64, strongest: Float64) -> float:
    """Return how much more the forms of words stand out without strong directions.

    Parameters
    ----------
    words, forms : ndarray float32 (m, d)
        Row i of ``forms`` is a longer form of the word of row i; neighbours are about as frequent.
    mean : ndarray float64 (d,)
    strongest : ndarray float64 (d, k)
        Principal directions, strongest first.

    Returns
    -------
    float
        ``max over D in 0 .. k of (s(D) - s(0)) / max(s(0), 1)``. s is the mean cosine of a word
        and its form less that of a word and another word's form, in standard deviations of the
        latter, centred and without the first D directions. 0 where nothing gets better.
    """
    a, b = words - mean, forms - mean
    along_a, along_b = a @ strongest, b @ strongest
    own = _cosines(a, b, along_a, along_b)
    others = [_cosines(a[h:], b[:-h], along_a[h:], along_b[:-h]) for h in SHIFTS if h < len(a)]
    if not others:
        return 0.0
    other = np.concatenate(others, axis=1)
    spread = other.std(axis=1)
    apart = (own.mean(axis=1) - other.mean(axis=1)) / np.where(spread > 0, spread, 1.0)
    return float((apart.max() - apart[0]) / max(apart[0], 1.0))


def _cosines(a: Float64, b: Float64, along_a: Float64, along_b: Float64) -> Float64:
    """Return the cosines (k + 1, n) of rows without the first D = 0 .. k of their coordinates."""

    def rest(x: Float64, y: Float64, along_x: Float64, along_y: Float64) -> Float64:
        whole = np.einsum("ij,ij->i", x, y)
        parts = np.cumsum(along_x * along_y, axis=1).T
        return np.vstack([whole, whole - parts])

    squares = rest(a, a, along_a, along_a) * rest(b, b, along_b, along_b)
    known = squares > 1e-20 * squares[0]  # else nothing of a row is left: no direction at all
    return np.where(known, rest(a, b, along_a, along_b), 0.0) / np.sqrt(np.where(known, squares, 1))


def _read_pairs(rows: Rows, words: WordNumbers) -> tuple[Vectors, Vectors]:
    read = np.concatenate(list(rows.at(words.pairs.ravel()).chunks()))
    return read[0::2], read[1::2]

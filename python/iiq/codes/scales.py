"""Scales of codes: the lengths of the decoded codes, which scores are divided by.

A search reads two bytes beside each code: how many whole units there are in its scale. They bound
every score, so that nearly all codes are left out; what is returned comes from exact scales. Where
only the steps are known (a file holds nothing else), they say which codes may be the best ones.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.growing import appended, has_room, take_room
from iiq._support.validate import as_int

BLOCK = 32
TOP = 65535  # a step that says no more than "at least so much"
_MEDIAN = 2**13  # steps of a typical scale, at least: it is known to 1 in 8192


def _as_lengths(lengths: ArrayLike, n_codes: int | None = None) -> NDArray[np.float32]:
    array = np.asarray(lengths)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"scales must be numbers, one for each code, got dtype {array.dtype}")
    if array.ndim != 1 or n_codes not in {None, len(array)}:
        wanted = "n" if n_codes is None else n_codes
        raise ValueError(
            f"scales must have shape ({wanted},), one for each code, got {array.shape}"
        )
    with np.errstate(over="ignore"):
        exact = np.array(array, dtype=np.float32)
    wrong = ~((exact >= 0) & (exact < np.inf))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"scales must be finite and 0 or more (lengths, in float32), but scales[{row}] is "
            f"{array[row]}"
        )
    return exact


def _unit(exact: NDArray[np.float32]) -> float:
    """Return a power of two, so that bounds are exact, of which a typical scale has enough."""
    positive = exact[exact > 0]
    typical = float(np.median(positive)) if len(positive) else 1.0
    return float(2.0 ** (np.floor(np.log2(typical)) - np.log2(_MEDIAN)))


class CodeScales:
    """Hold a scale for each code: exactly, or as bounds in two bytes.

    Parameters
    ----------
    lengths : array-like (n,)
        Scales, finite and 0 or more. They are kept in float32, which are then the exact ones.

    Attributes
    ----------
    n_codes : int
    exact : ndarray float32 (n,) or None
        None where only the bounds are known.
    steps : ndarray uint16 (n rounded up to 32,)
        Scale i is at least ``steps[i] * unit`` and less than one unit more; where a step is 65535,
        at most ``most``. Zeros past the last code.
    unit, most : float

    Examples
    --------
    >>> scales = CodeScales([1.0, 0.5, 3.0])
    >>> low, high = scales.bounds(np.array([0, 1]))
    >>> bool((low <= [1.0, 0.5]).all() and (high >= [1.0, 0.5]).all())
    True
    """

    def __init__(self, lengths: ArrayLike) -> None:
        exact = _as_lengths(lengths)
        self._set(_unit(exact), float(exact.max(initial=0)), len(exact))
        self.exact: NDArray[np.float32] | None = exact
        self.steps = self._steps(exact)

    @classmethod
    def from_steps(cls, steps: NDArray[np.uint16], unit: float, most: float, n_codes: int) -> Self:
        """Make scales of which only the bounds are known, as a file holds them.

        Parameters
        ----------
        steps : ndarray uint16 (n_codes,) or (n_codes rounded up to 32,)
            The longer form is not copied; a read-only memory map will do.
        unit, most : float
            As `unit` and `most` of the scales they were made from.

        Raises
        ------
        TypeError, ValueError
            If the array has another type or size, or a number is not one.
        """
        self = cls.__new__(cls)
        array = np.asarray(steps)
        if array.dtype != np.uint16:
            raise TypeError(f"steps must have dtype uint16, got {array.dtype}")
        n_codes = as_int(n_codes, "n_codes", 0)
        padded = -(-n_codes // BLOCK) * BLOCK
        if array.shape not in {(n_codes,), (padded,)}:
            raise ValueError(
                f"steps must have shape ({padded},) or ({n_codes},) for {n_codes} codes, got "
                f"{array.shape}"
            )
        if not (0 < unit < np.inf and 0 <= most < np.inf):
            raise ValueError(f"unit must be positive and most 0 or more, got {unit} and {most}")
        self._set(float(unit), float(most), n_codes)
        self.exact = None
        self.steps = (
            array if len(array) == padded else np.concatenate([array, _zeros(padded - n_codes)])
        )
        return self

    def appended(self, lengths: ArrayLike | CodeScales) -> CodeScales:
        """Return these scales and then others, in the same unit; these stay as they are."""
        exact = lengths.exact if isinstance(lengths, CodeScales) else _as_lengths(lengths)
        if exact is None:
            raise ValueError("only exact scales can be appended, these are bounds")
        n_codes = self.n_codes + len(exact)
        longer = CodeScales.__new__(CodeScales)
        longer._set(self.unit, max(self.most, float(exact.max(initial=0))), n_codes)
        longer.exact = None if self.exact is None else appended(self.exact, exact)
        padded = -(-n_codes // BLOCK) * BLOCK
        room = take_room(self.steps, self.n_codes, n_codes, padded)
        room[self.n_codes : n_codes] = self._steps(exact)[: len(exact)]
        longer.steps = room[:padded]
        return longer

    def _set(self, unit: float, most: float, n_codes: int) -> None:
        self.unit = unit
        self.most = most
        self.n_codes = n_codes

    def _steps(self, exact: NDArray[np.float32]) -> NDArray[np.uint16]:
        steps = _zeros(-(-len(exact) // BLOCK) * BLOCK)
        steps[: len(exact)] = np.minimum(exact.astype(np.float64) / self.unit, TOP)
        return steps

    def __len__(self) -> int:
        return self.n_codes

    def stored_steps(self) -> NDArray[np.uint16]:
        """Return the steps as a file holds them: zeros past the last code."""
        if self.n_codes % BLOCK == 0 or not has_room(self.steps):
            return self.steps
        steps = self.steps.copy()
        steps[self.n_codes :] = 0
        return steps

    def bounds(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the least and the largest that the scales of ``ids`` can be: equal where exact."""
        if self.exact is not None:
            exact = self.exact[ids].astype(np.float64)
            return exact, exact
        steps = self.steps[ids].astype(np.float64)
        return steps * self.unit, np.where(steps == TOP, self.most, (steps + 1) * self.unit)

    def as_arrays(self) -> tuple[Any, ...]:
        """Return what a kernel is passed: steps, unit, most, and the exact scales or None."""
        return self.steps, self.unit, self.most, self.exact


def _zeros(n: int) -> NDArray[np.uint16]:
    return np.zeros(n, np.uint16)


def as_scales(scales: ArrayLike | CodeScales | None, n_codes: int) -> CodeScales | None:
    """Check the scales of ``n_codes`` codes."""
    if scales is None:
        return None
    if isinstance(scales, CodeScales):
        if scales.n_codes != n_codes:
            raise ValueError(f"scales are of {scales.n_codes} codes, but there are {n_codes}")
        return scales
    return CodeScales(_as_lengths(scales, n_codes))

"""Numbers that encoders learn and files hold: only those, and only as numbers, come back."""

from __future__ import annotations

from typing import Any

_HUGE = 1e30  # no number that a fit learns comes near it

# The learned numbers that files hold: the least they may be, and whether there may be none.
_FIGURES: dict[str, tuple[float, bool]] = {
    "scale_": (0.0, False),
    "n_remove_": (0, False),
    "refine_scale_": (0.0, True),
    "decode_scale_": (-_HUGE, True),
    "input_scale_": (1 / _HUGE, False),
}


def checked_figure(encoder: type, name: object, value: Any) -> int | float | None:
    """Return a number of a file, for an attribute that this kind of encoder has."""
    declared = any(name in vars(kind).get("__annotations__", {}) for kind in encoder.__mro__)
    if name not in _FIGURES or not declared:
        raise ValueError(f"{encoder.__name__} learns no number called {name!r:.60}")
    least, may_lack = _FIGURES[str(name)]
    if value is None and may_lack:
        return None
    whole = isinstance(least, int)
    if type(value) is not int and (whole or type(value) is not float):
        raise ValueError(f"{name} must be a {'whole ' * whole}number, got {value!r:.60}")
    if not least <= value <= _HUGE:
        raise ValueError(f"{name} must be from {least:g} to {_HUGE:g}, got {value!r:.60}")
    return value if whole else float(value)

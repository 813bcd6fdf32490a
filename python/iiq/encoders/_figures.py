"""What encoders learn and files hold beside arrays: only that, checked, comes back."""

from __future__ import annotations

from typing import Any

_HUGE = 1e30  # no number that a fit learns comes near it

# The learned numbers that files hold: the least they may be, and whether there may be none.
_FIGURES: dict[str, tuple[float, bool]] = {
    "scale_": (0.0, False),
    "n_remove_": (0, False),
    "flip_shift_": (0, True),
    "n_train_rows_": (0, True),
    "refine_scale_": (0.0, True),
    "decode_scale_": (-_HUGE, True),
    "input_scale_": (1 / _HUGE, False),
}
_SENTENCES = ("n_remove_reason_",)
_LONGEST_SENTENCE = 500  # characters


def checked_figure(encoder: type, name: object, value: Any) -> int | float | str | None:
    """Return a number or a sentence of a file, for an attribute that this kind of encoder has."""
    declared = any(name in vars(kind).get("__annotations__", {}) for kind in encoder.__mro__)
    if name in _SENTENCES and declared:
        return _checked_sentence(str(name), value)
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


def _checked_sentence(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_SENTENCE or not value.isprintable():
        raise ValueError(
            f"{name} must be a printable text of at most {_LONGEST_SENTENCE} characters, "
            f"got {value!r:.60}"
        )
    return value

"""What encoders tell scikit-learn of themselves; it is imported only where it asks."""

from __future__ import annotations

from typing import Any

from iiq._support.frames import FrameHabits
from iiq._support.parameters import Parameters, transformer_tags
from iiq._support.validate import bytes_per_code


class ScikitLearnHabits(Parameters, FrameHabits):
    """Parameters, tables in and out, tags, and the sentence of what is not fitted."""

    n_bits_: int

    def __sklearn_tags__(self) -> Any:
        """Describe the encoder to scikit-learn."""
        return transformer_tags()

    def _check_fitted(self) -> None:
        if not hasattr(self, "projection_"):
            name = type(self).__name__
            raise ValueError(f"This {name} is not fitted yet: call fit(X) first")

    def _n_columns_out(self) -> int:
        self._check_fitted()
        return bytes_per_code(self.n_bits_)

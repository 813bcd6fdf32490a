"""Four sizes of a compressed vocabulary, by names that say what they are for.

How small and how good each is on real vectors stands in docs/choosing.md (bench.quality.presets).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from iiq.vocabulary.kept_vectors import Kind

PresetName: TypeAlias = Literal["tiny", "small", "balanced", "faithful"]


class Preset(NamedTuple):
    """The bits of a code for each number of a vector, how vectors are kept, and what it is for."""

    bits_per_number: int
    keep_vectors: Kind | None
    told: str

    def bytes_per_word(self, dim: int) -> float:
        """Return the bytes of a word's code and kept vector, of ``dim`` numbers."""
        kept = {None: 0.0, "int4": dim / 2 + 4, "int8": dim + 4, "float16": 2 * dim}
        return self.bits_per_number * dim / 8 + kept[self.keep_vectors]


PRESETS: dict[str, Preset] = {
    "tiny": Preset(1, None, "codes alone, a bit a number: 32 times smaller"),
    "small": Preset(2, None, "codes alone, two bits a number"),
    "balanced": Preset(1, "int4", "codes, and vectors in 4 bits a number to put answers in order"),
    "faithful": Preset(1, "int8", "codes, and vectors in 8 bits: nearly the float answers"),
}


def as_preset(name: str, given: Mapping[str, object]) -> Preset:
    """Return the preset called ``name``; ``given`` are the parameters that it stands for."""
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {name!r}")
    for parameter, value in given.items():
        if value is not None:
            raise ValueError(
                f"got preset={name!r} and {parameter}={value!r}: a preset chooses the bits of a "
                "code and what is kept, pass one of them"
            )
    return PRESETS[name]

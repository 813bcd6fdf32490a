"""The file of a fitted encoder: NumPy's ``.npz``, read without pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.files import ENCODER_MEMBER, replacing

Arrays = dict[str, NDArray[Any]]

_HUGE = 1e30


def write_state(path: str | os.PathLike[str], told: dict[str, Any], arrays: Arrays) -> None:
    """Write what is told in JSON, and arrays, all or nothing; the name is taken as it is given."""
    mark = np.frombuffer(json.dumps(told).encode(), np.uint8)
    stored: dict[str, Any] = {ENCODER_MEMBER: mark, **arrays}
    with replacing(Path(os.path.realpath(path))) as file:
        np.savez(file, **stored)


def read_state(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Arrays]:
    """Read what `write_state` wrote; what is damaged raises one of many kinds of error."""
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    told = json.loads(arrays.pop(ENCODER_MEMBER).tobytes())
    for name, array in arrays.items():
        if not (np.abs(array) < _HUGE).all():  # NaN, too
            raise ValueError(f"{name} holds NaN, infinity or absurd numbers")
    return told, arrays

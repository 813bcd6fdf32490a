"""A fitted encoder in a file of its own: NumPy's ``.npz``, read without pickle."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from iiq._support.files import replacing

_TOLD = "encoder.json"
_HUGE = 1e30


def save_encoder(encoder: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted encoder, all or nothing; the name is taken as it is given."""
    parameters, arrays = encoder.to_state()
    told = json.dumps({"method": encoder.method, **parameters})
    stored: dict[str, Any] = {_TOLD: np.frombuffer(told.encode(), np.uint8), **arrays}
    with replacing(Path(os.path.realpath(path))) as file:
        np.savez(file, **stored)


def load_encoder(path: str | os.PathLike[str]) -> Any:
    """Read an encoder that ``encoder.save(path)`` wrote: it gives the same codes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no saved encoder, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> import iiq
    >>> rows = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
    >>> encoder = iiq.IIQ(16, random_state=0).fit(rows)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     encoder.save(folder + "/words.encoder")
    ...     again = iiq.load_encoder(folder + "/words.encoder")
    >>> bool((again.transform(rows) == encoder.transform(rows)).all())
    True
    """
    from iiq.encoders import from_state

    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            told = json.loads(arrays.pop(_TOLD).tobytes())
            for name, array in arrays.items():
                if not (np.abs(array) < _HUGE).all():  # NaN, too
                    raise ValueError(f"{name} holds NaN, infinity or absurd numbers")
            return from_state(told.pop("method"), told, arrays)
        except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.error) as error:
            raise ValueError(
                f"{os.fspath(path)} is no saved encoder, or damaged: {error}"
            ) from None

"""A fitted encoder read back from a file of its own."""

from __future__ import annotations

import os
import zipfile

from iiq.encoders import Encoder, from_state
from iiq.encoders._file import read_state


def load_encoder(path: str | os.PathLike[str]) -> Encoder:
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
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
    >>> encoder = iiq.IIQ(16, random_state=0).fit(rows)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     encoder.save(folder + "/words.encoder")
    ...     again = iiq.load_encoder(folder + "/words.encoder")
    >>> bool((again.transform(rows) == encoder.transform(rows)).all())
    True
    """
    try:
        told, arrays = read_state(path)
        return from_state(told.pop("method"), told, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.error) as error:
        raise ValueError(f"{os.fspath(path)} is no saved encoder, or damaged: {error}") from None

"""How an index lies in a file: blocks and scales by name, mapped on opening.

A compressed vocabulary holds them beside its words; `FileVerbs` gives an index a file of its own.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from iiq._support import container
from iiq._support.container import ALIGNMENT, Container
from iiq._support.files import INDEX_FORMAT, VOCABULARY_FORMAT
from iiq._support.validate import as_threads
from iiq._support.version import __version__
from iiq.codes.scales import CodeScales

FORMAT_VERSION = 1
BIT_ORDER = "little: bit j of a code is bit j % 16 of its 16-bit word j // 16"
MAX_BITS = 2**24 - 2
_CODES_IN_BLOCK = 32


def n_words_of(n_bits: int) -> int:
    """Return the 16-bit words of a code."""
    return (n_bits + 15) // 16


def stored_index(index: Any, scales: CodeScales | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a file holds of an index: its arrays, and texts about them."""
    shape = (-1, n_words_of(index.n_bits), _CODES_IN_BLOCK)
    arrays = {"codes": index.stored_blocks().view("<u2").reshape(shape)}
    texts = {
        "n_codes": str(index.n_codes),
        "n_bits": str(index.n_bits),
        "bit_order": BIT_ORDER,
    }
    if scales is not None:
        arrays["codes.scales"] = scales.stored_steps()
        texts["scales"] = json.dumps({"unit": scales.unit, "most": scales.most})
    return arrays, texts


def read_version(metadata: dict[str, str], what: str, mark: str, newest: int) -> int:
    """Return the version of a file's format, if it bears the mark and this library reads it."""
    kind = metadata.get("format")
    if kind != mark:
        raise ValueError(
            f"a safetensors file, but no {what}: its metadata name the format {kind!r:.60}, "
            f"not {mark!r}"
        )
    version = whole_number(metadata, "format_version", 1, None)
    if version > newest:
        raise ValueError(
            f"written in format version {version} by {metadata.get('library')!r:.60}, but this "
            f"library reads up to {newest}: upgrade iiq"
        )
    return version


def read_size(metadata: dict[str, str]) -> tuple[int, int]:
    """Return how many codes a file holds, and of how many bits."""
    n_codes = whole_number(metadata, "n_codes", 1, 1 << 32)
    return n_codes, whole_number(metadata, "n_bits", 1, MAX_BITS)


def read_blocks(opened: Container, n_codes: int, n_bits: int) -> NDArray[np.uint8]:
    """Return the blocks of an opened file, not copied where they are aligned."""
    if "codes" not in opened.arrays:
        raise ValueError("arrays are missing: codes")
    codes = opened.arrays["codes"]
    shape = (-(-n_codes // _CODES_IN_BLOCK), n_words_of(n_bits), _CODES_IN_BLOCK)
    if codes.dtype != np.dtype("<u2") or codes.shape != shape:
        raise ValueError(
            f"codes must be uint16 {shape} for {n_codes} codes of {n_bits} bits, "
            f"got {codes.dtype} {codes.shape}"
        )
    blocks = codes.reshape(-1).view(np.uint8)
    if blocks.ctypes.data % ALIGNMENT:  # rewritten by another program: aligned only in a copy
        room = np.empty(blocks.size + ALIGNMENT, dtype=np.uint8)
        start = -room.ctypes.data % ALIGNMENT
        room[start : start + blocks.size] = blocks
        blocks = room[start : start + blocks.size]
    return blocks


def read_scales(opened: Container, n_codes: int) -> CodeScales | None:
    """Return the scales of an opened file, as bounds, if it has some."""
    steps = opened.arrays.get("codes.scales")
    if steps is None:
        return None
    bounds = json.loads(opened.metadata["scales"])
    return CodeScales.from_steps(steps, float(bounds["unit"]), float(bounds["most"]), n_codes)


def whole_number(metadata: dict[str, str], key: str, low: int, high: int | None) -> int:
    """Return a whole number among the texts of a file."""
    text = metadata.get(key, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(f"metadata {key!r} must be a whole number, got {text!r:.60}")
    value = int(text)
    if value < low or (high is not None and value > high):
        raise ValueError(f"metadata {key!r} must be from {low} to {high}, got {value}")
    return value


class FileVerbs:
    """The verbs of HammingIndex about a file of its own."""

    n_codes: int
    n_bits: int
    scales: CodeScales | None

    if TYPE_CHECKING:

        @classmethod
        def from_blocks(  # noqa: D102
            cls, blocks: Any, n_codes: int, n_bits: int, *, scales: Any, threads: int | None
        ) -> Self: ...

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to one file, all or nothing; :meth:`load` maps it.

        Notes
        -----
        The file is a safetensors file; docs/file-format.md says what it holds. The number of
        threads is not kept.
        """
        arrays, texts = stored_index(self, self.scales)
        if self.scales is not None and self.scales.exact is not None:
            arrays["codes.lengths"] = self.scales.exact
        about = {
            "format": INDEX_FORMAT,
            "format_version": str(FORMAT_VERSION),
            "library": f"iiq {__version__}",
        }
        container.write(path, arrays, {**about, **texts})

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, threads: int | None = None) -> Self:
        """Open an index that :meth:`save` wrote: memory-mapped, read when it is searched.

        Parameters
        ----------
        path : path-like
        threads : int, optional
            As in the constructor.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no saved index, damaged, or newer than this library.

        Examples
        --------
        >>> import tempfile
        >>> from iiq import HammingIndex, pack
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     HammingIndex(pack([[1, 0, 1], [0, 0, 1]]), 3).save(folder + "/codes.index")
        ...     index = HammingIndex.load(folder + "/codes.index")
        >>> len(index), index.n_bits
        (2, 3)
        """
        as_threads(threads)
        opened = container.read(path)
        name = os.fspath(path)
        try:
            if opened.metadata.get("format") == VOCABULARY_FORMAT:
                raise ValueError(
                    "a compressed vocabulary, no index alone: use iiq.load(path).index"
                )
            read_version(opened.metadata, "saved index", INDEX_FORMAT, FORMAT_VERSION)
            n_codes, n_bits = read_size(opened.metadata)
            blocks = read_blocks(opened, n_codes, n_bits)
            lengths = opened.arrays.get("codes.lengths")
            scales = read_scales(opened, n_codes) if lengths is None else lengths
            return cls.from_blocks(blocks, n_codes, n_bits, scales=scales, threads=threads)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"{name}: damaged: {type(error).__name__}: {error}") from None

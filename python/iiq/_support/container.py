"""The file a vocabulary lives in: named arrays and text in one safetensors file, mapped on opening.

A safetensors file is an 8-byte little-endian length, a JSON header of that length and the bytes of
the arrays, end to end. This module adds what a mapped file needs: the data starts on a 64-byte
boundary, wide arrays come first so that each is aligned, a header is believed only after it has
been checked against the size of the file, and a save that is interrupted leaves the old file whole.
It knows nothing of words or codes; ``docs/file-format.md`` describes what is stored.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iiq._support.files import replacing
from iiq._support.mapped import MappedFile

Array = NDArray[Any]

ALIGNMENT = 64
MAX_HEADER_BYTES = 16 << 20
_CHECKSUMS = "checksums"
_WRITE_BYTES = 16 << 20

# safetensors' name of a type, and NumPy's; little-endian always.
_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_NAMES = {np.dtype(code).newbyteorder("="): name for name, code in _DTYPES.items()}


class Container(NamedTuple):
    """The arrays (read-only views into the mapped file) and the text of a file."""

    arrays: dict[str, Array]
    metadata: dict[str, str]


def write(
    path: str | os.PathLike[str], arrays: Mapping[str, Array], metadata: Mapping[str, str]
) -> None:
    """Write arrays and text to ``path`` as one safetensors file, all or nothing.

    Parameters
    ----------
    path : path-like
        Where to. The bytes go to a new file beside it, which replaces ``path`` once it is complete
        and on the disk: whatever interrupts the save, ``path`` is the old file or the new one.
    arrays : mapping of str to ndarray
        Integer, floating or boolean arrays; mapped ones are copied a piece at a time. Those of a
        multiple of 64 bytes are stored first, then those of wider numbers, else as given.
    metadata : mapping of str to str
        Text. A SHA-256 of each array and of the text itself is added under ``"checksums"``.
    """
    target = Path(os.path.realpath(path))
    stored = _in_order({name: _as_stored(name, array) for name, array in arrays.items()})
    text = dict(metadata)
    sums = {name: _digest(array) for name, array in stored.items()}
    text[_CHECKSUMS] = json.dumps({**sums, "metadata": _digest_of_text(text)})
    header = _header(stored, text)
    with replacing(target) as file:
        file.write(struct.pack("<Q", len(header)))
        file.write(header)
        for array in stored.values():
            for piece in _pieces(array):
                file.write(piece)


def read(path: str | os.PathLike[str]) -> Container:
    """Map a safetensors file and check its header against its size; touch none of its arrays.

    Raises
    ------
    ValueError
        If the file is no safetensors file, is truncated or damaged in its header, or holds types
        or sizes that do not fit; the text says what was found.
    FileNotFoundError, OSError
        If the file cannot be opened.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        header, start = _read_header(file, size, name)
        entries, metadata = _check_header(header, size - start, name)
        data = memoryview(b"") if size == start else memoryview(MappedFile(file))[start:]
    arrays = {}
    for key, (dtype, shape, begin, _) in entries.items():
        count = math.prod(shape)
        flat = np.frombuffer(data if count else b"", dtype, count, begin if count else 0)
        arrays[key] = flat.reshape(shape)
    return Container(arrays, metadata)


def verify(container: Container) -> list[str]:
    """Return what differs from the checksums in the file: names of arrays, or ``"metadata"``.

    Reads every byte of the file. An empty list means that all is as it was written.

    Raises
    ------
    ValueError
        If the file holds no checksums, or unreadable ones.
    """
    try:
        expected = json.loads(container.metadata[_CHECKSUMS])
        expected.keys()
    except (KeyError, ValueError, AttributeError, RecursionError):
        raise ValueError(
            "the file holds no readable checksums: it was written by another program, or is damaged"
        ) from None
    found = {name: _digest(array) for name, array in container.arrays.items()}
    found["metadata"] = _digest_of_text(container.metadata)
    return sorted(k for k in expected.keys() | found.keys() if expected.get(k) != found.get(k))


# --- writing -------------------------------------------------------------------------------------


def _as_stored(name: str, array: Array) -> Array:
    kind = array.dtype.newbyteorder("=")
    if kind not in _NAMES:
        known = ", ".join(str(dtype) for dtype in _NAMES)
        raise TypeError(f"array {name!r} has dtype {array.dtype}, not one of {known}")
    return np.ascontiguousarray(array, dtype=np.dtype(_DTYPES[_NAMES[kind]])).reshape(array.shape)


def _in_order(arrays: dict[str, Array]) -> dict[str, Array]:
    """Put arrays whose bytes are a multiple of 64 first, then wider types: each stays aligned."""

    def narrowness(item: tuple[str, Array]) -> tuple[bool, int]:
        whole = item[1].nbytes % ALIGNMENT == 0
        return (not whole, 0 if whole else -item[1].itemsize)

    return dict(sorted(arrays.items(), key=narrowness))


def _header(arrays: dict[str, Array], metadata: dict[str, str]) -> bytes:
    fields: dict[str, Any] = {"__metadata__": metadata}
    offset = 0
    for name, array in arrays.items():
        fields[name] = {
            "dtype": _NAMES[array.dtype.newbyteorder("=")],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    header = json.dumps(fields, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + 8) % ALIGNMENT)
    if len(header) > MAX_HEADER_BYTES:
        raise ValueError(f"a header of {len(header)} bytes is over the limit of {MAX_HEADER_BYTES}")
    return header


def _pieces(array: Array) -> Iterator[memoryview]:
    data = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(data), _WRITE_BYTES):
        yield data[start : start + _WRITE_BYTES]


# --- checksums -----------------------------------------------------------------------------------


def _digest(array: Array) -> str:
    total = hashlib.sha256()
    for piece in _pieces(np.ascontiguousarray(array)):
        total.update(piece)
    return total.hexdigest()


def _digest_of_text(metadata: Mapping[str, str]) -> str:
    text = {key: value for key, value in metadata.items() if key != _CHECKSUMS}
    lines = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()


# --- reading what may be hostile ------------------------------------------------------------------


def _read_header(file: IO[bytes], size: int, name: str) -> tuple[dict[str, Any], int]:
    """Return the parsed header and where the data starts."""
    if size < 8:
        raise ValueError(f"{name}: {size} bytes are too few for a safetensors file: truncated?")
    (length,) = struct.unpack("<Q", file.read(8))
    if length > size - 8:
        raise ValueError(
            f"{name}: the header claims {length} bytes, but the file has {size - 8} after it: "
            "truncated, or no safetensors file"
        )
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"{name}: a header of {length} bytes, over {MAX_HEADER_BYTES}")
    raw = file.read(length)
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: the header is no readable JSON: {error}") from None
    if not isinstance(header, dict):
        raise ValueError(f"{name}: the header is no JSON object but a {type(header).__name__}")
    return header, 8 + length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return fields


Entry = tuple[np.dtype[Any], tuple[int, ...], int, int]


def _check_header(
    header: dict[str, Any], n_data: int, name: str
) -> tuple[dict[str, Entry], dict[str, str]]:
    """Check names, types, sizes and offsets; Python's integers cannot overflow."""
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"{name}: the metadata must map text to text")
    entries = {key: _check_entry(key, value, name) for key, value in header.items()}
    position = 0
    for key, (_, _, begin, end) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if begin != position:
            raise ValueError(f"{name}: array {key!r} starts at byte {begin}, expected {position}")
        position = end
    if position != n_data:
        raise ValueError(
            f"{name}: the arrays take {position} bytes, but {n_data} follow the header: "
            "truncated, or something was appended"
        )
    return entries, metadata


def _check_entry(key: str, value: object, name: str) -> Entry:
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name}: array {key!r} needs a dtype, shape, data_offsets")
    kind, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise ValueError(f"{name}: array {key!r} is of the unknown type {kind!r:.40}")
    if not _are_sizes(shape) or len(shape) > 8 or not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(
            f"{name}: array {key!r} has the shape {shape!r:.80} at {offsets!r:.80}; "
            "both must be short lists of whole numbers from 0 up"
        )
    dtype = np.dtype(_DTYPES[kind])
    begin, end = offsets
    needed = math.prod(shape) * dtype.itemsize
    if end - begin != needed or max(shape, default=0) > 2**62:
        raise ValueError(
            f"{name}: array {key!r} of shape {shape!r:.80} needs {needed} bytes, "
            f"but has the offsets {begin} to {end}"
        )
    return dtype, tuple(shape), begin, end


def _are_sizes(values: object) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)

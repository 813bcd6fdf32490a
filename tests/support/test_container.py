"""The mapped safetensors file: round trips, alignment, hostile headers, interrupted saves."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from iiq._support import container

ARRAYS = {
    "flags": np.array([True, False, True]),
    "bytes": np.arange(7, dtype=np.uint8),
    "halves": np.ones((3, 5), dtype=np.float16),
    "numbers": np.linspace(0, 1, 11),
    "codes": np.arange(2 * 3 * 32, dtype=np.uint16).reshape(2, 3, 32),
    "empty": np.empty((0, 4), dtype=np.float32),
    "scalar": np.array(3, dtype=np.int64),
}


def write_raw(path: Path, header: bytes, data: bytes = b"", length: int | None = None) -> Path:
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + data)
    return path


def one(dtype="U8", shape=(4,), offsets=(0, 4)):
    return {"x": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "file.safetensors"
    container.write(path, ARRAYS, {"words": "ünï", "empty": ""})
    return path


def test_round_trip(saved):
    arrays, metadata = container.read(saved)
    assert metadata["words"] == "ünï"
    assert arrays.keys() == ARRAYS.keys()
    for name, expected in ARRAYS.items():
        assert arrays[name].dtype == expected.dtype
        assert arrays[name].shape == expected.shape
        np.testing.assert_array_equal(arrays[name], expected)
        assert not arrays[name].flags.writeable


def test_every_array_lies_on_a_multiple_of_its_numbers(saved):
    arrays, _ = container.read(saved)
    assert arrays["codes"].ctypes.data % 64 == 0
    for name, array in arrays.items():
        assert array.ctypes.data % array.itemsize == 0, name
    (length,) = struct.unpack("<Q", saved.read_bytes()[:8])
    assert (length + 8) % 64 == 0


def test_the_safetensors_package_reads_it_and_we_read_its_files(saved, tmp_path):
    for name, array in load_file(saved).items():
        np.testing.assert_array_equal(array, ARRAYS[name])
    theirs = tmp_path / "theirs.safetensors"
    save_file(ARRAYS, theirs, {"key": "value"})
    arrays, metadata = container.read(theirs)
    assert metadata == {"key": "value"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, ARRAYS[name])
    with pytest.raises(ValueError, match="no readable checksums"):
        container.verify(container.read(theirs))


def test_verify_names_what_was_changed(saved):
    assert container.verify(container.read(saved)) == []
    raw = bytearray(saved.read_bytes())
    raw[-1] ^= 1  # the last array is the last of the narrowest
    saved.write_bytes(raw)
    assert container.verify(container.read(saved)) == ["bytes"]
    raw[-1] ^= 1
    saved.write_bytes(raw.replace(rb"\u00ef", rb"\u00ee"))
    assert container.verify(container.read(saved)) == ["metadata"]


def test_verify_names_what_is_there_and_should_not_be_and_what_is_not(saved):
    arrays, metadata = container.read(saved)
    more = container.Container({**arrays, "more": np.zeros(3)}, metadata)
    assert container.verify(more) == ["more"]
    fewer = {name: array for name, array in arrays.items() if name != "codes"}
    assert container.verify(container.Container(fewer, metadata)) == ["codes"]


HOSTILE = {
    "empty file": (None, b""),
    "seven bytes": (None, b"1234567"),
    "a header beyond the end": (2**63, b"{}"),
    "a header of 2 GB": (2**31, b"{}"),
    "a length of all ones": (2**64 - 1, b"{}"),
    "no JSON": (9, b"not JSON!"),
    "no UTF-8": (4, b'{"\xff"'),
    "no object": (2, b"[]"),
    "deep nesting": (200000, b"[" * 200000),
    "a name twice": (13, b'{"a":1,"a":2}'),
    "a number as array": (7, b'{"a":1}'),
    "text that is no text": (22, b'{"__metadata__":{"a":1}}'[:22]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name, tmp_path):
    length, raw = HOSTILE[name]
    path = tmp_path / "x"
    if length is None:
        path.write_bytes(raw)
    else:
        write_raw(path, raw, length=length)
    with pytest.raises(ValueError, match="x: "):
        container.read(path)


def test_lengths_and_names_are_refused_for_what_they_are(tmp_path):
    path = write_raw(tmp_path / "x", b"{}", length=3)  # of the 2 bytes that follow
    with pytest.raises(ValueError, match="claims 3 bytes, but the file has 2 after it"):
        container.read(path)
    path.write_bytes(struct.pack("<Q", container.MAX_HEADER_BYTES + 1))
    os.truncate(path, container.MAX_HEADER_BYTES + 9)
    with pytest.raises(ValueError, match=f"bytes, over {container.MAX_HEADER_BYTES}"):
        container.read(path)
    entry = json.dumps(one())[1:-1]
    write_raw(path, f"{{{entry},{entry}}}".encode(), b"1234")
    with pytest.raises(ValueError, match="a name stands twice"):
        container.read(path)


@pytest.mark.parametrize(
    "entry",
    [
        one(shape=(5,)),
        one(offsets=(0, 5)),
        one(offsets=(1, 4)),
        one(offsets=(4, 0)),
        one(offsets=(-4, 0)),
        one(offsets=(0, 2**64)),
        one(shape=(2**63, 2**63, 0, 2)),
        one(shape=(2**64 + 4,)),
        one(shape=(-4,)),
        one(shape=(-2, -2)),
        one(shape=(4.0,)),
        one(shape=(True, 4)),
        one(shape=("4",)),
        one(shape=[1] * 20 + [4]),
        one(offsets=(0,)),
        one(offsets=(0, 4, 4)),
        one(dtype="BF16", shape=(2,)),
        one(dtype="U128"),
        one(dtype=["U8"]),
        {"x": {"dtype": "U8", "shape": [4]}},
        {"x": None},
        {**one(offsets=(0, 4)), "y": {"dtype": "U8", "shape": [2], "data_offsets": [2, 4]}},
        {
            **one(shape=(1,), offsets=(0, 1)),
            "y": {"dtype": "U8", "shape": [2], "data_offsets": [2, 4]},
        },
        {**one(), "__metadata__": {"a": 1}},
        {**one(), "__metadata__": []},
        {},
    ],
    ids=repr,
)
def test_hostile_headers(entry, tmp_path):
    path = write_raw(tmp_path / "x", json.dumps(entry).encode(), b"1234")
    with pytest.raises(ValueError, match="x: "):
        container.read(path)


def test_an_interrupted_save_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def fail(*_):
        raise KeyboardInterrupt

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(KeyboardInterrupt):
                container.write(saved, {"other": np.ones(3)}, {})
        assert saved.read_bytes() == before
        assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_saving_over_a_mapped_file_and_through_a_link(saved, tmp_path):
    arrays, _ = container.read(saved)
    link = tmp_path / "link"
    link.symlink_to(saved)
    container.write(link, {"codes": arrays["codes"]}, {})
    assert link.is_symlink()
    np.testing.assert_array_equal(arrays["codes"], ARRAYS["codes"])  # the old map is still there
    assert container.read(saved).arrays.keys() == {"codes"}


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(TypeError, match="complex128"):
        container.write(tmp_path / "x", {"a": np.ones(2, dtype=complex)}, {})
    with pytest.raises(ValueError, match="header"):
        container.write(tmp_path / "x", {}, {"a": "x" * (container.MAX_HEADER_BYTES + 1)})
    with pytest.raises(FileNotFoundError):
        container.write(tmp_path / "none" / "x", {}, {})
    assert list(tmp_path.iterdir()) == []

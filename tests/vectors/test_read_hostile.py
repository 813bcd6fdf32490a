"""Hostile files: memory and time are bounded by what a file holds, and the error names the file."""

import gzip
import io
import json
import sqlite3
import struct
import warnings
import zipfile

import numpy as np
import pytest

from iiq.vectors.readers import _opened, _streams, fasttext, iter_vectors, read_vectors, text
from tests import damage

MATRIX = np.ones((3, 2), np.float32)


@pytest.fixture(autouse=True)
def bounded():
    """Stop a test that takes more than 100 MB of Python's and NumPy's memory, or 30 seconds."""
    with damage.bounded():
        yield


def refused(path, message, **options):
    with pytest.raises(ValueError, match=message) as caught:
        read_vectors(path, **options)
    assert str(path.parent) in str(caught.value)


@pytest.mark.parametrize("kernels", ["core", "numba"])
@pytest.mark.parametrize("lines", ["w 1 2 3\n", "w 1 2 3\n\n\n", "\n\n\nw 1 2 3\n"])
def test_a_wide_header_over_short_lines(tmp_path, monkeypatch, kernels, lines):
    if kernels == "numba":
        monkeypatch.setenv("IIQ_KERNELS", "numba")
    path = tmp_path / "v.txt"
    path.write_text("3000 999999999\n" + lines * 3000)
    refused(path, "line .: the line ends with 3 numbers, expected 999999999 as the header says")


def test_a_wide_first_line_over_short_ones(tmp_path):
    path = tmp_path / "v.txt"
    row = "w " + "1 " * 20_000 + "\n"
    path.write_text("2000 20000\n" + row + "\n" * 100_000 + "w 1\n" * 20_000)
    refused(path, r"line 100003: the line ends with 1 number, expected 20000")
    path.write_text("2 20000\n" + row + "\n" * 300_000 + "v" + row[1:])
    assert read_vectors(path).words == ["w", "v"]


def test_a_wide_header_of_binary(tmp_path):
    path = tmp_path / "w.bin.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"5 999999999\nword \xff\xff\xff\x00" + bytes(1 << 24))
    refused(path, "the header says 999999999 numbers a row, more than the 16777216")


def test_what_inflates(tmp_path, monkeypatch):
    monkeypatch.setattr(_opened, "UNSUSPECTED", 1 << 20)
    np.save(tmp_path / "m.npy", MATRIX)
    words = tmp_path / "m.words.txt"
    words.write_bytes(gzip.compress(bytes(1 << 24)))
    refused(tmp_path / "m.npy", "a list of words of more than 262144 bytes is none for these")
    path = tmp_path / "v.txt"
    path.write_bytes(gzip.compress(b"w 0.5\n" + b"\n" * (1 << 24)))
    refused(path, "over 256 times as many: unpack it first if you trust it")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v.txt", b"w 0.5\n" + b"\n" * (1 << 24))
    refused(path, "over 256 times as many")
    path = tmp_path / "v.npz"
    np.savez_compressed(path, np.zeros((2, 1 << 20), np.float32), np.array(["a", "b"]))
    refused(path, "over 256 times as many")


@pytest.mark.parametrize("name", ["v.npy", "v.npz", "vectors", "v.words.npy"])
@pytest.mark.parametrize("version", [2, 3])
def test_a_header_of_npy_that_claims_to_be_long(tmp_path, name, version):
    array = io.BytesIO()
    np.save(array, MATRIX)
    data = bytearray(array.getvalue())
    data[6], data[8:12] = version, b"\xff\xff\xff\x7f"
    options = {"words": tmp_path / name} if name == "v.words.npy" else {}
    path = tmp_path / ("v.npy" if options else name)
    np.save(tmp_path / "v.npy", MATRIX)
    if name == "v.npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.npy", data)
    elif name == "vectors":
        for beside in ("strings.json", "key2row"):
            (tmp_path / beside).write_bytes(b"[]" if beside != "key2row" else b"\x80")
        (tmp_path / "vectors").write_bytes(data)
        path = tmp_path
    else:
        (tmp_path / name).write_bytes(data)
    refused(path, "its header claims 2147483647 bytes", **options)


def test_a_zip_whose_member_has_no_name(tmp_path):
    path = tmp_path / "v.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"w 1 2\n")
    data = path.read_bytes()
    at = data.index(b"PK\1\2")
    path.write_bytes(data[: at + 28] + b"\0\0" + data[at + 30 : at + 46] + data[at + 47 :])
    refused(path, "v.npz")


def test_an_npz_that_claims_more_than_it_holds(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, v=MATRIX, w=np.array(["a", "b", "c"]))
    entries = {}
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    wide = entries["v.npy"].replace(b"(3, 2), }      ", b"(3, 2000000000)")
    assert wide != entries["v.npy"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v.npy", wide.replace(b"2000000000)", b"2000000000),}"[:13]))
        archive.writestr("w.npy", entries["w.npy"])
    refused(path, "npz")


def sqlite(path, dim=2, precision=7, view=""):
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE rows (key TEXT, dim_0 INTEGER, dim_1 INTEGER)")
    database.execute("INSERT INTO rows VALUES ('a', 1, 2)")
    if view:
        database.execute(f"CREATE VIEW magnitude AS {view}")
    else:
        database.execute("ALTER TABLE rows RENAME TO magnitude")
    database.execute("CREATE TABLE magnitude_format (key TEXT, value)")
    settings = [("dim", dim), ("precision", precision), ("size", 1)]
    database.executemany("INSERT INTO magnitude_format VALUES (?, ?)", settings)
    database.commit()
    database.close()


ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT 'w' || i AS key, i AS dim_0, i AS dim_1 FROM n"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": 400}, "precision is 400, expected 0 to 30"),
        ({"precision": -1}, "precision is -1"),
        ({"dim": 5_000_000}, "dim is 5000000, but the columns are key, dim_0, dim_1"),
        ({"dim": -3}, "dim is -3"),
        ({"view": ENDLESS}, "its tables are views or virtual, which may have no end"),
    ],
)
def test_magnitude(tmp_path, options, message):
    path = tmp_path / "v.magnitude"
    sqlite(path, **options)
    refused(path, message)


@pytest.mark.parametrize(
    "tokenizer",
    [
        json.dumps({"model": {"vocab": {"a": 0, "b": -7}}}),
        json.dumps({"model": {"vocab": {"a": 0, "b": -1}}}),
        json.dumps({"model": {"vocab": {"a": 0, "b": 10**12}}}),
        json.dumps({"model": {"vocab": {"a": 0, "b": 10**8}}}),
        json.dumps({"model": {"vocab": {"a": 0, "b": 0}}}),
        json.dumps({"model": {"vocab": {"a": 0, "b": True}}}),
        json.dumps({"model": {"vocab": {"a": 0, "b": "1"}}}),
        json.dumps({"model": {"vocab": {}}}),
        json.dumps({"model": {"vocab": [[1, 1], [2, 2]]}}),
        '{"model":' + "[" * 100_000,
    ],
)
def test_tokenizers(tmp_path, tokenizer):
    from safetensors.numpy import save_file

    save_file({"embeddings": MATRIX}, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text(tokenizer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        refused(tmp_path / "model.safetensors", "tokenizer.json")


def test_hdf5_that_reads_other_files(tmp_path):
    h5py = pytest.importorskip("h5py")
    secret = tmp_path / "secret"
    secret.write_bytes(b"TOP-SECRET-0123456789-abcdefghij")
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("v", (8, 4), np.uint8, external=[(str(secret), 0, 32)])
        file["w"] = [f"w{i}" for i in range(8)]
    refused(path, "the numbers of /v lie in other files")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["v"] = np.ones((8, 4))
    layout = h5py.VirtualLayout((8, 4), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "v", (8, 4))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("v", layout)
        file["w"] = [f"w{i}" for i in range(8)]
    refused(path, "the numbers of /v lie in other files")


def test_hdf5_that_claims_more_than_it_holds(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("v", (3, 10**9), "f4", chunks=(1, 1000), compression="gzip")
        file["w"] = ["a", "b", "c"]
    refused(path, "packed bytes of /v hold 12000000000 and more, over 256 times as many")
    with h5py.File(path, "w") as file:
        file.create_dataset("v", (3, 10**9), "f4")
        file["w"] = ["a", "b", "c"]
    refused(path, "/v needs 12000000000 bytes, but the file holds 0")


def test_hdf5_strings_without_end(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file["w"], file["v"] = ["a", "bc", "d"], MATRIX
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    free = data.index(struct.pack("<HHIQ", 0, 0, 0, 4096 - 16 - 3 * 24), heap)
    data[free + 8 : free + 16] = bytes(8)
    path.write_bytes(data)
    refused(path, "the heap of strings at byte .* does not end")


def test_text_without_a_line_end(tmp_path, monkeypatch):
    monkeypatch.setattr(_streams, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(text, "LONGEST_LINE", 1 << 20)
    path = tmp_path / "v.txt"
    path.write_bytes(b"w " + b"1 " * (1 << 21))
    refused(path, "no line end in .* bytes")
    with pytest.raises(ValueError, match="no line end"):
        list(iter_vectors(path))


def test_reading_up_to_a_large_limit_asks_for_little_memory_at_once():
    asked = []

    class Stream(io.BytesIO):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    assert _streams.read_full(Stream(b"words"), 1 << 40) == b"words"
    assert _streams.read_full(Stream(b"x" * 40), 30) == b"x" * 30
    assert max(asked) <= 1 << 26


def test_rows_that_are_told_once_for_very_many(tmp_path, monkeypatch):
    monkeypatch.setattr(_opened, "UNSUSPECTED", 1 << 20)
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    words = pa.array([f"w{i}" for i in range(2000)])
    table = pa.table({"w": words, "v": pa.array([[0.0] * 2000] * 2000)})
    pq.write_table(table, tmp_path / "v.parquet", compression="zstd")
    refused(tmp_path / "v.parquet", "packed bytes of vectors hold 16000000 and more")
    from safetensors.numpy import save_file

    tensors = {"embeddings": np.ones((1, 4000), np.float32), "mapping": np.zeros(5000, np.int16)}
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text("{}")
    refused(tmp_path / "model.safetensors", "packed bytes of vectors hold 80000000 and more")


def test_fasttext_with_endless_ngrams(tmp_path):
    from tests.vectors.test_read_damaged import fasttext

    path = tmp_path / "v.bin"
    fasttext(path)
    data = bytearray(path.read_bytes())
    assert struct.unpack_from("<2i", data, 44) == (2, 3)
    struct.pack_into("<i", data, 48, 1 << 30)
    path.write_bytes(data)
    refused(path, "n-grams of up to 1073741824 characters")


class Counted(io.BytesIO):
    asked = 0

    def read(self, size=-1):
        self.asked += 1
        return super().read(size)


def test_a_word_without_end(tmp_path):
    path = tmp_path / "v.bin"
    path.write_bytes(b"2 3\n" + b"a" * 200_000)
    refused(path, "no space in the 65536 bytes where a word should end", format="word2vec-binary")
    file = Counted(b"a" * (20 << 20))
    with pytest.raises(ValueError, match="0 of 9 words are readable"):
        fasttext._read_dictionary(path, file, 9)
    assert file.asked <= 2

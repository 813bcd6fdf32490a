"""Damaged files of every format: each is read or refused with a ValueError, never anything else."""

import importlib.util
import json
import sqlite3
import struct
import warnings

import numpy as np
import pytest

from iiq.vectors.readers import read_vectors
from iiq.vectors.readers.spacy import string_hash
from tests import damage

WORDS = ["</s>", "the", "king", "été", "new_york", "世界"]
VECTORS = np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32)
N_DAMAGED = 64  # of each format
OTHER = b"\x93NUMPY 6 5\nPK\x03\x04SQLite format 3\0PAR1" + bytes(range(256))  # headers of others


def text(path):
    rows = zip(WORDS, VECTORS.tolist(), strict=True)
    lines = [f"{word} {' '.join(map(str, row))}\n" for word, row in rows]
    path.write_text("6 5\n" + "".join(lines), encoding="utf-8")


def word2vec_binary(path):
    rows = [w.encode() + b" " + v.tobytes() for w, v in zip(WORDS, VECTORS, strict=True)]
    path.write_bytes(b"6 5\n" + b"\n".join(rows))


def npy(path):
    np.save(path.with_suffix(".npy"), VECTORS)
    path.with_suffix(".npy").rename(path)
    path.with_name("words.txt").write_text("\n".join(WORDS), encoding="utf-8")


def npz(path):
    np.savez(path.with_suffix(".npz"), VECTORS, np.array(WORDS))
    path.with_suffix(".npz").rename(path)


def fasttext(path):
    arguments = struct.pack("<12id", 5, 5, 5, 1, 5, 1, 1, 1, 3, 2, 3, 0, 0.1)
    entries = b"".join(w.encode() + b"\0" + struct.pack("<qb", 1, 0) for w in WORDS)
    matrix = np.resize(VECTORS, (9, 5))
    path.write_bytes(
        struct.pack("<2i", 793712314, 12)
        + arguments
        + struct.pack("<3i2q", 6, 6, 0, 100, -1)
        + entries
        + struct.pack("<?2q", False, 9, 5)
        + matrix.tobytes()
    )


def magnitude(path):
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE magnitude (key TEXT, dim_0 INTEGER, dim_1 INTEGER)")
    database.execute("CREATE TABLE magnitude_format (key TEXT, value INTEGER)")
    settings = [("dim", 2), ("precision", 7), ("size", 6)]
    database.executemany("INSERT INTO magnitude_format VALUES (?, ?)", settings)
    rows = [(word, 10**7, row) for row, word in enumerate(WORDS)]
    database.executemany("INSERT INTO magnitude VALUES (?, ?, ?)", rows)
    database.commit()
    database.close()


def hdf5(path):
    import h5py

    with h5py.File(path, "w") as file:
        file["words"], file["vectors"] = WORDS, VECTORS


def parquet(path):
    import pyarrow as pa
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.table({"word": WORDS, "vector": VECTORS.tolist()}), path)


def static_embedding(path):
    from safetensors.numpy import save_file

    save_file({"embeddings": VECTORS}, path)
    vocabulary = {word: row for row, word in enumerate(WORDS)}
    tokenizer = {"model": {"vocab": vocabulary}, "added_tokens": []}
    path.with_name("tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")


def spacy(path):
    import msgpack

    with path.with_name("vectors").open("wb") as file:
        np.save(file, VECTORS)
    path.write_bytes(msgpack.packb({string_hash(word): row for row, word in enumerate(WORDS)}))
    path.with_name("strings.json").write_text(json.dumps(WORDS))


# Format: (writer, the file's name, the path to read if it is another, a library that it needs)
FORMATS = {
    "text": (text, "v.txt", None, None),
    "word2vec-binary": (word2vec_binary, "v.bin", None, None),
    "npy": (npy, "v.npy", None, None),
    "npz": (npz, "v.npz", None, None),
    "fasttext-bin": (fasttext, "v.bin", None, None),
    "magnitude": (magnitude, "v.magnitude", None, None),
    "hdf5": (hdf5, "v.h5", None, "h5py"),
    "parquet": (parquet, "v.parquet", None, "pyarrow"),
    "static-embedding": (static_embedding, "model.safetensors", None, None),
    "spacy": (spacy, "key2row", ".", "msgpack"),
}


def kinds_of_damage(name):
    return [damage.cut] if name == "hdf5" else damage.KINDS  # the HDF5 library itself can crash


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_damaged_files_are_read_or_refused(tmp_path, name):
    write, file_name, folder, library = FORMATS[name]
    if library is not None and importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    file = tmp_path / file_name
    path = tmp_path if folder else file
    write(file)
    whole = read_vectors(path, format=name)
    assert list(whole.words) == WORDS
    data, refusals = file.read_bytes(), []
    copies = damage.damaged_copies(data, N_DAMAGED, 1, OTHER, kinds_of_damage(name))
    with damage.bounded(seconds=60 * damage.ROUNDS), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # words that come again
        for copy in copies:
            file.write_bytes(copy)
            try:
                again = read_vectors(path, format=name)
            except (ValueError, FileNotFoundError) as error:  # its words may be lost
                refusals.append(str(error))
            else:
                assert len(again.words) == len(again.vectors) > 0
                assert len(again.words) < 1000
                assert np.isfinite(again.vectors).all()
    assert len(refusals) > N_DAMAGED // 10
    assert [refusal for refusal in refusals if str(tmp_path) not in refusal] == []

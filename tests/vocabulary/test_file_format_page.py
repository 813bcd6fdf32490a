"""docs/file-format.md is enough to read a file: its reader, standard library and NumPy, is run."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import iiq
from iiq.vocabulary.kept_vectors import KeptVectors

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "file-format.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reader(page):
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    modules = set(re.findall(r"^\s*(?:import|from) ([\w, ]+)", code, re.M))
    assert modules == {"json, mmap, struct, zlib", "numpy as np"}
    names: dict = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names


@pytest.fixture(scope="module", params=[10, 16, 37], ids="{} bits".format)
def saved(request, tmp_path_factory):
    words = ["the", "", "né", "tab\t", "nul\0", "😀", *(f"w{i}" for i in range(94))]
    X = np.random.default_rng(0).standard_normal((100, 16)).astype(np.float32)
    kv = iiq.compress(
        (words, X), n_bits=request.param, n_iter=2, random_state=0, keep_vectors="int8", refine=None
    )
    kv.set_vecattr("the", "count", 9)
    path = tmp_path_factory.mktemp("page") / "words.iiq"
    kv.save(path)
    return kv, path, X


def test_the_page_s_reader_agrees_with_ours(reader, saved):
    kv, path, X = saved
    metadata, arrays = reader["read"](path)
    for row, word in enumerate(kv.index_to_key):
        assert reader["word"](arrays, row) == word
        assert reader["find"](arrays, word) == row
        code = np.frombuffer(reader["code"](arrays, row).tobytes(), np.uint8)
        np.testing.assert_array_equal(code[: len(kv.get_code(row))], kv.get_code(row))
    with pytest.raises(KeyError):
        reader["find"](arrays, "missing")
    assert reader["words_are_sound"](arrays)
    arrays["words.text"] = arrays["words.text"].copy()
    arrays["words.text"][-1] ^= 1
    assert not reader["words_are_sound"](arrays)
    similarities = reader["similarities"](metadata, arrays, 3)
    np.testing.assert_allclose(
        similarities, kv.most_similar(3, topn=None, scoring="hamming"), atol=1e-6
    )
    decoded = kv.most_similar(3, topn=None, scoring="decoded")
    scores = [reader["score"](metadata, arrays, 3, row) for row in range(100)]
    np.testing.assert_allclose(scores, decoded, atol=1e-6)
    lengths = [np.linalg.norm(reader["vector"](metadata, arrays, row)) for row in range(100)]
    unit, steps = json.loads(metadata["scales"])["unit"], arrays["codes.scales"][:100]
    assert (steps * unit <= lengths).all()
    assert (lengths < (steps + 1.0) * unit).all()
    bits = reader["encode"](arrays, X)
    np.testing.assert_array_equal(iiq.pack(bits), kv.codes)
    assert arrays["attribute.count"][0] == 9
    kept = arrays["kept.values"] * arrays["kept.scales"][:, None]
    np.testing.assert_allclose(kept, X, atol=0.02)


def test_kept_vectors_of_four_bits_are_what_the_page_says(reader, saved, tmp_path):
    kv, _, X = saved
    kept = KeptVectors.from_vectors(X[:, :15], "int4")
    words = list(kv.index_to_key)
    iiq.BinaryKeyedVectors(words, kv.index, kept_vectors=kept).save(tmp_path / "x.iiq")
    metadata, arrays = reader["read"](tmp_path / "x.iiq")
    packed, dim = arrays["kept.values"], json.loads(metadata["kept"])["dim"]
    numbers = np.stack([packed & 15, packed >> 4], axis=2).reshape(len(packed), -1)[:, :dim]
    rows = (numbers - 7.5) * arrays["kept.scales"][:, None]
    np.testing.assert_allclose(rows, kept.rows_at(np.arange(100)), rtol=1e-6)


def test_the_page_names_what_is_in_a_file(page, reader, saved):
    metadata, arrays = reader["read"](saved[1])
    rows = re.findall(r"^\| (`.*?) \|", page, re.M)
    named = {name for row in rows for name in re.findall(r"`(.*?)`", row)}
    assert set(metadata) <= named
    patterns = [name.replace("NAME", "") for name in named]
    for name in arrays:
        assert any(name == p or (p.endswith(".") and name.startswith(p)) for p in patterns), name

"""iiq.doctor: one function for vectors and for codes; what a notebook shows of it."""

import json

import numpy as np
import pytest

import iiq


@pytest.fixture(scope="module")
def words():
    sample = iiq.samples.bundled()
    return iiq.WordVectors(sample.words[:500], np.asarray(sample.vectors[:500]))


def test_of_vectors_and_of_codes(words):
    found = iiq.doctor(words, threads=1)
    assert found["preset"] in {one["name"] for one in found["presets"]}
    json.dumps(found)
    kv = iiq.compress(words, preset=found["preset"], random_state=0)
    assert "recall_at_10" not in iiq.doctor(kv)
    assert 0 < iiq.doctor(kv, words)["recall_at_10"] <= 1
    with pytest.raises(ValueError, match="other words"):
        iiq.doctor(kv, iiq.WordVectors(words.words[::-1], words.vectors))
    with pytest.raises(ValueError, match="their own source"):
        iiq.doctor(words, words)


def test_in_a_notebook(words):
    strange = iiq.WordVectors(["<b>", *words.words[1:]], words.vectors)
    shown = iiq.compress(strange, preset="balanced", random_state=0)._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "int4" in shown
    found = iiq.doctor(words, threads=1)
    assert f"<th>preset</th><td>{found['preset']}</td>" in found._repr_html_()
    assert found._repr_html_().count("<li>") == len(found["advice"])

"""Presets: sizes by name, what each keeps, and that each step finds more of the true neighbours."""

import numpy as np
import pytest

import iiq
from iiq.vocabulary.presets import PRESETS


@pytest.fixture(scope="module")
def words():
    sample = iiq.samples.bundled()
    return iiq.WordVectors(sample.words[:4000], np.asarray(sample.vectors[:4000]))


@pytest.fixture(scope="module")
def compressed(words):
    return {name: iiq.compress(words, preset=name, random_state=0) for name in PRESETS}


def recall(words, kv):
    unit = words.vectors / np.linalg.norm(words.vectors, axis=1, keepdims=True)
    queries = np.arange(0, 4000, 40)
    scores = unit[queries] @ unit.T
    scores[np.arange(len(queries)), queries] = -1
    true = np.argsort(-scores, axis=1)[:, :10]
    found, _ = kv.most_similar_batch([words.words[q] for q in queries], 10, output="arrays")
    return np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true, found, strict=True)])


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_what_it_stands_for(words, compressed, name):
    preset, kv = PRESETS[name], compressed[name]
    same = iiq.compress(
        words, n_bits=100 * preset.bits_per_number, keep_vectors=preset.keep_vectors, random_state=0
    )
    np.testing.assert_array_equal(kv.codes, same.codes)
    kept = 0 if kv.kept_vectors is None else kv.kept_vectors.nbytes
    expected = preset.bytes_per_word(100) * len(kv)
    assert kept + kv.n_bits * len(kv) / 8 == expected


def test_each_step_finds_more_of_the_neighbours(words, compressed):
    found = [recall(words, kv) for kv in compressed.values()]
    assert found == sorted(found)
    assert found[-1] > 0.9
    assert found[-2] > 0.85


def test_kept_vectors_answer_queen_after_a_round_trip(compressed, tmp_path):
    for name in ("balanced", "faithful"):
        compressed[name].save(tmp_path / name)
        kv = iiq.load(tmp_path / name)
        assert kv.most_similar(["king", "woman"], ["man"], topn=1)[0][0] == "queen"


@pytest.mark.parametrize("method", ["iiq", "lsh", "sign"])
def test_common_parameters_reach_whom_they_concern(words, method, capsys):
    given = {} if method == "sign" else {"random_state": 3}
    quiet = iiq.compress(words, method=method, threads=1, **given)
    told = iiq.compress(words, method=method, threads=1, verbose=True, **given)
    np.testing.assert_array_equal(quiet.codes, told.codes)
    assert quiet.encoder.get_params().get("random_state", 3) == 3
    with pytest.raises(TypeError, match="no parameter n_remove"):
        iiq.compress(words, method="lsh", n_remove=3)
    capsys.readouterr()

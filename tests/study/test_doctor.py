"""What `iiq doctor` finds: planted faults are seen, figures lie in their bounds."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iiq
from iiq.cli import main
from iiq.study import Calibration, calibrate, examine, examine_codes
from iiq.study.examine_presets import advice, recommended
from iiq.vocabulary.calibration import fit_curve
from iiq.vocabulary.presets import PRESETS

N, DIM = 600, 24


def some_vectors(seed=0, strong=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, DIM)).astype(np.float32)
    X[:, :strong] *= 12
    return X


def some_words(n=N):
    order = np.random.default_rng(1).permutation(n)
    return [f"w{i:04d}" for i in order]


def test_planted_faults_are_found():
    X = some_vectors(strong=2)
    X[5] = X[3]
    X[7] = X[3]
    X[9] = X[11] = 0
    report = examine(sorted(some_words()), X, ratios=(32, 64), threads=1)
    assert report["words"] == N
    assert report["dim"] == DIM
    assert report["zero_rows"] == 2
    assert report["duplicate_rows"] == 3
    assert report["alphabetical"]
    assert report["n_remove"] == 2
    assert sum(report["variance_shares"]) <= 1 + 1e-9
    text = " ".join(report["advice"])
    assert "alphabetical" in text
    assert "zero" in text
    assert [e["n_bits"] for e in report["expected"]] == [24, 12]
    json.dumps(report)


def test_healthy_vectors_get_no_warning():
    report = examine(some_words(), some_vectors(), ratios=(32,), threads=1)
    assert report["n_remove"] == 0
    assert not report["alphabetical"]
    assert len(report["advice"]) == 2
    assert [one["name"] for one in report["presets"]] == list(PRESETS)
    assert report["isotropy"]["raw"]["partition_ratio"] <= 1


def test_the_smallest_preset_that_is_enough_is_recommended():
    tried = [
        {"name": "big", "bytes_per_word": 104, "recall_at_10": 0.97},
        {"name": "middle", "bytes_per_word": 66, "recall_at_10": 0.91},
        {"name": "least", "bytes_per_word": 12.5, "recall_at_10": 0.6},
    ]
    assert recommended(tried)["name"] == "middle"
    assert "'middle'" in advice(tried, 100)
    assert "6.1 times smaller" in advice(tried, 100)
    assert recommended(tried[2:])["name"] == "least"
    assert "finds most" in advice(tried[2:], 100)
    assert recommended([]) is None


def test_texts_and_rows_of_one_length_lose_nothing():
    X = some_vectors(strong=2)
    report = examine([f"a {word}" for word in some_words()], X, ratios=(32,), threads=1)
    assert report["n_remove"] == 0
    assert any("texts" in sentence for sentence in report["advice"])
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    report = examine(some_words(), X, ratios=(32,), threads=1)
    assert report["n_remove"] == 0
    assert any("one length" in sentence for sentence in report["advice"])


def test_longer_codes_keep_more_neighbours():
    found = examine(some_words(), some_vectors(), ratios=(8, 32, 128), threads=1)["expected"]
    recalls = [e["recall_at_10"] for e in found]
    assert recalls == sorted(recalls, reverse=True)
    assert all(e["recall_at_10_float_query"] >= e["recall_at_10"] for e in found)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_rows_are_enough_to_look_at(n):
    codes = np.arange(n, dtype=np.uint8)[:, None]
    report = examine_codes(codes, 8, np.eye(n, 4))
    assert report["codes"] == n
    assert report["duplicate_codes"] == 0


def test_codes_that_collide_and_bits_that_agree():
    bits = np.random.default_rng(0).integers(0, 2, (N, 16)).astype(bool)
    bits[:, 3] = bits[:, 5]
    bits[:, 8] = True
    bits[100:110] = bits[0]
    report = examine_codes(iiq.pack(bits), 16)
    distinct = len(np.unique(bits, axis=0))
    assert report["duplicate_codes"] == N - distinct >= 10
    assert report["bit_balance"][2] == 1
    assert report["bit_correlation"][1] > 0.99
    assert report["expected_collisions"] == pytest.approx(N * (N - 1) / 2 / 2**16)


def test_the_calibration_foretells_the_cosine():
    X = some_vectors(3)
    encoder = iiq.IIQ(192, n_remove=0, n_iter=5, random_state=0).fit(X)
    codes = encoder.transform(X)
    curve = calibrate(codes, 192, X)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    left, right = np.random.default_rng(9).integers(0, N, (2, 2000))
    apart = left != right
    left, right = left[apart], right[apart]
    hamming = iiq.hamming(codes[left], codes[right])
    true = np.einsum("ij,ij->i", unit[left], unit[right])
    residual = true - curve.cosine(hamming, 192)
    assert np.abs(residual).mean() < 0.35 * np.abs(true).mean()
    assert 0.5 < residual.std() / curve.error(hamming, 192).mean() < 2


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1, 1)), min_size=1, max_size=200))
def test_a_calibration_never_rises(pairs):
    shares, cosines = np.array(pairs).T
    curve = fit_curve(shares, cosines)
    assert isinstance(curve, Calibration)
    assert (np.diff(curve.share) > 0).all()
    assert (np.diff(curve.cosine_at) <= 1e-12).all()


def test_a_vocabulary_knows_what_its_distances_stand_for(tmp_path):
    words, X = some_words(), some_vectors(3)
    made = iiq.compress((words, X), n_bits=192, n_remove=0, n_iter=5, random_state=0)
    made.save(tmp_path / "v.iiq")
    cv = iiq.load(tmp_path / "v.iiq")
    near, _ = cv.most_similar(words[4])[0]
    far, _ = cv.most_similar(words[4], topn=N)[-1]
    cosines = [cv.expected_cosine(words[4], other) for other in (words[4], near, far)]
    assert cosines == [made.expected_cosine(words[4], other) for other in (words[4], near, far)]
    assert cosines[0][0] >= cosines[1][0] > 0 > cosines[2][0]
    a, b = X[4], X[words.index(near)]
    true = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert abs(cosines[1][0] - true) < 5 * cosines[1][1]
    few = iiq.compress((words[:20], X[:20]), random_state=0)
    with pytest.raises(ValueError, match="no calibration"):
        few.expected_cosine(words[0], words[1])


def test_codes_and_vectors_must_be_as_many():
    with pytest.raises(ValueError, match="3 codes and 2 vectors"):
        calibrate(np.zeros((3, 1), np.uint8), 8, np.ones((2, 4)))


def test_the_verb(tmp_path, capsys):
    words, X = some_words(), some_vectors(strong=2)
    source = tmp_path / "v.txt"
    lines = (f"{w} {' '.join(f'{x:.5f}' for x in row)}" for w, row in zip(words, X, strict=True))
    source.write_text("\n".join(lines) + "\n")
    assert main(["doctor", str(source), "--json", "--threads", "1"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["n_remove"] == 2
    assert main(["doctor", str(source)]) == 0
    shown = capsys.readouterr().out
    assert "2 directions are removed: they stand out" in " ".join(shown.split())
    assert "recall@10" in shown
    iiq.compress(str(source), random_state=0).save(tmp_path / "v.iiq")
    assert main(["doctor", str(tmp_path / "v.iiq"), "--source", str(source)]) == 0
    assert "what a distance stands for" in capsys.readouterr().out
    other = tmp_path / "o.txt"
    other.write_text("x 1 2\ny 3 4\n")
    assert main(["doctor", str(tmp_path / "v.iiq"), "--source", str(other)]) == 2

"""Comparing methods: every encoder, both tables of floats, seeds, and what is refused."""

import numpy as np
import pytest

import iiq
from iiq.encoders import ENCODERS
from iiq.study import compare
from iiq.study.compare import System, build, float_rows


@pytest.fixture(scope="module")
def words():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(400, 24)) * np.linspace(3, 0.5, 24) + 0.5
    return iiq.WordVectors([f"w{i}" for i in range(400)], table.astype(np.float32))


@pytest.fixture(scope="module")
def data(tmp_path_factory, words):
    root = tmp_path_factory.mktemp("data") / "similarity"
    root.mkdir()
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, 410, (300, 2))
    lines = ["word1\tword2\tscore"]
    for a, b in pairs:
        close = words.vectors[a % 400] @ words.vectors[b % 400]
        lines.append(f"w{a}\tw{b}\t{close + rng.normal() * 10:.3f}")
    (root / "MEN.tsv").write_text("\n".join(lines) + "\n")
    return root.parent


def test_every_method_and_the_floats(words, data):
    report = iiq.compare(words, methods=list(ENCODERS), n_bits=[24, 12], seeds=2, data=data)
    found = {(row.method, row.n_bits, row.seeds) for row in report}
    assert ("float", 768, ()) in found
    assert ("float, cleaned", 768, ()) in found
    assert {("iiq", 24, (0,)), ("iiq", 12, (1,)), ("sign", 24, ())} <= found
    assert not any(method == "sign" and bits == 12 for method, bits, _ in found)
    for row in report.where(method="iiq"):
        assert row.parameters["n_remove"] >= 0
        assert row.bytes == 400 * {24: 3, 12: 2}[row.n_bits]


def test_the_same_seed_gives_the_same_row(words, data):
    reports = [iiq.compare(words, methods=["iiq"], seeds=[3], data=data) for _ in range(2)]
    assert reports[0].to_dicts() == reports[1].to_dicts()


def test_seeds_are_rows_and_a_summary(words, data):
    report = iiq.compare(words, methods=["lsh"], seeds=range(3), data=data)
    own = report.where(method="lsh", policy="covered")
    assert [row.seeds for row in own] == [(0,), (1,), (2,)]
    (one,) = own.summary()
    assert one.score == pytest.approx(np.mean(own.column("score")))
    assert one.seeds == (0, 1, 2)


def test_neighbours_and_isotropy(words):
    tasks = ["neighbours", "isotropy"]
    options = {"neighbours": {"k": [5], "n_queries": 50}}
    report = iiq.compare(words, methods=["iiq"], n_bits=48, tasks=tasks, options=options)
    own = report.where(method="iiq", data="float, cleaned")
    codes, floats = (own.score(metric=m) for m in ("recall@5", "recall@5, float query"))
    assert 0.3 < codes < floats <= 1.0
    assert report.score(method="float, cleaned", task="neighbours", data="float") < 1.0
    values = report.where(task="isotropy").column("score")
    assert len(values) == 6
    exact = report.where(task="isotropy", metric="isotropy, eq. 3").column("score")
    assert all(0 <= value <= 1 for value in exact)
    assert max(values) <= 1  # the estimate of eq. 5 can be negative where vectors are off centre


def test_parameters_reach_the_method(words):
    system = System("iiq", 12, {"n_remove": 3, "n_iter": 2}, label="iiq, D = 3")
    judged = build(system, words, seed=0)
    assert (judged.method, judged.n_bits, judged.parameters["n_remove"]) == ("iiq, D = 3", 12, 3)
    assert float_rows(words, n_remove=2)[1].parameters["n_remove"] == 2


def test_refused(words, data):
    with pytest.raises(ValueError, match="unknown method 'iqi': choose of iiq"):
        iiq.compare(words, methods=["iqi"], data=data)
    with pytest.raises(ValueError, match="unknown task 'similarty': choose of similarity"):
        iiq.compare(words, tasks=["similarty"], data=data)
    with pytest.raises(ValueError, match="unknown method in parameters 'itq': choose of iiq"):
        iiq.compare(words, methods=["iiq"], parameters={"itq": {"n_iter": 1}}, data=data)
    with pytest.raises(ValueError, match="unknown task in options 'analogy'"):
        iiq.compare(words, options={"analogy": {}}, data=data)
    with pytest.raises(ValueError, match="bits must be at least 1"):
        iiq.compare(words, n_bits=[0], data=data)


def test_alphabetical_words_are_sampled_evenly():
    rng = np.random.default_rng(0)
    words = iiq.WordVectors([f"w{i:04d}" for i in range(500)], rng.normal(size=(500, 8)))
    judged = build(System("iiq", 8, {"train_rows": 100}), words, seed=0)
    assert judged.parameters["train_rows"] == "100 evenly spaced"


def test_the_cleaned_floats_of_alphabetical_words_drop_what_the_codes_drop(monkeypatch):
    # the first rows have other directions than the rest
    monkeypatch.setattr(compare, "TRAIN_ROWS", 100)
    rng = np.random.default_rng(0)
    table = rng.normal(size=(500, 8)) * np.linspace(2, 1, 8)
    table[100:, 7] *= 20
    words = iiq.WordVectors([f"w{i:04d}" for i in range(500)], table)
    (floats,) = float_rows(words, n_remove=1)[1:]
    system = System("iiq", 7, {"n_remove": 1, "train_rows": 100, "n_iter": 1})
    encoder = build(system, words, seed=0).encoder
    kept = encoder.projection_ @ np.linalg.pinv(encoder.projection_)
    wanted = (words.vectors - encoder.mean_) @ kept
    np.testing.assert_allclose(floats.source.take(np.arange(500)), wanted, atol=1e-4)
    assert floats.parameters["train_rows"] == "100 chosen"
    assert (
        compare.chosen_n_remove(words)
        == build(System("iiq", 8, {"train_rows": 100}), words, seed=0).parameters["n_remove"]
    )

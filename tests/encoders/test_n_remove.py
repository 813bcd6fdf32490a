"""The rule that chooses how many directions to remove, and what words tell it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import iiq
from iiq import IIQ
from iiq._support.word_numbers import WordNumbers
from iiq.cli import main
from iiq.encoders.n_remove import (
    LEAST_PAIRS,
    gain_of_forms,
    mean_alignment,
    mean_share,
    one_length,
    standing_out,
)
from iiq.vectors.word_forms import MOST_PAIRS, word_numbers


def test_a_flat_spectrum_keeps_everything():
    assert standing_out(np.ones(300), 10_000) == 0


def test_directions_that_stand_out_are_removed():
    spectrum = np.r_[40.0, 12.0, 6.0, np.ones(97)]
    assert standing_out(spectrum, 10_000) == 3


@pytest.mark.parametrize("d", [1, 2, 7, 8, 9, 50, 300])
def test_most_directions_stay(d):
    spectrum = 0.7 ** np.arange(d)
    assert standing_out(spectrum, 10_000) <= d // 8


@pytest.mark.parametrize("spectrum", [np.zeros(5), np.zeros(0), np.array([0.0])])
def test_no_variance_means_nothing_to_remove(spectrum):
    assert standing_out(spectrum, 100) == 0


@pytest.mark.parametrize("n_rows", [1, 2, 3, 8])
def test_few_rows_remove_little(n_rows):
    spectrum = np.r_[np.linspace(9, 1, n_rows), np.zeros(100 - n_rows)]
    assert standing_out(spectrum, n_rows) <= n_rows // 8


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=64),
    st.floats(1e-3, 1e3),
    st.integers(1, 10_000),
)
def test_the_unit_of_the_variances_does_not_matter(values, scale, n_rows):
    spectrum = np.round(np.sort(values)[::-1], 3)
    scaled = spectrum * 2.0 ** np.round(np.log2(scale))
    assert standing_out(spectrum, n_rows) == standing_out(scaled, n_rows)


def test_more_goes_where_the_strongest_direction_is_that_of_the_mean():
    spectrum = np.r_[np.linspace(40, 9, 12), np.ones(88)]
    assert standing_out(spectrum, 10_000, 0.9) == 6
    assert standing_out(spectrum, 10_000) == 4
    assert standing_out(spectrum, 10_000, 0.1) == 3


def test_the_alignment_of_the_mean():
    strongest = np.r_[1.0, np.zeros(9)]
    assert mean_alignment(np.zeros(10), strongest, 10.0) is None
    assert mean_alignment(1e-3 * strongest, strongest, 10.0) is None
    assert mean_alignment(-2 * strongest, strongest, 10.0) == pytest.approx(1)
    assert mean_alignment(np.ones(10), strongest, 10.0) == pytest.approx(0.1**0.5)


@pytest.mark.parametrize(("along", "removed"), [(0, 6), (9, 3)])
def test_the_encoder_looks_at_its_mean(along, removed):
    scales = np.r_[np.linspace(6, 4, 10), np.ones(90)]
    X = np.random.default_rng(0).standard_normal((3000, 100)) * scales
    X[:, along] += 5
    assert IIQ(n_iter=0, random_state=0).fit(X).n_remove_ == removed
    centred = X - X.mean(axis=0)
    assert IIQ(n_iter=0, random_state=0).fit(centred).n_remove_ == 4


# -- what words tell -------------------------------------------------------------------------------


def test_texts_and_forms_are_counted():
    words = ["walks", "a walk in the park", "walksthere", "walksing", "walk", " blank ", "walksin"]
    told = word_numbers(words)
    assert told.texts == pytest.approx(1 / 7)
    # "walksing" lengthens "walksin" before it lengthens "walks"; "walk" is short.
    assert told.pairs.tolist() == [[0, 6], [6, 3]]


@pytest.mark.parametrize(
    ("word", "form", "counts"),
    [
        ("apple", "apples", True),
        ("apple", "appletree", False),  # four letters more
        ("appl", "apples", False),  # a short stem
        ("apple", "appleers", True),
        ("apple", "apple", False),
        ("ボトルネック", "ボトルネックの", True),
    ],
)
def test_what_a_longer_form_is(word, form, counts):
    assert word_numbers([word, form]).pairs.tolist() == ([[0, 1]] if counts else [])
    assert word_numbers([form, word]).pairs.tolist() == ([[1, 0]] if counts else [])


@given(st.lists(st.text("abe ", max_size=9), max_size=200))
def test_pairs_are_forms_in_order(words):
    told = word_numbers(words)
    assert told.pairs.shape[1] == 2
    assert 0 <= told.texts <= 1
    for word, form in told.pairs:
        assert words[form].startswith(words[word])
        assert 1 <= len(words[form]) - len(words[word]) <= 3
    later = told.pairs.max(axis=1)
    assert (np.diff(later) >= 0).all()
    assert len(np.unique(told.pairs[:, 0])) == len(told.pairs)


def test_only_so_many_pairs_and_words_are_looked_at():
    stems = [f"word{i:05d}" for i in range(7_000)]
    told = word_numbers([form for stem in stems for form in (stem, stem + "s")])
    assert told.pairs.tolist() == [[2 * i, 2 * i + 1] for i in range(MOST_PAIRS)]
    assert not len(word_numbers([*stems, *stems, *stems, "word00001s"]).pairs)


# -- forms of words --------------------------------------------------------------------------------


def families(n_pairs, dim, strong, seed=0):
    """Rows of words and their forms, alike but along the first ``strong`` directions."""
    rng = np.random.default_rng(seed)
    meaning = rng.standard_normal((n_pairs, dim))
    rows = np.stack([meaning + 0.5 * rng.standard_normal((n_pairs, dim)) for _ in range(2)], axis=1)
    rows[:, :, :strong] = 6 * rng.standard_normal((n_pairs, 2, strong))
    words = [w for i in range(n_pairs) for w in (f"stem{i:05d}", f"stem{i:05d}s")]
    return words, rows.reshape(-1, dim).astype(np.float32)


def test_forms_stand_out_without_directions_that_blur_them():
    _, X = families(400, 40, strong=3)
    gains = [gain_of_forms(X[0::2], X[1::2], np.zeros(40), np.eye(40)[:, :k]) for k in (0, 1, 3, 6)]
    assert gains[0] == 0
    assert 0 < gains[1] < gains[2]
    assert gains[2] > 0.5
    assert gains[3] == gains[2]  # removing more only costs
    _, calm = families(400, 40, strong=0)
    assert gain_of_forms(calm[0::2], calm[1::2], np.zeros(40), np.eye(40)[:, :6]) < 0.02


def test_the_gain_is_that_of_its_definition():
    _, X = families(100, 24, strong=2, seed=3)
    mean, basis = (
        X.mean(axis=0),
        np.linalg.qr(np.random.default_rng(1).standard_normal((24, 24)))[0],
    )
    apart = []
    for removed in range(5):
        a, b = ((X[k::2] - mean) @ basis[:, removed:] for k in (0, 1))
        a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
        cosines = a @ b.T
        others = np.concatenate([np.diagonal(cosines, -h) for h in (31, 57, 91)])
        apart.append((np.diagonal(cosines).mean() - others.mean()) / others.std())
    wanted = (max(apart) - apart[0]) / max(apart[0], 1)
    found = gain_of_forms(X[0::2], X[1::2], mean, basis[:, :4])
    assert found == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("m", [1, 31, 32, 300])
def test_rows_that_are_all_alike_gain_nothing(value, m):
    rows = np.full((m, 8), value, np.float32)
    for mean in (np.zeros(8), rows.mean(axis=0)):
        gain = gain_of_forms(rows, rows, mean, np.eye(8)[:, :6])
        assert gain == 0


def test_noise_gains_next_to_nothing():
    rng = np.random.default_rng(0)
    for seed in range(5):
        a, b = np.random.default_rng(seed).standard_normal((2, LEAST_PAIRS, 50)) * rng.random(50)
        assert gain_of_forms(a, b, np.zeros(50), np.eye(50)[:, :6]) < 0.1


def test_lengths_and_means():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 20)).astype(np.float32)
    assert not one_length(X)
    sphere = X / np.linalg.norm(X, axis=1, keepdims=True)
    sphere[7] = 0  # a row of padding
    assert one_length(sphere.astype(np.float16))
    assert not one_length(np.zeros((5, 3), np.float32))
    assert mean_share(np.zeros(3), 0.0) == 0
    assert mean_share(np.array([3.0, 0, 0]), 27.0) == pytest.approx(0.25)


# -- the rule --------------------------------------------------------------------------------------


def chosen(X, **parameters):
    encoder = IIQ(n_bits=8, n_iter=0, random_state=0, **parameters).fit(X)
    return encoder.n_remove_, encoder.n_remove_reason_


def test_words_that_gain_lose_directions_and_others_keep_them():
    words, X = families(400, 40, strong=3)
    assert chosen(iiq.WordVectors(words, X))[0] == 3
    assert "400 words" in chosen(iiq.WordVectors(words, X))[1]
    calm = families(400, 40, strong=0)[1]
    calm[0::2, :3] *= 2
    calm[1::2, :3] = calm[0::2, :3]  # as strong as words and their forms agree there
    assert chosen(iiq.WordVectors(words, calm))[0] == 0
    assert chosen(calm)[0] > 0  # without words nobody knows


def test_unit_rows_are_told_apart_by_their_words():
    words, X = families(400, 40, strong=3)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    assert chosen(X) == (0, chosen(X)[1])
    assert "one length" in chosen(X)[1]
    assert chosen(iiq.WordVectors(words, X))[0] == 3


def test_texts_keep_everything():
    words, X = families(400, 40, strong=3)
    texts = [f"a text of {word}" for word in words]
    assert chosen(iiq.WordVectors(texts, X))[0] == 0
    few = [f"a {word}" if i % 3 == 0 else word for i, word in enumerate(words)]
    assert chosen(iiq.WordVectors(few, X))[0] == 3


def test_nearly_one_vector_loses_one_direction():
    X = np.random.default_rng(0).standard_normal((2000, 40)) * np.r_[9, 8, 7, np.ones(37)]
    number, reason = chosen(X + 5 * np.ones(40))
    assert number == 1
    assert "81 %" in reason


def test_a_clear_mean_needs_no_forms():
    words, X = families(400, 40, strong=0)
    X[:, 0] = 8 + 8 * np.random.default_rng(0).standard_normal(len(X))
    X[1::2, 0] = X[::2, 0]  # forms share it
    number, reason = chosen(iiq.WordVectors(words, X))
    assert number == 1
    assert "mean vector" in reason
    few = iiq.WordVectors([f"w{i}" for i in range(len(X))], X)
    assert chosen(few) == (number, reason)


def test_a_number_given_is_the_reason():
    X = families(50, 40, strong=3)[1]
    assert chosen(X, n_remove=2) == (2, "n_remove=2 was given")
    assert iiq.ITQ(8, random_state=0).fit(X).n_remove_reason_ == "n_remove=0 was given"


@pytest.mark.parametrize("rows", [np.ones((300, 16)), np.zeros((300, 16)), np.eye(2, 5)])
def test_odd_rows_lose_nothing(rows):
    words = [w for i in range(len(rows) // 2) for w in (f"stem{i:03d}", f"stem{i:03d}s")]
    assert chosen(rows)[0] == 0
    assert chosen(iiq.WordVectors(words, rows))[0] == 0


@given(st.integers(1, 20), st.integers(2, 600), st.integers(0, 3), st.booleans(), st.booleans())
def test_the_rule_holds_for_any_shape(dim, n, strong, same_length, with_words):
    words, X = families(-(-n // 2), dim, min(strong, dim))
    words, X = words[:n], X[:n]
    if same_length:
        X = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)
    number, reason = chosen(iiq.WordVectors(words, X) if with_words else X)
    assert 0 <= number <= min(6, dim // 8)
    assert reason


def test_scale_and_rotation_do_not_matter():
    words, X = families(400, 40, strong=3)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((40, 40)))[0]
    wanted = chosen(iiq.WordVectors(words, X))
    for other in (X * 2.0**-40, X * 2.0**40, (X @ turn).astype(np.float32)):
        assert chosen(iiq.WordVectors(words, other)) == wanted


# -- every way in ----------------------------------------------------------------------------------


def test_every_way_in_gives_the_same_number(tmp_path):
    words, X = families(700, 40, strong=3)
    wanted = chosen(iiq.WordVectors(words, X))
    for train_rows in (None, 5000, np.arange(1400)):
        assert chosen(iiq.WordVectors(words, X), train_rows=train_rows) == wanted
    lines = (f"{w} {' '.join(map(repr, row.tolist()))}" for w, row in zip(words, X, strict=True))
    path = tmp_path / "vectors.txt"
    path.write_text("\n".join(lines) + "\n")
    for source in (path, (words, X), iiq.WordVectors(words, X)):
        for train_rows in (None, 5000, range(1400)):
            made = iiq.compress(source, n_bits=8, n_iter=1, train_rows=train_rows, random_state=0)
            card = made.quality
            assert (card["n_remove"], card["n_remove_reason"]) == wanted


def test_pairs_are_those_of_the_sample_where_it_is_one():
    words, X = families(700, 40, strong=3)
    order = np.argsort(words)  # alphabetical: evenly spaced rows are learned from
    made = iiq.compress(
        ([words[i] for i in order], X[order]), n_bits=8, n_iter=1, train_rows=1400, random_state=0
    )
    assert "700 words" in made.quality["n_remove_reason"]
    rows = np.r_[0:600, 900:1400]
    made = iiq.compress((words, X), n_bits=8, n_iter=1, train_rows=rows, random_state=0)
    assert "550 words" in made.quality["n_remove_reason"]


def test_pairs_may_lie_outside_the_rows_learned_from():
    words, X = families(700, 40, strong=3)
    assert "700 words" in chosen(iiq.WordVectors(words, X), train_rows=300)[1]


def test_a_stream_that_is_read_once_goes_without_words():
    words, X = families(400, 40, strong=3)

    class Once:
        word_numbers = word_numbers(words)

        def __iter__(self):
            return self

        def __next__(self):
            if self.left:
                return self.left.pop(0)
            raise StopIteration

    once = Once()
    once.left = [X[:500], X[500:]]
    encoder = IIQ(8, n_iter=0, random_state=0).fit_blocks(once)
    assert encoder.n_remove_ == chosen(X)[0]


def test_the_reason_is_saved_and_shown(tmp_path, capsys):
    words, X = families(400, 40, strong=3)
    path = tmp_path / "v.iiq"
    made = iiq.compress((words, X), n_bits=16, n_iter=2, random_state=0)
    made.save(path)
    reason = iiq.load(path).encoder.n_remove_reason_
    assert reason == made.encoder.n_remove_reason_
    assert reason.startswith("3 directions are removed: without the strongest ones 400 words find")
    source = tmp_path / "v.txt"
    lines = (f"{w} {' '.join(map(repr, row.tolist()))}" for w, row in zip(words, X, strict=True))
    source.write_text("\n".join(lines) + "\n")
    for argv in (
        ["compress", str(source), str(tmp_path / "w.iiq")],
        ["doctor", str(source)],
        ["info", str(path)],
    ):
        assert main(argv) == 0
        assert (
            "3 directions are removed: without the strongest ones 400 words"
            in capsys.readouterr().out
        )
    assert main(["doctor", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_remove_reason"] == reason


def test_the_state_of_an_older_file_has_no_reason():
    state, arrays = IIQ(8, n_iter=0, random_state=0).fit(families(50, 40, 3)[1]).to_state()
    del state["learned"]["n_remove_reason_"]
    assert "older" in IIQ.from_state(state, arrays).n_remove_reason_


@pytest.mark.parametrize("crafted", [7, None, "a" * 501, "red \x1b[31m", "two\nlines", ["a"]])
def test_a_reason_of_a_crafted_file_is_refused(crafted):
    state, arrays = IIQ(8, n_iter=0, random_state=0).fit(families(50, 40, 3)[1]).to_state()
    state["learned"]["n_remove_reason_"] = crafted
    with pytest.raises(ValueError, match="n_remove_reason_ must be a printable text"):
        IIQ.from_state(state, arrays)


def test_the_bundled_words_lose_six():
    from iiq.vectors.samples import bundled

    assert chosen(bundled())[0] == 6


def test_numbers_of_words_travel_with_any_vectors():
    X = families(400, 40, strong=3)[1]

    class Named:
        vectors = X
        word_numbers = WordNumbers(1.0, np.zeros((0, 2), np.int64))

    assert chosen(Named())[0] == 0

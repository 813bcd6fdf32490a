"""Word similarity: gensim's number on the same pairs, both policies, and every undefined case."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from iiq.evaluate import Judged, read_set, similarity
from iiq.evaluate.intervals import Resampling, mean_draws, spearman_draws
from iiq.evaluate.judged import CodeRows
from iiq.vectors.word_vectors import WordVectors

HEADER = "word1\tword2\tscore\n"


def gensims(vectors):
    theirs = KeyedVectors(vectors.dim)
    theirs.add_vectors(list(vectors.words), np.asarray(vectors.vectors))
    return theirs


@pytest.mark.parametrize("name", ["MEN", "RG65"])
def test_covered_is_gensims_number(vectors, folder, name, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    text = (folder / "similarity" / f"{name}.tsv").read_text()
    pairs.write_text(text.split("\n", 1)[1])
    _, spearman, oov = gensims(vectors).evaluate_word_pairs(str(pairs))
    row = similarity(vectors, data=folder, sets=[name]).where(policy="covered")[0]
    assert row.score == pytest.approx(spearman[0], abs=1e-9)
    assert 100 * (1 - row.n / row.n_total) == pytest.approx(oov)


def test_paper_policy_is_the_mean_vector(vectors, folder):
    row = similarity(vectors, data=folder, sets="MEN").where(policy="paper")[0]
    one = read_set(folder / "similarity" / "MEN.tsv", "similarity")
    mean = np.asarray(vectors.vectors).mean(axis=0)

    def cosine(a, b):
        x, y = (vectors[w] if w in vectors.key_to_index else mean for w in (a, b))
        return round(float(x @ y / np.linalg.norm(x) / np.linalg.norm(y)), 6)

    expected = stats.spearmanr(
        [cosine(a, b) for a, b, _ in one.rows], [float(s) for *_, s in one.rows]
    )
    assert row.score == pytest.approx(expected.statistic, abs=1e-6)
    assert row.n == row.n_total == 80
    assert 0 < row.n_oov <= 10


def test_of_codes_equal_distances_tie_exactly(folder):
    bits = np.random.default_rng(3).integers(0, 2, (60, 21))
    codes = np.packbits(bits, axis=1, bitorder="little")
    words = [f"w{i}" for i in range(60)]
    row = similarity(Judged(words, CodeRows(codes, 21)), data=folder, sets="MEN")[0]
    one = read_set(folder / "similarity" / "MEN.tsv", "similarity")
    rank = {word: i for i, word in enumerate(words)}
    kept = [(rank[a], rank[b], float(s)) for a, b, s in one.rows if a in rank and b in rank]
    hamming = [-(bits[a] != bits[b]).sum() for a, b, _ in kept]
    expected = stats.spearmanr(hamming, [s for *_, s in kept]).statistic
    assert row.score == pytest.approx(expected, abs=1e-12)
    assert (row.n_bits, row.bytes, row.n_vectors) == (21, 180, 60)


def test_rows_of_both_policies_and_their_mean(vectors, folder):
    report = similarity(vectors, data=folder)
    assert report.column("policy") == ["covered", "paper"] * 3
    for policy in ("covered", "paper"):
        rows = report.where(policy=policy)
        mean = rows.where(data="mean")[0]
        assert mean.score == pytest.approx(np.mean([r.score for r in rows][:2]))
        assert mean.low < mean.score < mean.high


def test_the_same_seed_gives_the_same_interval(vectors, folder):
    first, again, other = (
        similarity(vectors, data=folder, sets="MEN", random_state=s)[0] for s in (1, 1, 2)
    )
    assert (first.low, first.high) == (again.low, again.high) != (other.low, other.high)
    assert np.isnan(similarity(vectors, data=folder, sets="MEN", n_resamples=0)[0].low)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=3, max_size=40))
def test_draws_are_spearman_of_the_drawn_pairs(pairs):
    x, y = np.array(pairs).T
    resampling = Resampling(5, 0)
    draws = spearman_draws(x, y, resampling, "x")
    for draw, counts in zip(draws, resampling.counts(len(x), "x"), strict=True):
        drawn = np.repeat(np.arange(len(x)), counts.astype(int))
        if np.ptp(x[drawn]) and np.ptp(y[drawn]):
            assert draw == pytest.approx(stats.spearmanr(x[drawn], y[drawn]).statistic, abs=1e-9)
        else:
            assert np.isnan(draw)


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for i in range(200):
        values = rng.random(200) < 0.3
        low, high = np.quantile(mean_draws(values, Resampling(200, i), "x"), [0.025, 0.975])
        inside += low <= 0.3 <= high
    assert 180 <= inside <= 198


def test_not_enough_pairs_is_said_and_not_averaged(vectors, folder, tmp_path):
    path = tmp_path / "few.tsv"
    path.write_text(HEADER + "w1\tw2\t1\nw1\tnone\t2\nnone\tw3\t3\n")
    report = similarity(vectors, data=folder, sets=["MEN", path])
    few = report.where(data="few", policy="covered")[0]
    assert np.isnan(few.score)
    assert few.note == "not enough pairs (1 of 3 covered)"
    mean = report.where(data="mean", policy="covered")[0]
    assert mean.score == report.score(data="MEN", policy="covered")
    assert mean.note == "mean of 1 of 2 sets; no score: few"


def test_constant_scores_are_said(vectors, tmp_path):
    path = tmp_path / "flat.tsv"
    path.write_text(HEADER + "w1\tw2\t1\nw1\tw3\t1\n")
    row = similarity(vectors, sets=path)[0]
    assert np.isnan(row.score)
    assert row.note == "constant scores from the data set"
    path.write_text(HEADER + "w1\tw2\t1\nw1\tw3\t2\n")
    same = WordVectors(["w1", "w2", "w3"], np.ones((3, 4)))
    assert similarity(same, sets=path)[0].note == "constant scores from the vectors"


def test_nothing_in_common_is_an_error(folder):
    with pytest.raises(ValueError, match=r"no word of MEN, RG65 .*'haus'"):
        similarity(WordVectors(["haus"], [[1.0, 2.0]]), data=folder)


def test_bad_numbers(vectors, folder):
    with pytest.raises(ValueError, match="n_resamples must be at least 0"):
        similarity(vectors, data=folder, n_resamples=-1)

"""Categorization, analogy, classification, neighbours: scikit-learn, gensim and brute force."""

import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.cluster import contingency_matrix

from iiq.evaluate import Judged, analogy, categorization, classification, neighbours, purity
from iiq.evaluate.analogy import answers
from iiq.evaluate.categorization import CLUSTERINGS, cluster
from iiq.evaluate.judged import CodeRows, judge
from iiq.vectors.word_vectors import WordVectors

labels = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=50)


def coded(n, n_bits, seed=0):
    bits = np.random.default_rng(seed).integers(0, 2, (n, n_bits))
    codes = np.packbits(bits, axis=1, bitorder="little")
    return bits, Judged([f"w{i}" for i in range(n)], CodeRows(codes, n_bits), method="random")


@given(labels)
def test_purity_is_that_of_the_contingency_matrix(pairs):
    clusters, categories = np.array(pairs).T
    matrix = contingency_matrix(categories, clusters)
    assert purity(clusters, categories) == pytest.approx(matrix.max(axis=0).sum() / matrix.sum())


def test_categories_that_are_clusters_are_found(vectors, folder):
    report = categorization(vectors, data=folder)
    covered, paper = report
    assert covered.score > 0.95
    assert (covered.n, paper.n, covered.n_total, covered.n_oov) == (60, 64, 64, 4)
    assert paper.score < covered.score
    assert covered.note.startswith("best of 6: ")


@pytest.mark.parametrize("kind", CLUSTERINGS)
def test_every_clustering_makes_as_many_clusters_as_asked(kind):
    _, judged = coded(40, 6)  # many equal rows and equal distances
    table = judged.take(np.arange(40)).astype(np.float64)
    table[0] = 0.0
    assert len(set(cluster(table, 5, kind))) == 5


def test_the_score_does_not_hang_on_the_order_of_the_file(folder, tmp_path):
    _, judged = coded(60, 8, seed=5)
    path = folder / "categorization" / "AP.tsv"
    head, *rows = path.read_text().splitlines()
    other = tmp_path / "AP.tsv"
    other.write_text("\n".join([head, *sorted(rows)]) + "\n")
    scores = [
        categorization(judged, sets=p, clusterings=["kmeans"])[0].score for p in (path, other)
    ]
    assert abs(scores[0] - scores[1]) < 0.15


def test_sets_without_a_score(vectors, tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("word\tcategory\nw1\ta\nw2\ta\n")
    assert "one category only" in categorization(vectors, sets=path)[0].note
    path.write_text("word\tcategory\nw1\ta\nw2\tb\n")
    assert categorization(vectors, sets=path)[0].note == "not enough words (2 for 2 categories)"
    with pytest.raises(ValueError, match="clusterings must be of ward"):
        categorization(vectors, sets=path, clusterings=["spectral"])
    path.write_text("word\tcategory\nhaus\ta\nhof\tb\n")
    with pytest.raises(ValueError, match="no word of x is in the vocabulary"):
        categorization(vectors, sets=path)


def test_analogies_are_gensims(folder, tmp_path):
    rng = np.random.default_rng(11)
    base, step = rng.normal(size=(5, 24)), rng.normal(size=(12, 24))
    table = (base[:, None] + step[None]).transpose(1, 0, 2).reshape(60, 24)
    table += 0.35 * rng.normal(size=table.shape)
    vectors = WordVectors([f"w{i}" for i in range(60)], table.astype(np.float32))
    theirs = KeyedVectors(24)
    theirs.add_vectors(list(vectors.words), vectors.vectors)
    questions = tmp_path / "questions.txt"
    lines = (folder / "analogy" / "Google.tsv").read_text().splitlines()[1:]
    questions.write_text(": all\n" + "".join(f"{' '.join(x.split(chr(9))[1:])}\n" for x in lines))
    expected, _ = theirs.evaluate_word_analogies(str(questions))
    row = analogy(vectors, data=folder).where(policy="covered")[0]
    assert 0.1 < expected < 0.95
    assert row.score == pytest.approx(expected)
    assert (row.n, row.n_total) == (45, 50)


def test_analogies_of_codes_break_ties_by_row():
    bits, judged = coded(300, 9, seed=2)
    ids = np.random.default_rng(3).integers(0, 300, (50, 3))
    signs = 2 * bits - 1
    scores = (signs[ids[:, 1]] - signs[ids[:, 0]] + signs[ids[:, 2]]) @ signs.T
    for column in range(3):
        scores[np.arange(50), ids[:, column]] = -1000
    np.testing.assert_array_equal(answers(judged, ids), scores.argmax(axis=1))


def test_analogy_settings(vectors, folder):
    few = analogy(vectors, data=folder, max_questions=7)
    assert few[0].n_total == 7
    assert few[0].note == "7 of 50 questions drawn"
    short = analogy(vectors, data=folder, restrict_vocab=30)
    assert short.where(policy="covered")[0].n == 15
    judged = judge(vectors)
    assert (answers(judged, np.array([[0, 1, 2]]), stop=30) < 30).all()


def test_texts_of_two_topics_are_told_apart(vectors, folder):
    report = classification(vectors, data=folder, epochs=30, n_resamples=50)
    assert min(report.column("score")) > 0.9
    assert report[0].note == "mlp, 5 folds, 30 epochs"
    assert report[0].n_oov == 1
    again = classification(vectors, data=folder, epochs=30, n_resamples=50)
    assert report.column("score") == again.column("score")
    line = classification(vectors, data=folder, classifier="logistic")
    assert line[0].score > 0.9


def test_the_two_policies_of_texts(vectors, folder):
    from iiq.evaluate.classification import _Texts
    from iiq.evaluate.datasets import load_sets

    judged = judge(vectors)
    texts = _Texts(judged, load_sets("classification", folder)[0])
    covered, paper = (texts.features(judged, policy) for policy in ("covered", "paper"))
    np.testing.assert_allclose(paper * 7, covered * 6, rtol=1e-5)


def test_texts_without_a_score(vectors, tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("label\ttext\n" + "1\tw1 w2\n" * 10)
    assert "one class only" in classification(vectors, sets=path)[0].note
    path.write_text("label\ttext\n" + "1\tw1 w2\n" * 10 + "0\tw1\n")
    assert "not enough texts of a class (1)" in classification(vectors, sets=path)[0].note
    with pytest.raises(ValueError, match="classifier must be of mlp, logistic"):
        classification(vectors, sets=path, classifier="svm")
    with pytest.raises(ValueError, match="epochs must be at least 1"):
        classification(vectors, sets=path, epochs=0)


def test_recall_against_brute_force(vectors):
    bits, judged = coded(60, 12, seed=4)
    report = neighbours(judged, vectors, k=[1, 5], n_queries=60)
    table = np.asarray(vectors.vectors, dtype=np.float64)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    recalls = {1: [], 5: []}
    for i in range(60):
        true = np.delete(table @ table[i], i)
        distance = np.delete((bits != bits[i]).sum(axis=1), i)
        order = np.argsort(distance, kind="stable")
        for k, found in recalls.items():
            found.append((true[order[:k]] >= np.sort(true)[-k] - 1e-6).mean())
    for k, found in recalls.items():
        assert report.score(metric=f"recall@{k}") == pytest.approx(np.mean(found))


def test_recall_counts_ties_as_hits():
    table = np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]])
    same = WordVectors(list("abcde"), table)
    assert neighbours(same, same, k=[1])[0].score == 1.0
    with pytest.raises(ValueError, match="k must be between 1 and 4"):
        neighbours(same, same, k=[5])
    with pytest.raises(ValueError, match="share 0 words"):
        neighbours(same, WordVectors(list("xyzuv"), table))


def test_a_missing_extra_is_named(vectors, folder, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'iiq\[evaluate\]'"):
        categorization(vectors, data=folder)

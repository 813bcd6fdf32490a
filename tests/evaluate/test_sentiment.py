"""The sentiment task on made-up reviews of a few words, with a network of a few filters."""

import lzma

import numpy as np
import pytest

from iiq.evaluate import Judged, judge, sentiment, train_embedding
from iiq.evaluate._cnn import Training
from iiq.evaluate._reviews import OOV, PAD, Reviews, Table, as_rows, frequent_words, load_reviews
from iiq.evaluate.judged import CodeRows
from iiq.vectors.word_vectors import WordVectors

SMALL = Training(batch=16, rate=0.01, filters=16, hidden=16)


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    root = tmp_path_factory.mktemp("imdb")
    (root / "sentiment").mkdir()
    rng = np.random.default_rng(0)
    for name, n in (("imdb_train", 200), ("imdb_test", 100)):
        rows = ["label\ttext"]
        for i in range(n):
            label = int(i >= n // 2)
            words = [("good", "bad")[1 - label], "The", "film", "plot", "actor's"]
            rows.append(f"{label}\t{'<br />'.join(rng.permutation(words))} x{i % 7}!")
        with lzma.open(root / "sentiment" / f"{name}.tsv.xz", "wt", encoding="utf-8") as stream:
            stream.write("\n".join(rows) + "\n")
    return root


def test_texts_become_rows():
    part = Reviews([["a", "b", "c"], ["x", "b"], []], np.array([0, 1, 0]))
    rows = as_rows(part, {"a": 1, "b": 2, "c": 3}, 2)
    assert rows.tolist() == [[2, 3], [0, 2], [0, 0]]
    assert as_rows(part, {"b": 2}, 2, oov=5).tolist() == [[2, 5], [5, 2], [0, 0]]
    assert frequent_words(part, 4) == [PAD, OOV, "b", "a"]


def test_missing_words_by_policy():
    part = Reviews([["a", "none", "b"]], np.array([1]))
    judged = judge(WordVectors(["b", "a"], [[1.0, 2.0], [3.0, 6.0]]))
    paper, covered = (Table(judged, [part], policy) for policy in ("paper", "covered"))
    np.testing.assert_array_equal(
        paper.vectors[paper.texts(part, 4)[0]], [[0, 0], [3, 6], [2, 4], [1, 2]]
    )
    np.testing.assert_array_equal(
        covered.vectors[covered.texts(part, 4)[0]], [[0, 0], [0, 0], [3, 6], [1, 2]]
    )
    assert (paper.n_oov, paper.same_for_both) == (1, False)
    own = judge(WordVectors([PAD, OOV, "a", "b"], np.arange(8.0).reshape(4, 2)))
    table = Table(own, [part], "covered")
    assert table.same_for_both
    np.testing.assert_array_equal(
        table.vectors[table.texts(part, 4)[0]], [[0, 1], [4, 5], [2, 3], [6, 7]]
    )


def test_the_papers_two_steps(reviews):
    torch = pytest.importorskip("torch")
    before = torch.random.get_rng_state()
    settings = {"data": reviews, "epochs": 8, "length": 8, "training": SMALL}
    embedding, trained = train_embedding(n_words=12, dim=6, **settings)
    assert trained.column("policy") == ["covered", "paper"]
    assert min(trained.column("score")) > 0.9
    assert list(embedding.words[:2]) == [PAD, OOV]
    codes = np.packbits(embedding.take(np.arange(12)) >= 0, axis=1, bitorder="little")
    judged = Judged(embedding.words, CodeRows(codes, 6), method="sign")
    report = sentiment(judged, runs=2, **settings)
    assert (torch.random.get_rng_state() == before).all()
    assert min(report.column("score")) > 0.9
    assert report[0].note.startswith("2 runs of 8 epochs on 200 reviews")
    assert report[0].score == report[1].score
    again = sentiment(judged, runs=2, **settings)
    assert again.column("note") == report.column("note")


def test_refused(reviews, tmp_path):
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="no word of the reviews"):
        sentiment(WordVectors(["haus"], [[1.0]]), data=reviews)
    with pytest.raises(ValueError, match="n_reviews must be at least 10"):
        sentiment(WordVectors(["film"], [[1.0]]), data=reviews, n_reviews=2)
    (tmp_path / "sentiment").mkdir()
    path = tmp_path / "sentiment" / "imdb_train.tsv"
    path.write_text("label\ttext\n1\ta\n1\tb\n")
    with pytest.raises(ValueError, match="one class"):
        load_reviews(tmp_path, "imdb_train", None, 0)
    path.write_text("label\ttext\n1\ta\n2\tb\n")
    with pytest.raises(ValueError, match="labels must be 0 or 1"):
        load_reviews(tmp_path, "imdb_train", None, 0)

"""Tables in and out of encoders: scikit-learn's set_output and names of columns."""

import sys

import numpy as np
import pytest

import iiq
from iiq.encoders import ENCODERS

pandas = pytest.importorskip("pandas")

X = np.random.default_rng(0).standard_normal((60, 9)).astype(np.float32)
TABLE = pandas.DataFrame(X, index=[f"w{i}" for i in range(60)], columns=list("abcdefghi"))


def unfitted(name):
    encoder = ENCODERS[name]()
    if "random_state" in encoder.get_params():
        encoder.set_params(random_state=0)
    return encoder


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_a_table_gives_the_codes_of_its_numbers(name):
    encoder, plain = unfitted(name).fit(TABLE), unfitted(name).fit(X)
    assert encoder.feature_names_in_.tolist() == list("abcdefghi")
    np.testing.assert_array_equal(encoder.transform(TABLE), plain.transform(X))
    prefix = type(encoder).__name__.lower()
    names = [f"{prefix}{j}" for j in range(encoder.transform(X).shape[1])]
    assert list(encoder.get_feature_names_out()) == names
    assert not hasattr(encoder.fit(X), "feature_names_in_")


def test_answers_as_tables_keep_the_index():
    encoder = iiq.IIQ(12, random_state=0).fit(TABLE)
    codes = encoder.transform(TABLE)
    assert encoder.set_output(transform="pandas") is encoder
    answer = encoder.transform(TABLE)
    assert list(answer.index) == list(TABLE.index)
    assert list(answer.columns) == ["iiq0", "iiq1"]
    assert (answer.dtypes == np.uint8).all()
    np.testing.assert_array_equal(answer.to_numpy(), codes)
    np.testing.assert_array_equal(
        encoder.inverse_transform(answer), encoder.inverse_transform(codes)
    )
    assert list(encoder.transform(X).index) == list(range(60))
    encoder.set_output(transform=None)
    assert isinstance(encoder.transform(X), pandas.DataFrame)
    assert type(encoder.set_output(transform="default").transform(TABLE)) is np.ndarray


def test_a_vocabulary_does_not_mind(tmp_path):
    encoder = iiq.IIQ(12, random_state=0).fit(TABLE).set_output(transform="pandas")
    index = iiq.HammingIndex(encoder.codes_of(X), 12)
    vocabulary = iiq.BinaryKeyedVectors(list(TABLE.index), index, encoder)
    np.testing.assert_array_equal(vocabulary.encode(X), encoder.codes_of(X))


def test_columns_that_are_not_those_of_the_fit():
    encoder = iiq.LSH(12, random_state=0).fit(TABLE)
    with pytest.raises(ValueError, match=r"The feature names should match[^$]*same order"):
        encoder.transform(TABLE[list("bacdefghi")])
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- z\n[^$]*now missing:\n- i"):
        encoder.project(TABLE.rename(columns={"i": "z"}))
    encoder.transform(X)  # an array has no names to be wrong


def test_feature_names_are_checked():
    encoder = iiq.LSH(12, random_state=0)
    with pytest.raises(ValueError, match="not fitted"):
        encoder.get_feature_names_out()
    encoder.fit(X)
    with pytest.raises(ValueError, match=r"should have length equal .*\(9\), got 2"):
        encoder.get_feature_names_out(["a", "b"])
    with pytest.raises(ValueError, match="not equal to feature_names_in_"):
        encoder.fit(TABLE).get_feature_names_out(list("bacdefghi"))
    with pytest.raises(ValueError, match="default, pandas, polars, got 'numpy'"):
        encoder.set_output(transform="numpy")


def test_what_scikit_learn_does_with_tables():
    pytest.importorskip("sklearn")
    from sklearn import config_context
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    steps = make_pipeline(StandardScaler(), iiq.LSH(12, random_state=0))
    answer = steps.set_output(transform="pandas").fit_transform(TABLE)
    assert list(answer.columns) == ["lsh0", "lsh1"]
    assert list(steps.get_feature_names_out()) == ["lsh0", "lsh1"]
    encoder = clone(iiq.LSH(12).set_output(transform="pandas")).fit(X)
    assert isinstance(encoder.transform(X), pandas.DataFrame)
    with config_context(transform_output="pandas"):
        assert isinstance(iiq.LSH(12).fit_transform(X), pandas.DataFrame)
        assert type(iiq.LSH(12).set_output(transform="default").fit_transform(X)) is np.ndarray
        words = [str(i) for i in range(60)]
        assert iiq.compress((words, X), n_bits=12, random_state=0).codes.shape == (60, 2)


def test_polars_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    encoder = iiq.LSH(12).fit(X).set_output(transform="polars")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'iiq\[polars\]'"):
        encoder.transform(X)


class _Polars:
    """The one call that is made of polars."""

    @staticmethod
    def DataFrame(array, schema, orient):
        assert orient == "row"
        return dict(zip(schema, array.T.tolist(), strict=True))


def test_answers_as_tables_of_polars(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", _Polars)
    encoder = iiq.LSH(12, random_state=0).fit(X)
    codes = encoder.transform(X)
    answer = encoder.set_output(transform="polars").transform(X)
    assert answer == {"lsh0": codes[:, 0].tolist(), "lsh1": codes[:, 1].tolist()}


def test_means_of_words_come_as_tables_too():
    from iiq.pipelines import MeanBinaryEmbedding

    vocabulary = iiq.compress((list(TABLE.index), X), random_state=0)
    embedding = MeanBinaryEmbedding(vocabulary).set_output(transform="pandas")
    texts = pandas.Series(["w1 w2", "w3"], index=["x", "y"])
    answer = embedding.transform(texts)
    assert list(answer.columns) == [f"dim{j}" for j in range(9)]
    assert list(answer.index) == ["x", "y"]

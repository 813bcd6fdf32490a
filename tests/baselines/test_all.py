"""Every baseline over the same list of checks."""

import builtins
import sys

import numpy as np
import pytest

from iiq.baselines import BASELINES, Baseline

EXTRA = {"dccl": "torch", "pq": "faiss", "rabitq": "faiss", "rq": "faiss"}
SMALL = {
    "dccl": {"n_codebooks": 4, "codebook_size": 4, "n_epochs": 2, "random_state": 0, "threads": 1},
    "pq": {"n_bits": 24, "sub_bits": 4, "random_state": 0, "threads": 1},
    "rabitq": {"n_bits": 96, "random_state": 0, "threads": 1},
    "rq": {"n_bits": 24, "random_state": 0, "threads": 1},
}


def make(name: str, **parameters: object) -> Baseline:
    if name in EXTRA:
        pytest.importorskip(EXTRA[name])
    return BASELINES[name](**{**SMALL.get(name, {}), **parameters})


def vectors(n: int = 300, d: int = 20, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = rng.standard_normal((d, d)) * np.linspace(3, 0.5, d)
    return (rng.standard_normal((n, d)) @ shape).astype(np.float32)


@pytest.fixture(params=sorted(BASELINES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_decoding_is_closer_than_nothing(name):
    X = vectors()
    decoded = make(name, **({"n_epochs": 30} if name == "dccl" else {})).fit(X).decode()
    assert decoded.shape == X.shape
    assert decoded.dtype == np.float32
    assert np.square(decoded - X).sum() < 0.9 * np.square(X).sum()


def test_fit_twice_gives_the_same_vectors(name):
    X = vectors()
    assert np.array_equal(make(name).fit(X).decode(), make(name).fit(X).decode())


def test_some_rows_are_those_of_all(name):
    model = make(name).fit(vectors())
    rows = [7, 0, 299, 7]
    assert np.allclose(model.decode(rows), model.decode()[rows], atol=1e-5)
    assert model.decode([]).shape == (0, 20)


def test_input_is_left_alone_and_its_type_does_not_matter(name):
    X = vectors().astype(np.float16)
    X.flags.writeable = False
    wide = make(name).fit(X.astype(np.float64)).decode()
    assert np.array_equal(make(name).fit(X).decode(), wide)


def test_words_with_vectors_are_taken(name):
    class Words:
        vectors = vectors()

    assert np.array_equal(make(name).fit(Words()).decode(), make(name).fit(Words.vectors).decode())


def test_bits_count_everything_stored(name):
    model = make(name).fit(vectors())
    assert model.bits_per_vector == pytest.approx(8 * model.stored_bytes / 300)
    assert model.compression_ratio == pytest.approx(32 * 20 / model.bits_per_vector)


def test_an_unfitted_baseline_says_so(name):
    model = make(name)
    for ask in (model.decode, lambda: model.stored_bytes, lambda: model.bits_per_vector):
        with pytest.raises(ValueError, match="not fitted yet: call fit"):
            ask()


BAD_INPUTS = {
    "a list of words": (["cat", "dog"], (TypeError, ValueError)),
    "one vector": (np.ones(20), ValueError),
    "no rows": (np.ones((0, 20)), ValueError),
    "no columns": (np.ones((20, 0)), ValueError),
    "NaN": (np.where(np.arange(6000).reshape(300, 20) == 77, np.nan, 1.0), ValueError),
    "infinity": (np.where(np.arange(6000).reshape(300, 20) == 77, np.inf, 1.0), ValueError),
    "complex": (np.ones((300, 20)) * 1j, ValueError),
    "ragged": ([[1.0, 2.0], [1.0]], ValueError),
    "None": (None, (TypeError, ValueError)),
}


@pytest.mark.parametrize("case", BAD_INPUTS)
def test_bad_vectors_are_refused(name, case):
    X, error = BAD_INPUTS[case]
    with pytest.raises(error):
        make(name).fit(X)


def test_the_row_of_a_nan_is_named(name):
    X = vectors()
    X[123, 4] = np.nan
    with pytest.raises(ValueError, match="row 123"):
        make(name).fit(X)


@pytest.mark.parametrize("rows", [[300], [-1], [[1, 2]], [0.5], ["cat"]])
def test_bad_row_numbers_are_refused(name, rows):
    model = make(name).fit(vectors())
    with pytest.raises((TypeError, ValueError), match="rows must be"):
        model.decode(rows)


def test_parameters_as_scikit_learn_has_them(name):
    model = make(name)
    again = type(model)(**model.get_params())
    assert again.get_params() == model.get_params()
    with pytest.raises(ValueError, match="Invalid parameter 'bits'"):
        model.set_params(bits=3)


def test_constant_and_few_vectors(name):
    if name in ("pq", "rq"):
        with pytest.raises(ValueError, match=r"needs? as many rows, got 3"):
            make(name).fit(np.ones((3, 20)))
        return
    for X in (np.ones((3, 20)), np.zeros((1, 20))):
        assert np.isfinite(make(name).fit(X).decode()).all()


@pytest.mark.parametrize("name", sorted(EXTRA))
def test_a_missing_package_names_its_extra(name, monkeypatch):
    real = builtins.__import__

    def absent(module, *args, **kwargs):
        if module.split(".")[0] == EXTRA[name]:
            raise ModuleNotFoundError(f"No module named {module!r}", name=module)
        return real(module, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.setitem(sys.modules, EXTRA[name], None)
    extra = {"torch": "dccl", "faiss": "faiss"}[EXTRA[name]]
    with pytest.raises(ModuleNotFoundError, match=rf"{EXTRA[name]}.*pip install 'iiq\[{extra}\]'"):
        BASELINES[name](**SMALL[name]).fit(vectors())

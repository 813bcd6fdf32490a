"""Every encoder over the same list of checks."""

import numpy as np
import pytest

from iiq.encoders import ENCODERS, IIQ, ITQ, LSH, Encoder, SignBinarizer, from_state

SEEDED = {"iiq", "itq", "lsh", "nlb"}


def make(name: str, **parameters: object) -> Encoder:
    if name in SEEDED:
        parameters.setdefault("random_state", 0)
    return ENCODERS[name](**parameters)


def vectors(n: int = 300, d: int = 20, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = rng.standard_normal((d, d)) * np.linspace(3, 0.5, d)
    return (rng.standard_normal((n, d)) @ shape + rng.standard_normal(d)).astype(np.float32)


@pytest.fixture(params=sorted(ENCODERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_codes_are_the_packed_signs_of_the_float64_projection(name):
    X = vectors()
    encoder = make(name, **({"refine": None} if name == "iiq" else {})).fit(X)
    if name == "nlb":  # its inputs are clipped
        X = np.clip(X, -np.float32(1 / encoder.input_scale_), np.float32(1 / encoder.input_scale_))
    exact = (X.astype(np.float64) - encoder.mean_) @ encoder.projection_
    expected = np.packbits(exact >= 0, axis=1, bitorder="little")
    assert np.array_equal(encoder.transform(X), expected)
    assert np.allclose(encoder.project(X), exact, atol=1e-4)


def test_fit_twice_gives_the_same_bits(name):
    X = vectors()
    assert np.array_equal(make(name).fit_transform(X), make(name).fit_transform(X))


def test_state_round_trip_gives_the_same_bits(name):
    X = vectors()
    encoder = make(name).fit(X)
    params, arrays = encoder.to_state()
    again = from_state(name, params, arrays)
    assert type(again) is type(encoder)
    assert again.get_params() == encoder.get_params()
    assert np.array_equal(again.transform(X), encoder.transform(X))
    assert np.array_equal(again.project(X), encoder.project(X))
    codes = encoder.transform(X)
    assert np.array_equal(again.inverse_transform(codes), encoder.inverse_transform(codes))


def test_blocks_and_arrays_give_the_same_bits(name):
    X = vectors(2500)
    whole = make(name).fit(X)
    for cuts in ([100, 900, 2000], [1024, 2048], list(range(7, 2500, 7))):
        blocks = np.split(X, cuts)
        parts = make(name).fit_blocks(blocks)
        assert np.array_equal(parts.projection_, whole.projection_)
        codes = np.concatenate([parts.transform(block) for block in blocks])
        assert np.array_equal(codes, whole.transform(X))


def test_inverse_transform_is_closer_than_the_mean(name):
    X = vectors(2000)
    encoder = make(name).fit(X)
    restored = encoder.inverse_transform(encoder.transform(X))
    assert restored.shape == X.shape
    assert restored.dtype == np.float32
    near, far = np.square(restored - X).sum(), np.square(X - encoder.mean_).sum()
    assert near < far


def test_an_unfitted_encoder_says_so(name):
    with pytest.raises(ValueError, match=r"not fitted yet: call fit"):
        make(name).transform(vectors())


def test_another_width_is_refused(name):
    encoder = make(name).fit(vectors(d=20))
    with pytest.raises(ValueError, match=r"X has 19 features, but \w+ is expecting 20"):
        encoder.transform(vectors(d=19))


def test_itq_is_iiq_without_removal():
    X = vectors()
    itq = ITQ(random_state=1).fit(X)
    iiq = IIQ(n_remove=0, refine=None, random_state=1).fit(X)
    assert np.array_equal(itq.transform(X), iiq.transform(X))


@pytest.mark.parametrize("n_bits", [1, 7, 19, 20, 21, 33, 65])
def test_any_number_of_bits(n_bits):
    X = vectors()
    for encoder in (IIQ(n_bits, random_state=0, refine=None), LSH(n_bits, random_state=0)):
        codes = encoder.fit_transform(X)
        assert codes.shape == (len(X), (n_bits + 7) // 8)
        assert np.unpackbits(codes, axis=1, bitorder="little")[:, n_bits:].sum() == 0


def test_plain_signs():
    X = np.array([[0.0, -0.0, 1e-30, -1e-30, 5.0]])
    assert SignBinarizer().fit_transform(X)[0, 0] == 0b10111


@pytest.mark.parametrize(
    ("learned", "text"),
    [
        ({"transform": 5}, "learns no number called 'transform'"),
        ({"project": []}, "learns no number called 'project'"),
        ({"threads": 1.5}, "learns no number called 'threads'"),
        ({"__dict__": {}}, "learns no number called '__dict__'"),
        ({"__class__": 1}, "learns no number called '__class__'"),
        ({"projection_": 1.0}, "learns no number called 'projection_'"),
    ],
)
def test_a_state_sets_only_numbers_that_were_learned(name, learned, text):
    params, arrays = make(name).fit(vectors()).to_state()
    with pytest.raises(ValueError, match=text):
        from_state(name, {**params, "learned": params["learned"] | learned}, arrays)


@pytest.mark.parametrize("value", ["x", [1.0], True, None, float("nan"), float("inf"), -1e31, 1e31])
def test_a_learned_number_of_a_state_is_a_number(name, value):
    width = {} if name == "sign" else {"n_bits": 30}
    params, arrays = make(name, **width).fit(vectors()).to_state()
    may_lack = {"n_train_rows_", "flip_shift_", "refine_scale_", "decode_scale_"}
    sentences = {"n_remove_reason_"}  # tests/test_n_remove.py
    for figure in params["learned"].keys() - sentences:
        if value is None and figure in may_lack:
            continue
        with pytest.raises(ValueError, match=rf"{figure} must be"):
            from_state(name, {**params, "learned": params["learned"] | {figure: value}}, arrays)


def test_numbers_of_other_encoders_are_refused(name):
    params, arrays = make(name).fit(vectors()).to_state()
    other = "n_remove_" if name not in ("iiq", "itq") else "input_scale_"
    with pytest.raises(ValueError, match=f"learns no number called '{other}'"):
        from_state(name, {**params, "learned": params["learned"] | {other: 1}}, arrays)

"""The public names, their parameters and defaults: a change here is a change for every user."""

import importlib
import inspect
import sys
import typing

import numpy as np
import pytest

import iiq

REQUIRED = inspect.Parameter.empty

PARAMETERS = {
    "IIQ": {
        "n_bits": None,
        "n_remove": "auto",
        "n_iter": 50,
        "train_rows": 50_000,
        "refine": "balanced",
        "precision": "int8",
        "solver": "gram",
        "tol": None,
        "threads": None,
        "random_state": None,
        "verbose": False,
    },
    "LSH": {"n_bits": None, "center": True},
    "SignBinarizer": {"center": False},
    "NLB": {"n_bits": None},
    "HammingIndex": {"codes": REQUIRED, "n_bits": REQUIRED, "threads": None},
    "pack": {"bits": REQUIRED},
    "unpack": {"codes": REQUIRED, "n_bits": REQUIRED},
    "hamming": {"a": REQUIRED, "b": REQUIRED},
    "read_vectors": {"path": REQUIRED, "format": "auto", "limit": None},
    "compress": {
        "vectors": REQUIRED,
        "n_bits": None,
        "method": "iiq",
        "keep_vectors": None,
        "preset": None,
        "n_remove": None,
        "random_state": None,
        "threads": None,
        "limit": None,
        "verbose": False,
    },
    "doctor": {"data": REQUIRED, "source": None, "threads": None, "random_state": 0},
    "explore": {"vectors": REQUIRED, "path": REQUIRED, "limit": None, "title": None},
    "load": {"path": REQUIRED},
    "isotropy": {"X": REQUIRED},
}

ENCODER_METHODS = [
    "fit",
    "fit_blocks",
    "fit_transform",
    "transform",
    "project",
    "query",
    "inverse_transform",
    "get_params",
    "set_params",
    "__sklearn_tags__",
]
ENCODER_ATTRIBUTES = [
    "mean_",
    "singular_values_",
    "n_remove_",
    "n_bits_",
    "projection_",
    "rotation_",
    "removed_",
    "decoder_",
    "loss_curve_",
    "n_features_in_",
]


@pytest.mark.parametrize("name", iiq.__all__)
def test_every_name_is_there(name):
    assert getattr(iiq, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'compres'"):
        _ = iiq.compres


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_and_defaults(name):
    found = inspect.signature(getattr(iiq, name)).parameters
    for parameter, default in PARAMETERS[name].items():
        assert found[parameter].default == default, parameter


@pytest.mark.parametrize("kind", iiq.ENCODERS.values())
def test_every_encoder_has_the_same_methods(kind):
    for method in ENCODER_METHODS:
        assert callable(getattr(kind, method))


def test_what_iiq_learns():
    encoder = iiq.IIQ(12, random_state=0).fit(np.random.default_rng(0).standard_normal((40, 9)))
    for attribute in ENCODER_ATTRIBUTES:
        assert hasattr(encoder, attribute)
    assert encoder.projection_.shape == (9, 12)


def test_the_tables_of_methods():
    assert list(iiq.ENCODERS) == ["iiq", "itq", "lsh", "sign", "nlb"]
    assert {"dccl", "prune"} <= set(iiq.BASELINES)
    assert iiq.ENCODERS["iiq"] is iiq.IIQ
    assert iiq.ENCODERS["nlb"] is iiq.NLB


@pytest.mark.parametrize(
    "task", ["similarity", "categorization", "analogy", "classification", "sentiment"]
)
def test_every_task_can_be_called(task):
    assert callable(getattr(iiq.evaluate, task))


def test_the_answers_have_their_types():
    codes = iiq.pack(np.eye(5, dtype=bool))
    distances, ids = iiq.HammingIndex(codes, 5).search(codes[:2], 3)
    assert (distances.dtype, ids.dtype, distances.shape) == (np.int32, np.int64, (2, 3))
    scores, ids = iiq.HammingIndex(codes, 5).search_asymmetric(np.ones((2, 5), np.float32), 3)
    assert (scores.dtype, ids.dtype, scores.shape) == (np.float32, np.int64, (2, 3))
    assert "scalar" in iiq.kernels() or iiq.kernels() == ["numba"]


def test_public_modules_can_be_imported_by_their_short_names():
    import iiq.readers.spacy
    from iiq.writers import write_vectors

    import iiq.vectors.readers.spacy
    from iiq import plot

    assert iiq.readers is iiq.vectors.readers
    assert sys.modules["iiq.readers.spacy"] is iiq.vectors.readers.spacy
    assert write_vectors is iiq.write_vectors
    assert plot is iiq.plot
    with pytest.raises(ModuleNotFoundError, match=r"iiq\.readers\.nothing"):
        importlib.import_module("iiq.readers.nothing")
    with pytest.raises(ImportError):
        from iiq import nothing  # noqa: F401


def test_types_tell_a_list_from_an_array():
    """Under ``mypy --strict`` an answer with ``topn`` a number is a list of words and scores."""
    for name in ("most_similar", "similar_by_word", "similar_by_key", "similar_by_vector"):
        verb = getattr(iiq.BinaryKeyedVectors, name)
        with_number, with_none = typing.get_overloads(verb)
        assert with_number.__annotations__["topn"] == "int"
        assert with_number.__annotations__["return"] == "Answer"
        assert with_none.__annotations__["topn"] == "None"
        assert "NDArray" in with_none.__annotations__["return"]
        ours, overloaded = (set(inspect.signature(f).parameters) for f in (verb, with_number))
        assert ours == overloaded

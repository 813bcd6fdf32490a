"""scikit-learn's own checks over every encoder."""

import pickle
import sys

import numpy as np
import pytest

from iiq.encoders import ENCODERS

pytest.importorskip("sklearn")


@pytest.mark.parametrize("name", sorted(ENCODERS))
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(name):
    from sklearn.utils.estimator_checks import check_estimator

    results = check_estimator(ENCODERS[name](), on_fail=None, on_skip=None)
    failed = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 40


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_clone_pipeline_and_pickle(name):
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    X = np.random.default_rng(0).standard_normal((60, 9))
    encoder = ENCODERS[name]()
    if "random_state" in encoder.get_params():
        encoder.set_params(random_state=3)
    codes = make_pipeline(clone(encoder)).fit_transform(X)
    assert np.array_equal(codes, encoder.fit_transform(X))
    assert np.array_equal(pickle.loads(pickle.dumps(encoder)).transform(X), codes)


def test_encoders_do_without_scikit_learn(monkeypatch):
    for module in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.setitem(sys.modules, module, None)
    X = np.random.default_rng(0).standard_normal((60, 9))
    for name, encoder in ENCODERS.items():
        assert len(encoder().fit_transform(X)) == 60, name

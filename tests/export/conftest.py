import numpy as np
import pytest

import iiq

ODD_WORDS = ["tab\there", "back\\slash", "quo\"te'", "ünïcödé", "\\N", "a b", " ", "{}", "日本", ""]


def make(n=400, n_bits=21, encoder=None, seed=0, words=None):
    bits = np.random.default_rng(seed).random((n, n_bits)) < 0.5
    bits[7] = bits[3]  # two words of one code
    words = words or [*ODD_WORDS, *(f"w{i}" for i in range(len(ODD_WORDS), n))]
    return iiq.BinaryKeyedVectors(words, iiq.HammingIndex(iiq.pack(bits), n_bits), encoder)


@pytest.fixture(scope="session")
def vocabulary():
    return make()


@pytest.fixture(scope="session")
def encoded():
    """A vocabulary with its encoder."""
    X = np.random.default_rng(1).standard_normal((300, 12)).astype(np.float32) + 0.5
    words = [f"w{i}" for i in range(300)]
    return iiq.compress(iiq.WordVectors(words, X), n_bits=10, random_state=0), X

import numpy as np
import pytest
from made_up import make

import iiq


@pytest.fixture(scope="session")
def vocabulary():
    return make()


@pytest.fixture(scope="session")
def encoded():
    """A vocabulary with its encoder; its codes are plain signs, as those of faiss are."""
    X = np.random.default_rng(1).standard_normal((300, 12)).astype(np.float32) + 0.5
    words = [f"w{i}" for i in range(300)]
    return iiq.compress(iiq.WordVectors(words, X), n_bits=10, refine=None, random_state=0), X

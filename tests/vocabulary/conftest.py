"""A saved vocabulary; real words with codes, and the same in gensim."""

from importlib import resources

import numpy as np
import pytest

import iiq
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
from tests.vocabulary.made_files import vocabulary

N = 4000


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "words.iiq"
    vocabulary(kept="int8", ngrams=True).save(path)
    return path


@pytest.fixture(scope="module")
def sample():
    folder = resources.files("iiq") / "data"
    words = (folder / "glove6b_20k_100d.words.txt").read_text(encoding="utf-8").split("\n")[:N]
    vectors = np.load(str(folder / "glove6b_20k_100d.vectors.f16.npy"))[:N].astype(np.float32)
    return words, vectors


ENCODERS = {
    "lsh": lambda: iiq.LSH(96, random_state=0),
    "iiq": lambda: iiq.IIQ(96, random_state=0),
    "long": lambda: iiq.IIQ(200, n_iter=5, random_state=0),
}


@pytest.fixture(scope="module", params=ENCODERS)
def ours(request, sample):
    words, vectors = sample
    encoder = ENCODERS[request.param]().fit(vectors)
    index = iiq.HammingIndex(encoder.transform(vectors), encoder.n_bits_)
    return BinaryKeyedVectors(words, index, encoder, counts=np.arange(N, 0, -1))


@pytest.fixture(scope="module")
def theirs(ours):
    return ours.to_gensim()

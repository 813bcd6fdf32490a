"""A small vocabulary with strange words, and files changed after they were written."""

import numpy as np

import iiq
from iiq._support import container
from iiq.vocabulary.kept_vectors import KeptVectors
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors
from iiq.vocabulary.ngram_codes import NgramCodes

STRANGE = ["the", "", "a b", "tab\t", "line\n", "nul\0", "😀", "né", "n" * 5000, "\u2028"]
N = 70


def vocabulary(n_bits=20, kept=None, encoder=True, ngrams=False):
    X = np.random.default_rng(0).standard_normal((N, 12)).astype(np.float32) + 0.5
    words = STRANGE + [f"w{i}" for i in range(N - len(STRANGE))]
    fitted = iiq.IIQ(n_bits, random_state=0, n_iter=3).fit(X)
    return BinaryKeyedVectors(
        words,
        iiq.HammingIndex(fitted.transform(X), n_bits),
        fitted if encoder else None,
        counts=np.arange(N, 0, -1),
        kept_vectors=None if kept is None else KeptVectors.from_vectors(X, kept),
        ngrams=random_ngrams(n_bits) if ngrams else None,
        quality={"isotropy": {"before": 0.4, "after": 0.9}},
    )


def random_ngrams(n_bits):
    generator = np.random.default_rng(4)
    codes = iiq.pack(generator.random((50, n_bits)) < 0.5)
    return NgramCodes(codes, generator.random(50).astype(np.float16), 3, 4)


def change(path, target, *, metadata=None, arrays=None):
    """Write the vocabulary of ``path`` again with other metadata or arrays, checksums and all."""
    old, text = container.read(path)
    new = {**old, **(arrays or {})}
    container.write(
        target,
        {name: array for name, array in new.items() if array is not None},
        {**text, **(metadata or {})},
    )
    return target

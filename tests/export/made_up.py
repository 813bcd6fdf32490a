"""A small vocabulary with words that are hard on formats."""

import numpy as np

import iiq

ODD_WORDS = ["tab\there", "back\\slash", "quo\"te'", "ünïcödé", "\\N", "a b", " ", "{}", "日本", ""]


def make(n=400, n_bits=21, encoder=None, seed=0, words=None):
    bits = np.random.default_rng(seed).random((n, n_bits)) < 0.5
    bits[7] = bits[3]  # two words of one code
    words = words or [*ODD_WORDS, *(f"w{i}" for i in range(len(ODD_WORDS), n))]
    return iiq.BinaryKeyedVectors(words, iiq.HammingIndex(iiq.pack(bits), n_bits), encoder)

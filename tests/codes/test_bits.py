"""Packed codes: golden bytes, packing and its undoing, distances on every kernel set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import iiq.codes.bits
from iiq.codes.bits import hamming, pack, unpack
from wordlike import random_codes


def test_pack_is_golden():
    bits = np.zeros((1, 20), bool)
    bits[0, [0, 9, 19]] = True
    np.testing.assert_array_equal(iiq.pack(bits), [[0x01, 0x02, 0x08]])


@given(st.integers(1, 90), st.integers(0, 20), st.integers(0, 1000))
def test_property_unpack_undoes_pack(n_bits, n, seed):
    bits = np.random.default_rng(seed).integers(0, 2, (n, n_bits)).astype(bool)
    np.testing.assert_array_equal(unpack(pack(bits), n_bits), bits)


@given(st.integers(1, 90), st.integers(0, 1000))
def test_property_hamming_is_a_metric(n_bits, seed):
    a, b, c = (random_codes(8, n_bits, seed=seed + i) for i in range(3))
    assert (hamming(a, a) == 0).all()
    np.testing.assert_array_equal(hamming(a, b), hamming(b, a))
    assert (hamming(a, c) <= hamming(a, b) + hamming(b, c)).all()


def test_hamming_on_every_kernel_set(kernel_set):
    a, b = random_codes(100, 300), random_codes(100, 300, seed=1)
    want = (unpack(a, 300) != unpack(b, 300)).sum(axis=1)
    np.testing.assert_array_equal(hamming(a, b), want)


def test_bad_bits_are_refused():
    with pytest.raises(ValueError, match="2-D array"):
        pack([1, 0, 1])
    with pytest.raises(ValueError, match="0 and 1"):
        pack([[0, 2]])
    with pytest.raises(ValueError, match=r"\(2, 1\) and \(3, 1\)"):
        hamming(np.zeros((2, 1), np.uint8), np.zeros((3, 1), np.uint8))
    with pytest.raises(TypeError, match="uint8"):
        hamming(np.zeros((2, 1)), np.zeros((2, 1), np.uint8))

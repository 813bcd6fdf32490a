"""Bits to packed codes and back, and the distance of codes row by row.

Bit j of a code is bit ``j % 8`` of its byte ``j // 8``; bits past ``n_bits`` are zero. These are
the bytes of ``np.packbits(bits, axis=1, bitorder="little")``, and faiss's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.native import core
from iiq._support.validate import Codes, as_array, as_codes, as_int


def pack(bits: ArrayLike) -> NDArray[np.uint8]:
    """Pack bits into codes.

    Parameters
    ----------
    bits : array-like (n, n_bits)
        Booleans, or numbers that are all 0 or 1.

    Returns
    -------
    ndarray uint8 (n, ceil(n_bits / 8))
        The codes, least significant bit first, padding bits zero.

    Raises
    ------
    ValueError
        If ``bits`` is not 2-D or holds anything but 0 and 1.

    Examples
    --------
    >>> pack([[1, 0, 0, 0, 0, 0, 0, 0, 1, 1]])
    array([[1, 3]], dtype=uint8)
    """
    array = as_array(bits, "bits")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"bits must be a 2-D array (n, n_bits) with n_bits >= 1, got shape {array.shape}: "
            "bits.reshape(1, -1) makes one row of a single code"
        )
    if array.dtype != np.bool_:
        if array.dtype.kind not in "iuf" or not np.isin(array, (0, 1)).all():
            raise ValueError(
                f"bits must be booleans, or numbers 0 and 1, got dtype {array.dtype} with other "
                "values: for the signs of vectors use bits = vectors >= 0"
            )
        array = array != 0
    return np.packbits(array, axis=1, bitorder="little")


def unpack(codes: ArrayLike, n_bits: int) -> NDArray[np.bool_]:
    """Unpack codes into booleans (n, n_bits), the inverse of :func:`pack`.

    Raises
    ------
    TypeError, ValueError
        If ``codes`` is not uint8 of shape (n, ceil(n_bits / 8)) with zero padding bits.

    Examples
    --------
    >>> unpack(np.array([[1, 3]], np.uint8), 10).astype(int)
    array([[1, 0, 0, 0, 0, 0, 0, 0, 1, 1]])
    """
    n_bits = as_int(n_bits, "n_bits", 1)
    return bits_of(as_codes(codes, n_bits), n_bits)


def bits_of(codes: Codes, n_bits: int) -> NDArray[np.bool_]:
    """Return the bits of checked codes."""
    return np.unpackbits(codes, axis=1, count=n_bits, bitorder="little").view(np.bool_)


def hamming(a: ArrayLike, b: ArrayLike) -> NDArray[np.int32]:
    """Count the bits in which row i of ``a`` differs from row i of ``b``.

    Parameters
    ----------
    a, b : array-like uint8 (n, bytes)
        Packed codes of the same shape. One of them may have a single row, which is then compared
        with every row of the other.

    Returns
    -------
    ndarray int32 (n,)
        Distances in bits.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not uint8, not 2-D, or of different shapes.

    Examples
    --------
    >>> hamming(pack([[1, 0, 1], [0, 0, 0]]), pack([[1, 1, 1]]))
    array([1, 3], dtype=int32)
    """
    left, right = _packed(a, "a"), _packed(b, "b")
    if left.shape[1] != right.shape[1] or (
        len(left) != len(right) and 1 not in (len(left), len(right))
    ):
        raise ValueError(
            f"a and b must have the same shape, got {left.shape} and {right.shape}: "
            "only a single row is compared with many"
        )
    shape = (max(len(left), len(right)) if min(len(left), len(right)) else 0, left.shape[1])
    pair = [np.ascontiguousarray(np.broadcast_to(x, shape)) for x in (left, right)]
    distances: NDArray[np.int32] = core().hamming_rows(*pair)
    return distances


def _packed(codes: ArrayLike, name: str) -> NDArray[Any]:
    array = np.asarray(codes)
    if array.dtype != np.uint8:
        raise TypeError(f"{name} must be packed codes of dtype uint8, got {array.dtype}")
    if array.ndim != 2:
        raise ValueError(f"{name} must be a 2-D array (n, bytes), got shape {array.shape}")
    return array


def sign_codes(vectors: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the packed signs of vectors (..., n_bits); 0 counts as +."""
    return np.packbits(vectors >= 0, axis=-1, bitorder="little")

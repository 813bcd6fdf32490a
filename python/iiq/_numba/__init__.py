"""The kernels again in Numba: the readable reference, the tests' oracle, the fallback.

Each function has the name, the arguments and the answer of its twin in the compiled core.
"""

from iiq._numba.bits import gather_codes, hamming_rows, make_blocks, stray_bits
from iiq._numba.refine import projected_l1, refine_codes
from iiq._numba.search import distances, search
from iiq._numba.text import parse_vectors

__all__ = [
    "distances",
    "gather_codes",
    "hamming_rows",
    "make_blocks",
    "parse_vectors",
    "projected_l1",
    "refine_codes",
    "search",
    "stray_bits",
]

"""The kernels again in Numba: the readable reference, the tests' oracle, the fallback.

Each function or class has the name, the arguments and the answer of its twin in the compiled core.
"""

from iiq._numba.asymmetric import candidates, search_asymmetric
from iiq._numba.bits import DecodedCodes, gather_codes, hamming_rows, make_blocks, stray_bits
from iiq._numba.memory import mapped_room
from iiq._numba.refine import code_sums, refine_codes, unit_rows
from iiq._numba.search import distances, pairs_within, search
from iiq._numba.text import format_rows, parse_vectors
from iiq._numba.train import encode, multiply, project, quantize, rotation_step
from iiq._numba.words import WordStore
from iiq._numba.words_building import WordStoreBuilder

__all__ = [
    "DecodedCodes",
    "WordStore",
    "WordStoreBuilder",
    "candidates",
    "code_sums",
    "distances",
    "encode",
    "format_rows",
    "gather_codes",
    "hamming_rows",
    "make_blocks",
    "mapped_room",
    "multiply",
    "pairs_within",
    "parse_vectors",
    "project",
    "quantize",
    "refine_codes",
    "rotation_step",
    "search",
    "search_asymmetric",
    "stray_bits",
    "unit_rows",
]

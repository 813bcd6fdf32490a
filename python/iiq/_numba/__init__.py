"""The kernels again in Numba: the readable reference, the tests' oracle, the fallback.

Each function has the name, the arguments and the answer of its twin in the compiled core.
"""

from iiq._numba.refine import projected_l1, refine_codes

__all__ = ["projected_l1", "refine_codes"]

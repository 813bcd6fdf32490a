"""The kernels again in Numba: the readable reference, the tests' oracle, the fallback.

Each function has the name, the arguments and the answer of its twin in the compiled core.
"""

"""Long work in calls of the core short enough that Ctrl-C is seen between them."""

from collections.abc import Iterator
from time import perf_counter, process_time

_CALL_SECONDS = 1.0


def slices(n: int, seconds: float, most: int | None = None) -> Iterator[slice]:
    """Cut ``n`` items into consecutive slices, each worked on within about a second.

    Parameters
    ----------
    n : int
        At least 0; none give one empty slice.
    seconds : float
        What an item is thought to take. Only the first slice goes by it: each later one by the
        time that the caller took for the one before, so neither a slow machine nor unlucky data
        keeps a signal waiting. Time in which others had the processor is not counted: cut by it,
        queries would share less of a scan the busier the machine is.
    most : int, optional
        Items of a slice.

    Yields
    ------
    slice
        One item at least, and none much smaller than the others.
    """
    first = 0
    while True:
        left = n - first
        step = max(1, int(_CALL_SECONDS / max(seconds, 1e-9)))
        n_slices = max(1, -(-left // min(step, most or step)))
        step = -(-left // n_slices)
        start = perf_counter(), process_time()
        yield slice(first, first + step)
        seconds = min(perf_counter() - start[0], process_time() - start[1]) / max(1, step)
        first += step
        if first >= n:
            return

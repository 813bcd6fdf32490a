"""Codes in several pieces, searched as one index: each shard answers, answers are merged.

Shard s holds the codes that follow those of shard s - 1. The merge orders by distance, then by id,
which is the order of one index over all codes: the answers are equal, ties included. What a shard
is, and that all shards are of one kind, is asked once, and looked at again wherever it is searched.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from iiq._support.files import is_vocabulary
from iiq._support.validate import as_allowed, as_codes, as_float32, as_int, as_matrix
from iiq.codes.bits import unpack
from iiq.codes.index import HammingIndex, check_search, in_metric
from iiq.vocabulary.cluster import DaskShards

Shard: TypeAlias = HammingIndex | str | os.PathLike[str]
Ids = NDArray[np.int64]

_OPEN_SHARDS = 64  # kept open by one process


class _Maker(NamedTuple):
    """The encoder of a shard's codes: what tells it from others, and what people call it."""

    digest: str
    name: str


class _Facts(NamedTuple):
    """What is known of a shard: 0 where nobody said yet; no maker where the file tells of none."""

    n_codes: int
    n_bits: int
    maker: _Maker | None = None


class ShardedIndex:
    """Find the exact nearest codes over several shards.

    Parameters
    ----------
    shards : sequence of HammingIndex or path
        In the order of the ids. A path is a saved vocabulary or index, or a .npy file of packed
        codes; it is opened by whoever searches it: an executor's workers read their own disks.
    n_bits : int, optional
        Needed where there are .npy files, which do not say.
    executor : object, optional
        Anything with ``map(function, items)``, such as a concurrent.futures executor; or the client
        of a Dask cluster, with shards that are files: each is mapped by one worker that can read
        it and stays there; another worker takes over what a lost one held. Without it the shards
        are searched in turn, each with all threads.

    Attributes
    ----------
    n_codes, n_bits : int

    Raises
    ------
    ValueError
        If there is no shard, or their widths or the encoders of their codes differ (a file without
        an encoder goes with any); from a search, if a file was replaced by one with another number
        of codes, width or encoder (one that fits answers from then on).
    TypeError
        If a shard on a Dask cluster is no file.
    FileNotFoundError
        If no worker of a Dask cluster can read a shard (any more).

    Examples
    --------
    >>> codes = np.array([[1], [3], [1], [7]], np.uint8)
    >>> sharded = ShardedIndex([HammingIndex(codes[:2], 3), HammingIndex(codes[2:], 3)])
    >>> sharded.search(codes[:1], k=3)
    (array([[0, 0, 1]], dtype=int32), array([[0, 2, 1]]))
    """

    def __init__(
        self, shards: Sequence[Shard], n_bits: int | None = None, *, executor: Any = None
    ) -> None:
        if not len(shards):
            raise ValueError("0 shards: pass at least one index or file")
        self._shards = [s if isinstance(s, HammingIndex) else os.path.abspath(s) for s in shards]
        on_dask = hasattr(executor, "gather")
        self._executor = DaskShards(executor, self._shards) if on_dask else executor
        self._facts = [_Facts(0, n_bits or 0)] * len(shards)
        self._facts = self._map(None, [()] * len(shards))
        widths = [facts.n_bits for facts in self._facts]
        if len(set(widths)) > 1:
            raise ValueError(f"shards hold codes of {widths} bits: all must have one width")
        self._check_makers()
        self.n_bits: int = widths[0]
        self._starts = np.cumsum([0, *(facts.n_codes for facts in self._facts)])
        self.n_codes = int(self._starts[-1])

    def _check_makers(self) -> None:
        """Raise ValueError, naming both, for shards whose bits mean different things."""
        known = [
            (path, f.maker) for path, f in zip(self._shards, self._facts, strict=True) if f.maker
        ]
        for path, maker in known[1:]:
            first, wanted = known[0]
            if maker.digest != wanted.digest:
                raise ValueError(
                    f"{path} was encoded by {maker.name}, but {first} by {wanted.name}: distances "
                    "between their codes say nothing; encode all vectors with one fitted encoder"
                )

    def __len__(self) -> int:
        return self.n_codes

    def __repr__(self) -> str:
        shards = len(self._shards)
        return f"ShardedIndex(n_codes={self.n_codes}, n_bits={self.n_bits}, shards={shards})"

    def search(
        self,
        queries: ArrayLike,
        k: int,
        *,
        max_distance: int | None = None,
        mask: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        metric: str = "hamming",
        furthest: bool = False,
        threads: int | None = None,
    ) -> tuple[NDArray[Any], Ids]:
        """Find the ``k`` nearest codes of each query: as `HammingIndex.search`."""
        rows = as_codes(queries, self.n_bits, "queries")
        k = as_int(k, "k", 1, self.n_codes)
        check_search(metric, furthest, max_distance)
        options = {"max_distance": max_distance, "furthest": furthest, "threads": threads}
        answers = self._map(
            _search, [(rows, k, part, options) for part in self._split(mask, exclude)]
        )
        distances, ids = self._joined(answers)
        order = np.lexsort((ids, -distances if furthest else distances), axis=1)[:, :k]
        found = np.take_along_axis(distances, order, 1)
        return in_metric(found, self.n_bits, metric), _hidden(np.take_along_axis(ids, order, 1))

    def search_asymmetric(
        self,
        projected: ArrayLike,
        k: int,
        *,
        mask: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        threads: int | None = None,
    ) -> tuple[NDArray[np.float32], Ids]:
        """Find the ``k`` codes nearest to float queries: as `HammingIndex.search_asymmetric`."""
        matrix = as_matrix(projected, "projected", n_columns=self.n_bits)
        rows = as_float32(matrix, "projected")
        k = as_int(k, "k", 1, self.n_codes)
        masks = self._split(mask, exclude)
        answers = self._map(_search_asymmetric, [(rows, k, part, threads) for part in masks])
        sums, ids = self._joined([(sums, ids) for sums, _, ids in answers])
        scores = np.concatenate([scores for _, scores, _ in answers], axis=1)
        order = np.lexsort((ids, -sums), axis=1)[:, :k]
        found = np.take_along_axis(scores, order, 1)
        return found, _hidden(np.take_along_axis(ids, order, 1))

    def _split(self, mask: ArrayLike | None, exclude: ArrayLike | None) -> list[Any]:
        """Return the mask of each shard."""
        packed = as_allowed(mask, exclude, self.n_codes)
        if packed is None:
            return [None] * len(self._shards)
        bits = np.unpackbits(packed.view(np.uint8), count=self.n_codes, bitorder="little")
        return np.split(bits.astype(np.bool_), self._starts[1:-1])

    def _map(self, function: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
        items = [
            (function, shard, fact, args)
            for shard, fact, args in zip(self._shards, self._facts, arguments, strict=True)
        ]
        if self._executor is None:
            return [_run(item) for item in items]
        return list(self._executor.map(_run, items))

    def _joined(self, answers: list[tuple[Any, Ids]]) -> tuple[Any, Ids]:
        """Put answers side by side, ids counted over all shards; what is no answer sorts last."""
        none = np.iinfo(np.int64).max
        ids = [
            np.where(ids < 0, none, ids + start)
            for (_, ids), start in zip(answers, self._starts, strict=False)
        ]
        return np.concatenate([best for best, _ in answers], axis=1), np.concatenate(ids, axis=1)


def _hidden(ids: Ids) -> Ids:
    return np.where(ids == np.iinfo(np.int64).max, -1, ids)


# -- what runs where a shard is --------------------------------------------------------------------


def _run(item: tuple[Any, Shard, _Facts, tuple[Any, ...]]) -> Any:
    """Call a function with the index of a shard; without one, return the facts."""
    function, shard, known, args = item
    if isinstance(shard, HammingIndex):
        index, maker = shard, None
    else:
        index, maker = _open(str(shard), known.n_bits)
    facts = _Facts(len(index), index.n_bits, maker)
    if function is None:
        return facts
    if facts[:2] != known[:2]:
        raise ValueError(
            f"{shard} holds {len(index)} codes of {index.n_bits} bits now, but {known.n_codes} of "
            f"{known.n_bits} when this index was made: make a new ShardedIndex"
        )
    if facts.maker != known.maker:
        now, then = (m.name if m else "no encoder" for m in (facts.maker, known.maker))
        raise ValueError(
            f"{shard} holds codes by {now} now, but by {then} when this index was made: make a new "
            "ShardedIndex"
        )
    return function(index, *args)


def _open(path: str, n_bits: int) -> tuple[HammingIndex, _Maker | None]:
    """Return the index of a file as it is now; opened once for as long as nobody replaces it."""
    state = os.stat(path)
    told = n_bits if path.endswith(".npy") else 0  # the others say it themselves
    return _opened(path, told, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(_OPEN_SHARDS)
def _opened(path: str, n_bits: int, state: tuple[int, ...]) -> tuple[HammingIndex, _Maker | None]:
    if path.endswith(".npy"):
        if not n_bits:
            raise ValueError(f"{path} does not say how wide its codes are: pass n_bits")
        return HammingIndex(np.load(path, mmap_mode="r", allow_pickle=False), n_bits), None
    if not is_vocabulary(path):
        return HammingIndex.load(path), None
    from iiq.vocabulary.keyed_vectors import load

    vocabulary = load(path)
    return vocabulary.index, _maker(vocabulary.encoder)


def _maker(encoder: Any) -> _Maker | None:
    """Tell encoders apart by where they project: equal ones give bits that mean the same."""
    if encoder is None:
        return None
    total = hashlib.sha256(encoder.method.encode())
    for array in (encoder.mean_, encoder.projection_):
        total.update(np.ascontiguousarray(array, np.float64).tobytes())
    digest = total.hexdigest()
    return _Maker(digest, f"{encoder!r} (projection {digest[:8]})")


def _search(
    index: HammingIndex,
    queries: NDArray[np.uint8],
    k: int,
    mask: NDArray[np.bool_] | None,
    options: dict[str, Any],
) -> tuple[NDArray[np.int32], Ids]:
    return index.search(queries, min(k, len(index)), mask=mask, **options)


def _search_asymmetric(
    index: HammingIndex,
    projected: NDArray[np.float32],
    k: int,
    mask: NDArray[np.bool_] | None,
    threads: int | None,
) -> tuple[NDArray[np.float64], NDArray[np.float32], Ids]:
    """Return the exact sums too: scores that round to the same float32 still have an order."""
    scores, ids = index.search_asymmetric(projected, min(k, len(index)), mask=mask, threads=threads)
    sums = np.full(ids.shape, -np.inf)
    for row, (query, found) in enumerate(zip(projected.astype(np.float64), ids, strict=True)):
        there = found >= 0
        codes = index.codes_at(found[there])
        terms = np.where(unpack(codes, index.n_bits), query, -query)
        # one after the other, as the index adds them: NumPy's sum would pair them
        sums[row, there] = np.add.accumulate(terms, axis=1)[:, -1]
    return sums, scores, ids

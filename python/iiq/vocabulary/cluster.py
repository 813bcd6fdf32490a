"""Shards on a Dask cluster: a file stays mapped in one worker, questions and answers travel.

Workers need not share a disk: each file is asked of a worker that can read it. A worker that is
lost leaves its shards to others that can, and what it was asked is asked again there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from iiq.rows.dask import LOST

_LOOK_SECONDS = 1.0  # between looks whether a worker that does not answer is still there
_MOST_LOST = 3  # workers that a question may cost: then it is the question


class _WorkerLost(Exception):
    """The worker that was asked is no longer there."""


def _readable(paths: list[str]) -> list[bool]:
    """Return which files whoever runs this can read."""
    return [os.access(path, os.R_OK) for path in paths]


class DaskShards:
    """An executor whose i-th item is for the worker that holds the i-th file.

    Parameters
    ----------
    client : distributed.Client
    shards : sequence of path
    """

    def __init__(self, client: Any, shards: Sequence[Any]) -> None:
        for number, shard in enumerate(shards):
            if not isinstance(shard, str):
                raise TypeError(
                    f"shard {number} is a {type(shard).__name__} of this process, but workers of a "
                    "Dask cluster open files: index.save(path) where they can read it, pass path"
                )
        self._client = client
        self._paths = list(shards)
        self._places: list[str | None] = [None] * len(shards)
        self._workers: set[str] = set()

    def map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """Return ``function(item)`` of each, run where the shards are."""
        self._place()
        asked = [self._ask(number, function, item) for number, item in enumerate(items)]
        return [
            self._answer(number, function, item, *asked[number])
            for number, item in enumerate(items)
        ]

    def _place(self) -> None:
        """Give each shard that has no living worker to the one of least shards that can read it."""
        workers = set(self._client.nthreads())
        if workers == self._workers:
            return
        found = self._client.run(_readable, self._paths, on_error="ignore")
        for number, path in enumerate(self._paths):
            holders = sorted(w for w, can in found.items() if w in workers and can[number])
            if not holders:
                raise FileNotFoundError(
                    f"{path}: none of the {len(workers)} workers of the cluster can read it: start "
                    "one that can, or put the file where they look"
                )
            if self._places[number] not in holders:
                self._places[number] = min(holders, key=self._places.count)
        self._workers = workers

    def _ask(self, number: int, function: Callable[[Any], Any], item: Any) -> tuple[Any, Any]:
        """Return who was asked, and what will be the answer."""
        place = self._places[number]
        # not pure: the same question of a file that was replaced has another answer
        return place, self._client.submit(function, item, workers=[place], pure=False)

    def _answer(
        self, number: int, function: Callable[[Any], Any], item: Any, place: Any, future: Any
    ) -> Any:
        """Wait for an answer; where the worker is gone, ask another one."""
        for _ in range(_MOST_LOST):
            try:
                return self._wait(place, future)
            except _WorkerLost:
                future.release()
            self._workers = set()
            self._place()
            place, future = self._ask(number, function, item)
        raise RuntimeError(
            f"{_MOST_LOST} workers were lost, one after the other, that searched "
            f"{self._paths[number]}: give workers more memory, or ask fewer queries at once"
        )

    def _wait(self, place: Any, future: Any) -> Any:
        while True:
            try:
                return future.result(timeout=_LOOK_SECONDS)
            except Exception as error:
                if type(error).__name__ in LOST:
                    raise _WorkerLost from error
                if future.done() or not isinstance(error, TimeoutError):
                    raise
            if place not in self._client.nthreads():
                raise _WorkerLost

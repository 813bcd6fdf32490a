"""Arrays that grow: appending gives a longer array, and costs what is appended.

The longer array shares the memory of the shorter one, which stays as it was: behind its rows lies
room, and the rows of one are the first rows of the other. Only the array that ends where the room
is taken may take more of it; any other gets a copy with room of its own. So threads may read an
array while a longer one is made of it. Rows of a mapped file get room without being copied, where
the system can do it (`mapped`).
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiq._support.mapped import room_behind

Array = NDArray[Any]

ALIGNMENT = 64
_LOCK = Lock()


class _Room(np.ndarray[Any, Any]):
    """Memory that arrays share; ``taken`` counts, in the user's unit, what one of them holds."""

    taken = 0


def appended(rows: Array, new: Array) -> Array:
    """Return ``rows`` and then ``new``, of the type of ``rows``; amortised O(len(new))."""
    n, longer = len(rows), len(rows) + len(new)
    room = take_room(rows, n, longer, longer)
    room[n:longer] = new
    return room[:longer]


def take_room(rows: Array, taken: int, wanted: int, n_rows: int) -> Array:
    """Return an array that begins with ``rows`` and may be written behind what is taken of it.

    Parameters
    ----------
    rows : ndarray
    taken, wanted : int
        How much of the room ``rows`` hold, and how much the caller is going to hold, in a unit of
        the caller's.
    n_rows : int
        How many rows are needed. Those behind ``rows`` are zeros, or what the caller wrote.
    """
    room = _room_of(rows)
    with _LOCK:
        if room is not None and room.taken == taken and len(room) >= n_rows:
            room.taken = wanted
            return room.view(np.ndarray)
    room = _new_room(rows, n_rows + n_rows // 2)
    room.taken = wanted
    return room.view(np.ndarray)


def has_room(rows: Array) -> bool:
    """Say whether the memory behind these rows may be a longer array's."""
    return _room_of(rows) is not None


def _room_of(rows: Array) -> _Room | None:
    """Return the room whose first rows these are."""
    base: Any = rows
    while base is not None and not isinstance(base, _Room):
        base = getattr(base, "base", None)
    return base if base is not None and base.ctypes.data == rows.ctypes.data else None


def _new_room(rows: Array, n_rows: int) -> _Room:
    shape = (n_rows, *rows.shape[1:])
    n_bytes = int(np.prod(shape)) * rows.itemsize
    memory: Any = room_behind(rows, n_bytes)
    if memory is not None:
        room: Any = memory.view(_Room).view(rows.dtype).reshape(shape)  # views keep their _Room
    else:
        memory = np.zeros(n_bytes + ALIGNMENT, np.uint8).view(_Room)
        start = -memory.ctypes.data % ALIGNMENT
        room = memory[start : start + n_bytes].view(rows.dtype).reshape(shape)
        room[: len(rows)] = rows
    assert isinstance(room, _Room)
    return room

"""A line on the terminal that says how long a step without a bar has been at work."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

FIRST, EVERY = 1.5, 0.5  # seconds: a quick step shows nothing


@contextmanager
def clock(what: str) -> Iterator[None]:
    """Say ``what`` is being done, and for how long, while no bar says more; then take it away."""
    if not sys.stderr.isatty():
        yield
        return
    done = Event()
    thread = Thread(target=_tick, args=(what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tick(what: str, done: Event) -> None:
    start, shown = time.monotonic(), ""
    wait = FIRST
    while not done.wait(wait):
        wait = EVERY
        if _has_bar():
            shown = ""  # it was written over
            continue
        shown = f"{what}: {time.monotonic() - start:.0f} s"
        print(f"\r{shown}", end="", file=sys.stderr, flush=True)
    if shown and not _has_bar():
        print(f"\r{' ' * len(shown)}\r", end="", file=sys.stderr, flush=True)


def _has_bar() -> bool:
    tqdm = sys.modules.get("tqdm")
    return bool(tqdm is not None and getattr(tqdm.tqdm, "_instances", ()))

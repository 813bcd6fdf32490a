"""The bar on standard error that long work shows where the caller asks for it."""

from __future__ import annotations

from typing import Any


def progress(total: int | None, work: str, unit: str, verbose: bool, *, delay: float = 0.0) -> Any:
    """Return a tqdm bar; with ``delay`` only work that takes so many seconds shows it."""
    from tqdm import tqdm

    return tqdm(
        total=total, desc=work, unit=unit, disable=not verbose, delay=delay, leave=not delay
    )

"""Encoders: float vectors in, packed codes out. ``ENCODERS`` maps a method's name to its class."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from iiq.encoders.base import Encoder
from iiq.encoders.iiq import IIQ
from iiq.encoders.itq import ITQ
from iiq.encoders.lsh import LSH
from iiq.encoders.nlb import NLB
from iiq.encoders.sign import SignBinarizer

ENCODERS: dict[str, type[Encoder]] = {
    "iiq": IIQ,
    "itq": ITQ,
    "lsh": LSH,
    "sign": SignBinarizer,
    "nlb": NLB,
}


def from_state(method: str, params: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Encoder:
    """Make the fitted encoder that ``encoder.to_state()`` described.

    Raises
    ------
    ValueError
        If the method is unknown or the state incomplete.
    """
    if method not in ENCODERS:
        raise ValueError(f"unknown method {method!r}: this version knows {', '.join(ENCODERS)}")
    return ENCODERS[method].from_state(params, arrays)


__all__ = ["ENCODERS", "IIQ", "ITQ", "LSH", "NLB", "Encoder", "SignBinarizer", "from_state"]

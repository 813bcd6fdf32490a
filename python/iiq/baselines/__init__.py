"""Compressions that are no Hamming codes. ``BASELINES`` maps a method's name to its class."""

from __future__ import annotations

from iiq.baselines.base import Baseline
from iiq.baselines.dccl import DCCL
from iiq.baselines.pq import ProductQuantizer
from iiq.baselines.pruning import MagnitudePruner
from iiq.baselines.rabitq import RaBitQ
from iiq.baselines.residual import ResidualQuantizer
from iiq.baselines.scalar import Float16, Int8

BASELINES: dict[str, type[Baseline]] = {
    "float16": Float16,
    "int8": Int8,
    "prune": MagnitudePruner,
    "dccl": DCCL,
    "pq": ProductQuantizer,
    "rabitq": RaBitQ,
    "rq": ResidualQuantizer,
}

__all__ = [
    "BASELINES",
    "DCCL",
    "Baseline",
    "Float16",
    "Int8",
    "MagnitudePruner",
    "ProductQuantizer",
    "RaBitQ",
    "ResidualQuantizer",
]

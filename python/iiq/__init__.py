"""Binary codes for word vectors: vectors in, codes out, exact nearest neighbours.

    WordVectors --fit--> Encoder --transform--> codes --HammingIndex.search--> ids

The names below are the whole public interface. Each is imported at its first use, so that
``import iiq`` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from iiq import distributed as distributed
    from iiq import evaluate as evaluate
    from iiq import export as export
    from iiq import pipelines as pipelines
    from iiq import plot as plot
    from iiq import samples as samples
    from iiq._backend import kernels as kernels
    from iiq.baselines import BASELINES as BASELINES
    from iiq.baselines import DCCL as DCCL
    from iiq.baselines import MagnitudePruner as MagnitudePruner
    from iiq.bits import hamming as hamming
    from iiq.bits import pack as pack
    from iiq.bits import unpack as unpack
    from iiq.comparison import compare as compare
    from iiq.compression import compress as compress
    from iiq.encoders import ENCODERS as ENCODERS
    from iiq.encoders import IIQ as IIQ
    from iiq.encoders import ITQ as ITQ
    from iiq.encoders import LSH as LSH
    from iiq.encoders import NLB as NLB
    from iiq.encoders import SignBinarizer as SignBinarizer
    from iiq.index import HammingIndex as HammingIndex
    from iiq.keyed_vectors import BinaryKeyedVectors as BinaryKeyedVectors
    from iiq.keyed_vectors import GensimIndexer as GensimIndexer
    from iiq.keyed_vectors import load as load
    from iiq.linalg import isotropy as isotropy
    from iiq.readers import iter_vectors as iter_vectors
    from iiq.readers import read_vectors as read_vectors
    from iiq.vectors import WordVectors as WordVectors

# Public name -> the module that holds it.
_HOME = {
    "BASELINES": "baselines",
    "BinaryKeyedVectors": "keyed_vectors",
    "DCCL": "baselines",
    "ENCODERS": "encoders",
    "GensimIndexer": "keyed_vectors",
    "HammingIndex": "index",
    "IIQ": "encoders",
    "ITQ": "encoders",
    "LSH": "encoders",
    "MagnitudePruner": "baselines",
    "NLB": "encoders",
    "SignBinarizer": "encoders",
    "WordVectors": "vectors",
    "compare": "comparison",
    "compress": "compression",
    "hamming": "bits",
    "isotropy": "linalg",
    "iter_vectors": "readers",
    "kernels": "_backend",
    "load": "keyed_vectors",
    "pack": "bits",
    "read_vectors": "readers",
    "unpack": "bits",
}
_MODULES = ("distributed", "export", "pipelines", "evaluate", "plot", "samples")

__all__ = [
    "BASELINES",
    "DCCL",
    "ENCODERS",
    "IIQ",
    "ITQ",
    "LSH",
    "NLB",
    "BinaryKeyedVectors",
    "GensimIndexer",
    "HammingIndex",
    "MagnitudePruner",
    "SignBinarizer",
    "WordVectors",
    "compare",
    "compress",
    "distributed",
    "evaluate",
    "export",
    "hamming",
    "isotropy",
    "iter_vectors",
    "kernels",
    "load",
    "pack",
    "pipelines",
    "plot",
    "read_vectors",
    "samples",
    "unpack",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"iiq.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'iiq' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"iiq.{_HOME[name]}"), name)
    globals()[name] = value
    return value

"""Binary codes for word vectors: vectors in, codes out, exact nearest neighbours.

    WordVectors --fit--> Encoder --transform--> codes --HammingIndex.search--> ids

The names below are the whole public interface. Each is imported at its first use, so that
``import iiq`` stays quick.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from iiq._support.public_modules import PublicModules
from iiq._support.version import __version__ as __version__

if sys.byteorder != "little":
    raise ImportError(
        "iiq needs a little-endian CPU (x86-64, ARM64): codes in memory and in files are "
        f"little-endian, and this Python is {sys.byteorder}-endian"
    )

if TYPE_CHECKING:
    from iiq import evaluate as evaluate
    from iiq import export as export
    from iiq import pipelines as pipelines
    from iiq._support.native import kernels as kernels
    from iiq.baselines import BASELINES as BASELINES
    from iiq.baselines import DCCL as DCCL
    from iiq.baselines import MagnitudePruner as MagnitudePruner
    from iiq.codes.bits import hamming as hamming
    from iiq.codes.bits import pack as pack
    from iiq.codes.bits import unpack as unpack
    from iiq.codes.index import HammingIndex as HammingIndex
    from iiq.encoders import ENCODERS as ENCODERS
    from iiq.encoders import IIQ as IIQ
    from iiq.encoders import ITQ as ITQ
    from iiq.encoders import LSH as LSH
    from iiq.encoders import NLB as NLB
    from iiq.encoders import SignBinarizer as SignBinarizer
    from iiq.encoders import distributed as distributed
    from iiq.encoders.saved import load_encoder as load_encoder
    from iiq.rows.isotropy import isotropy as isotropy
    from iiq.study import plot as plot
    from iiq.study.compare import compare as compare
    from iiq.study.doctor import doctor as doctor
    from iiq.study.explore import explore as explore
    from iiq.vectors import readers as readers
    from iiq.vectors import samples as samples
    from iiq.vectors import writers as writers
    from iiq.vectors.readers import iter_vectors as iter_vectors
    from iiq.vectors.readers import read_vectors as read_vectors
    from iiq.vectors.word_vectors import WordVectors as WordVectors
    from iiq.vectors.writers import write_vectors as write_vectors
    from iiq.vocabulary.compress import compress as compress
    from iiq.vocabulary.gensim_indexer import GensimIndexer as GensimIndexer
    from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors as BinaryKeyedVectors
    from iiq.vocabulary.keyed_vectors import load as load
    from iiq.vocabulary.shards import ShardedIndex as ShardedIndex

# Public name -> the module that holds it.
_HOME = {
    "BASELINES": "baselines",
    "BinaryKeyedVectors": "vocabulary.keyed_vectors",
    "DCCL": "baselines",
    "ENCODERS": "encoders",
    "GensimIndexer": "vocabulary.gensim_indexer",
    "HammingIndex": "codes.index",
    "IIQ": "encoders",
    "ITQ": "encoders",
    "LSH": "encoders",
    "MagnitudePruner": "baselines",
    "NLB": "encoders",
    "ShardedIndex": "vocabulary.shards",
    "SignBinarizer": "encoders",
    "WordVectors": "vectors.word_vectors",
    "compare": "study.compare",
    "compress": "vocabulary.compress",
    "doctor": "study.doctor",
    "explore": "study.explore",
    "hamming": "codes.bits",
    "isotropy": "rows.isotropy",
    "iter_vectors": "vectors.readers",
    "kernels": "_support.native",
    "load": "vocabulary.keyed_vectors",
    "load_encoder": "encoders.saved",
    "pack": "codes.bits",
    "read_vectors": "vectors.readers",
    "unpack": "codes.bits",
    "write_vectors": "vectors.writers",
}
# Public module -> where it lies.
_MODULES = {
    "distributed": "encoders.distributed",
    "evaluate": "evaluate",
    "export": "export",
    "pipelines": "pipelines",
    "plot": "study.plot",
    "readers": "vectors.readers",
    "samples": "vectors.samples",
    "writers": "vectors.writers",
}
# Names that programs written for earlier layouts import.
_EARLIER = {"_backend": "_support.native", "container": "_support.container"}
sys.meta_path.insert(0, PublicModules("iiq", {**_MODULES, **_EARLIER}))

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
    "ShardedIndex",
    "SignBinarizer",
    "WordVectors",
    "compare",
    "compress",
    "distributed",
    "doctor",
    "evaluate",
    "explore",
    "export",
    "hamming",
    "isotropy",
    "iter_vectors",
    "kernels",
    "load",
    "load_encoder",
    "pack",
    "pipelines",
    "plot",
    "read_vectors",
    "readers",
    "samples",
    "unpack",
    "write_vectors",
    "writers",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _MODULES or name in _EARLIER:
        return importlib.import_module(f"iiq.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'iiq' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"iiq.{_HOME[name]}"), name)
    globals()[name] = value
    return value

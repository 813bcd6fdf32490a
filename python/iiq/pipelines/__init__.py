"""Codes inside other people's pipelines: scikit-learn's estimators and torch's modules."""

from iiq.pipelines.scikit_learn import HammingNeighborsTransformer, MeanBinaryEmbedding
from iiq.pipelines.torch import embedding_bag

__all__ = ["HammingNeighborsTransformer", "MeanBinaryEmbedding", "embedding_bag"]

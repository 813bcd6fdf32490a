"""GensimIndexer: compressed codes as the index of an uncompressed gensim KeyedVectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from iiq.vocabulary.spaces import Scoring

if TYPE_CHECKING:
    from iiq.vocabulary.verbs.similar import SimilarVerbs


class GensimIndexer:
    """Answer ``kv.most_similar(word, indexer=GensimIndexer(cv))`` of gensim from binary codes.

    gensim hands over the mean of the unit vectors of the keys, a direction of the source's space,
    which is what the verbs of ``cv`` take.

    Parameters
    ----------
    vectors : BinaryKeyedVectors
        Compressed from the same vectors, with its encoder.
    scoring : {None, "decoded", "hamming", "rescore"}, optional
        As in ``most_similar``: the best that ``vectors`` allows by default.
    threads : int, optional
        How many threads search; all cores by default.
    """

    def __init__(
        self, vectors: SimilarVerbs, *, scoring: Scoring | None = None, threads: int | None = None
    ) -> None:
        if vectors.encoder is None:
            raise ValueError("an indexer needs vectors with an encoder: make them by iiq.compress")
        vectors.space(scoring)  # refuses what these vectors cannot do
        self.vectors = vectors
        self.scoring = scoring
        self.threads = threads

    def most_similar(self, vector: ArrayLike, num_neighbors: int) -> Any:
        """Return the ``num_neighbors`` words nearest to a source vector, best first."""
        return self.vectors.most_similar(
            positive=[vector], topn=num_neighbors, scoring=self.scoring, threads=self.threads
        )
